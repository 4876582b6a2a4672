import { setTimeout as pause } from 'node:timers/promises';

/** Polls until `look` gives something else than undefined or false; throws after `withinMs`. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  withinMs = 30_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await Promise.resolve()
      .then(look)
      .catch((error: unknown) => {
        if (Date.now() > deadline) throw error;
        return undefined;
      });
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error('it did not come about in time');
    await pause(50);
  }
}
