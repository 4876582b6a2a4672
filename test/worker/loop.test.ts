// The loops of the worker: nudged, backing off, and ended in between.

import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { Loop, type LoopOptions } from '../../worker/loop.js';
import { withTimeout } from '../../worker/temporal/with-timeout.js';

/** Longer than any test. */
const NEVER_MS = 600_000;

describe('a loop', () => {
  let loop: Loop | undefined;
  afterEach(() => loop?.stop());

  /** A loop whose rounds are awaited one by one; the first has begun. */
  const run = (options: Partial<LoopOptions> & { fails?: (round: number) => boolean } = {}) => {
    const began: number[] = [];
    const awaited: (() => void)[] = [];
    const work = async (): Promise<boolean> => {
      began.push(performance.now());
      for (const come of awaited.splice(0)) come();
      if (options.fails?.(began.length)) throw new Error('away');
      return false;
    };
    const made = new Loop({ name: 'test', log: pino({ level: 'silent' }), idleMs: NEVER_MS, work, ...options });
    loop = made;
    const another = (): Promise<void> => new Promise((come) => awaited.push(come));
    return { loop: made, began, another };
  };

  it('goes on at once when it is nudged', async () => {
    const { loop, began, another } = run();
    const second = another();
    loop.nudge();
    await second;
    expect(began).toHaveLength(2);
  });

  it('does in one go what it is nudged for while it gathers', async () => {
    const { loop, began, another } = run({ gatherMs: 50 });
    const second = another();
    loop.nudge();
    loop.nudge();
    await second;
    loop.nudge();
    await loop.round();
    expect(began).toHaveLength(3);
  });

  it('lasts its back-off out, nudged or not', async () => {
    const { loop, began, another } = run({ fails: (round) => round === 1 });
    const second = another();
    await new Promise(setImmediate);
    loop.nudge();
    await second;
    const [first = 0, next = 0] = began;
    expect(next - first).toBeGreaterThan(190);
  });

  it('ends while it waits, and while it backs off', async () => {
    await run().loop.stop();
    const { loop, began } = run({ fails: () => true });
    await new Promise(setImmediate);
    await loop.stop();
    expect(began).toHaveLength(1);
  });

  it('tells of a round that began after it was asked for', async () => {
    const { loop, began } = run();
    await new Promise(setImmediate);
    await loop.round();
    expect(began).toHaveLength(2);
  });
});

describe('within a time', () => {
  it('passes on what came, and what failed', async () => {
    await expect(withTimeout(NEVER_MS, 'it', Promise.resolve(7))).resolves.toBe(7);
    await expect(withTimeout(NEVER_MS, 'it', Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('gives up, and does not mind what comes of it', async () => {
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise<void>((_, reject) => {
      fail = reject;
    });
    await expect(withTimeout(10, 'it', late)).rejects.toThrow('it: no answer within 10 ms');
    fail(new Error('too late'));
    await new Promise(setImmediate);
  });
});
