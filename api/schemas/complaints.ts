import { z } from 'zod';

/** A zod `error` option that makes a schema's own complaint the code; a missing value stays `required`. */
export function coded(code: string): (issue: { input?: unknown }) => string {
  return (issue) => (issue.input === undefined ? '#required' : `#${code}`);
}

/** A complaint of our own inside `transform` or `superRefine`. */
export function complain(context: z.core.$RefinementCtx, code: string, ...path: (string | number)[]): never {
  context.issues.push({ code: 'custom', input: undefined, message: `#${code}`, path });
  return z.NEVER;
}
