export const usage: string;
/** `data` is an absolute path. */
export interface StartOptions {
  port: number;
  data: string;
  empty: boolean;
  help: boolean;
}
/** The options of `npm start`. Throws PlainError (exit code 2) for what is not understood. */
export function readArguments(parameters: string[], workingDirectory?: string): StartOptions;
