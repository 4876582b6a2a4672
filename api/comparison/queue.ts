import { isUnavailable, type Pool, type Queryable, type Transaction } from '../../registry/database/pool.js';
import {
  type Asked,
  answerClear,
  type ClearAnswer,
  type Prepared,
  prepare,
  TOGETHER_AT_MOST,
} from '../../registry/departments/clear-comparisons.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { Problem } from '../http/problem.js';

/** Beyond this many waiting, whoever asks is told to come back: memory and patience are bounded. */
const WAITING_AT_MOST = 4_096;
const RETRY_SECONDS = 1;
/** Statements under way: what is judged, and what PostgreSQL goes on with when it has answered. */
const AT_ONCE = 2;
/** A statement costs what nine of its items do: with fewer than this it would rather wait for more. */
const WORTH_ANOTHER = 12;

interface Waiting {
  asked: Prepared;
  answered(answer: ClearAnswer): void;
  failed(error: unknown): void;
}

/**
 * Comparisons that arrive while a statement is under way wait for it and go out together in the next: at low load nobody waits, at high load
 * the round trip is shared. There is no timer. Where enough wait, they are sent before it was answered, so that PostgreSQL need not wait for us.
 */
export class ComparisonQueue {
  private waiting: Waiting[] = [];
  private underWay = 0;
  private connection: Promise<Transaction> | undefined;

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
      if (this.isDue()) void this.run();
    });
  }

  /** Whether a statement should leave: the first always, one behind it where it takes enough of them along. */
  private isDue(): boolean {
    return this.waiting.length >= (this.underWay === 0 ? 1 : WORTH_ANOTHER) && this.underWay < AT_ONCE;
  }

  /** One statement; the next leaves before its answers are written. They share a connection for as long as anybody waits. */
  private async run(): Promise<void> {
    this.underWay += 1;
    this.connection ??= this.pool.connect();
    let client: Transaction;
    try {
      client = await this.connection;
    } catch (error) {
      // There was no connection; the next who asks tries again.
      this.underWay -= 1;
      this.connection = undefined;
      for (const { failed } of this.waiting.splice(0)) failed(error);
      return;
    }
    const deliver = await answer(client, this.take());
    this.underWay -= 1;
    if (this.isDue()) void this.run();
    if (this.underWay === 0) {
      this.connection = undefined;
      client.release();
    }
    deliver();
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
  // The statement before has taken all of them, where a connection was long in coming.
  if (together.length === 0) return () => undefined;
  try {
    const answers = await answerClear(
      q,
      together.map(({ asked }) => asked),
    );
    return () => {
      for (const [nth, { answered }] of together.entries()) answered(answers[nth]);
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
    for (const [nth, { answered }] of together.entries()) answered(answers[nth]);
  };
}
