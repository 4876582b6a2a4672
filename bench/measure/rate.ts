import { setTimeout as sleep } from 'node:timers/promises';

export interface Load {
  /** One piece of work from beginning to end. */
  one: () => Promise<void>;
  /** How many are under way at once. */
  inFlight: number;
  /** From the first to the last that begins, so that they do not go in step; then it is watched. */
  warmUpMs: number;
  windowMs: number;
}

/** How many were finished a second in the window, with as many as asked under way all the time. Resolves when the last has ended. */
export async function rateOf({ one, inFlight, warmUpMs, windowMs }: Load): Promise<number> {
  let finished = 0;
  let stopped = false;
  const slots = Array.from({ length: inFlight }, async (_, nth) => {
    await sleep((warmUpMs * nth) / inFlight);
    while (!stopped) {
      await one();
      finished += 1;
    }
  });
  const all = Promise.all(slots).finally(() => {
    stopped = true;
  });
  all.catch(() => undefined);
  await sleep(warmUpMs * 1.25);
  const [before, began] = [finished, performance.now()];
  await Promise.race([sleep(windowMs), all]);
  const rate = (finished - before) / ((performance.now() - began) / 1_000);
  stopped = true;
  await all;
  return rate;
}
