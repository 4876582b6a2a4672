export function goProgram(): string | undefined;
export function goEnvironment(place: string): NodeJS.ProcessEnv;
