/** Gives the waiting up after this long, ms, whatever becomes of what was waited for. Throws an Error that says so. */
export function withTimeout<T>(ms: number, what: string, awaited: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms} ms`)), ms);
    awaited.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
