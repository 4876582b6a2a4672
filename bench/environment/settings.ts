/** A setting of a benchmark. Throws an Error that names it where it is no whole number, or below the least. */
export function wholeNumber(environment: NodeJS.ProcessEnv, name: string, usual: number, least = 1): number {
  const value = Number(environment[name] ?? usual);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`${name} must be a whole number, ${least} or more`);
  return value;
}
