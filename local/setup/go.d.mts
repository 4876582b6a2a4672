export function goProgram(): string | undefined;
export function goEnvironment(folder: string): NodeJS.ProcessEnv;
