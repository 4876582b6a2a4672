import { canonicalJson } from '../../ledger/canonical-json.js';
import { actorOf, type Caller } from '../../registry/access/credentials.js';
import { once } from '../../registry/database/idempotency.js';
import { isUnavailable } from '../../registry/database/pool.js';
import { type Asked, answerClear, prepare, TOGETHER_AT_MOST } from '../../registry/departments/clear-comparisons.js';
import { compare } from '../../registry/departments/comparisons.js';
import { fingerprint } from '../../registry/keys/key-ring.js';
import type { Json } from '../http/body.js';
import { described, Problem, problemBody, toProblem } from '../http/problem.js';
import { lastingAnswer, type Services } from '../http/route.js';
import { read } from '../http/validate.js';
import { comparison, comparisonAtSpeed } from '../schemas/comparisons.js';
import { holds } from './comparisons.js';

/** Items judged in transactions of their own at once: enough to keep PostgreSQL busy, few enough to leave connections to others. */
const AT_ONCE = 4;

export interface Item {
  /** The item's own; unique within its request. */
  key: string;
  /** All but the key, as it came. */
  asked: Json;
  /** Where it stands in the body: a JSON Pointer. */
  at: string;
}

export interface Result {
  /** JSON text: the key, and the outcome or the item's own problem. */
  text: string;
  replayed: boolean;
}

/** Whose items: one request of one department. */
export interface Bundle {
  call: 'POST /v1/comparisons/batch';
  caller: Extract<Caller, { role: 'department' }>;
  /** The request's Idempotency-Key. */
  key: string;
  traceId: string;
  /** Of the whole body, where it was checked under the key: then it is each item's too. */
  fingerprint?: Buffer;
}

/** At most so many items are judged by one call of what `itemsJudge` gives. */
export const GROUP = TOGETHER_AT_MOST;

/**
 * Judges items, each with its own outcome or problem: those that are clear beyond doubt by one statement, the others in transactions of their own.
 * Rejects only where all would fail: PostgreSQL is away.
 */
export function itemsJudge(services: Services, bundle: Bundle): (items: readonly Item[]) => Promise<Result[]> {
  const alone = ordinaryJudge(services, bundle);
  return async (items) => {
    const clear = await clearOnes(services, bundle, items);
    return inTurns(items, AT_ONCE, async (item, nth) => {
      const answer = clear[nth];
      return answer === undefined ? alone(item) : { text: withKey(item.key, answer), replayed: false };
    });
  };
}

/** In the order of the items: the answer of each that is clear. */
async function clearOnes(
  { pool, ring }: Services,
  bundle: Bundle,
  items: readonly Item[],
): Promise<(string | undefined)[]> {
  const asked = new Map<string, { nth: number; one: Asked }>();
  for (const [nth, item] of items.entries()) {
    const given = comparisonAtSpeed.safeParse(item.asked);
    // The second of two with one key waits for the first one's row.
    if (!given.success || asked.has(item.key)) continue;
    const { client, department } = bundle.caller;
    asked.set(item.key, { nth, one: { client, department, ...keyed(ring, bundle, item), input: given.data } });
  }
  const entries = [...asked.values()];
  const found: (string | undefined)[] = [];
  if (entries.length === 0) return found;
  try {
    const answers = await answerClear(
      pool,
      entries.map(({ one }) => prepare(ring, one)),
    );
    for (const [index, { nth }] of entries.entries()) found[nth] = answers[index];
  } catch (error) {
    // Something in it was more than the statement could take: each by itself then, and one of them hears what is wrong with it.
    if (isUnavailable(error)) throw error;
  }
  return found;
}

const keyed = (ring: Services['ring'], bundle: Bundle, item: Item): { key: string; fingerprint: Buffer } => ({
  // A line feed stands in no header: an item's key can't be somebody's request key.
  key: `${bundle.key}\n${item.key}`,
  fingerprint: bundle.fingerprint ?? fingerprint(ring, bundle.call, canonicalJson(item.asked)),
});

function ordinaryJudge({ pool, ring, logger }: Services, bundle: Bundle): (item: Item) => Promise<Result> {
  const { call, caller, traceId } = bundle;
  return async (item) => {
    try {
      const outcome = await once(
        pool,
        { client: caller.client, ...keyed(ring, bundle, item) },
        {
          run: async (tx) => {
            const input = read(comparison, item.asked, item.at);
            const answer = await compare(tx, ring, caller.department, input, actorOf(caller, traceId));
            return { status: 200, body: JSON.stringify(answer) };
          },
          lasting: (error) => lastingAnswer(error, traceId),
          stillHolds: holds,
          wait: true,
        },
      );
      if (outcome.kind === 'reused') throw new Problem('idempotency-key-reused');
      if (outcome.kind !== 'answered') throw new Problem('overloaded', { retryAfter: 1 });
      const { status, body } = outcome.answer;
      return { text: status < 300 ? withKey(item.key, body) : refused(item.key, body), replayed: outcome.replayed };
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code === 'overloaded') throw error;
      if (problem.code === 'internal') logger.error({ traceId, route: call, ...described(error) }, 'an item failed');
      return { text: refused(item.key, JSON.stringify(problemBody(problem, traceId))), replayed: false };
    }
  };
}

/** An answer's JSON text with the key in front. */
const withKey = (key: string, answer: string): string => `{"key":${JSON.stringify(key)},${answer.slice(1)}`;
const refused = (key: string, problem: string): string => `{"key":${JSON.stringify(key)},"problem":${problem}}`;

async function inTurns<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

/** What judges one group while the next one is prepared: results in order, never more than two groups under way. */
export async function* inGroups<T>(
  groups: Iterable<readonly T[]> | AsyncIterable<readonly T[]>,
  judge: (items: readonly T[]) => Promise<Result[]>,
): AsyncGenerator<Result[]> {
  let before: Promise<Result[]> | undefined;
  for await (const group of groups) {
    const now = judge(group);
    // It is awaited below; until then nobody else hears of its failure.
    now.catch(() => undefined);
    if (before) yield await before;
    before = now;
  }
  if (before) yield await before;
}
