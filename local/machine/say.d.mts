/** Prints one line of progress in both languages. */
export function say(chinese: string, english: string): void;
/** From here on progress goes to standard error. */
export function sayOnStandardError(): void;
/** An error meant for the person at the keyboard: printed without a stack. */
export class PlainError extends Error {
  constructor(chinese: string, english: string, exitCode?: number);
  readonly forPeople: true;
  readonly exitCode: number;
}
