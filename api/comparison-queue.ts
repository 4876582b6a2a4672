import {
  type Asked,
  answerClear,
  type ClearAnswer,
  type Prepared,
  prepare,
  TOGETHER_AT_MOST,
} from '../registry/clear-comparisons.js';
import type { KeyRing } from '../registry/key-ring.js';
import { isUnavailable, type Pool, type Queryable } from '../registry/pool.js';
import { Problem } from './problem.js';

/** Beyond this many waiting, whoever asks is told to come back: memory and patience are bounded. */
const WAITING_AT_MOST = 4_096;
const RETRY_SECONDS = 1;

interface Waiting {
  asked: Prepared;
  answered(answer: ClearAnswer): void;
  failed(error: unknown): void;
}

/**
 * Comparisons that arrive while a statement is under way wait for it and go out together in the next: at low load nobody waits, at high load
 * the round trip is shared. There is no timer.
 */
export class ComparisonQueue {
  private waiting: Waiting[] = [];
  private running = false;

  constructor(
    private readonly pool: Pool,
    private readonly ring: KeyRing,
    private readonly waitingAtMost = WAITING_AT_MOST,
  ) {}

  /** The answer if it is clear beyond doubt, else undefined. Rejects with Problem `overloaded` when too many wait, and where PostgreSQL is away. */
  ask(asked: Asked): Promise<ClearAnswer> {
    if (this.waiting.length >= this.waitingAtMost)
      return Promise.reject(new Problem('overloaded', { retryAfter: RETRY_SECONDS }));
    return new Promise((answered, failed) => {
      // Prepared here, while the statement before is under way.
      this.waiting.push({ asked: prepare(this.ring, asked), answered, failed });
      if (!this.running) void this.run();
    });
  }

  /** One connection as long as anybody waits: the next statement leaves before the answers of the last are written. */
  private async run(): Promise<void> {
    this.running = true;
    try {
      const client = await this.pool.connect();
      try {
        let deliver = await answer(client, this.take());
        while (this.waiting.length > 0) {
          const next = answer(client, this.take());
          deliver();
          deliver = await next;
        }
        this.running = false;
        deliver();
      } finally {
        client.release();
      }
    } catch (error) {
      this.running = false;
      for (const { failed } of this.waiting.splice(0)) failed(error);
    }
  }

  /** The longest waiting; of two with the same key the second has to wait for the first one's row. */
  private take(): Waiting[] {
    const taken = new Map<string, Waiting>();
    const left: Waiting[] = [];
    for (const one of this.waiting) {
      const key = `${one.asked.client}\n${one.asked.key}`;
      if (taken.size < TOGETHER_AT_MOST && !taken.has(key)) taken.set(key, one);
      else left.push(one);
    }
    this.waiting = left;
    return [...taken.values()];
  }
}

/** Resolves, never rejects, with what tells those who wait. */
async function answer(q: Queryable, together: readonly Waiting[]): Promise<() => void> {
  try {
    const answers = await answerClear(
      q,
      together.map(({ asked }) => asked),
    );
    return () => {
      for (const [place, { answered }] of together.entries()) answered(answers[place]);
    };
  } catch (error) {
    if (!isUnavailable(error)) return answerEach(q, together);
    return () => {
      for (const { failed } of together) failed(error);
    };
  }
}

/** One of them is what the statement could not take: it alone is left to the ordinary way, which says what is wrong with it. */
async function answerEach(q: Queryable, together: readonly Waiting[]): Promise<() => void> {
  const answers: ClearAnswer[] = [];
  for (const { asked } of together) {
    const [one] = await answerClear(q, [asked]).catch(() => []);
    answers.push(one);
  }
  return () => {
    for (const [place, { answered }] of together.entries()) answered(answers[place]);
  };
}
