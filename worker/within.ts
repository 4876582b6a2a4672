import { setTimeout as sleep } from 'node:timers/promises';

/** Gives the waiting up after this long, ms, whatever becomes of what was waited for. Throws an Error that says so. */
export async function within<T>(ms: number, what: string, awaited: Promise<T>): Promise<T> {
  const enough = new AbortController();
  const late = sleep(ms, undefined, { signal: enough.signal }).then(() => {
    throw new Error(`${what}: no answer within ${ms} ms`);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    late.catch(() => undefined);
    enough.abort();
  }
}
