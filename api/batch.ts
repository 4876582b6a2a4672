import { canonicalJson } from '../ledger/canonical-json.js';
import { compare } from '../registry/comparisons.js';
import type { Caller } from '../registry/credentials.js';
import { type Outcome, once } from '../registry/idempotency.js';
import { fingerprint } from '../registry/key-ring.js';
import { admit } from './access.js';
import { BATCH, type Json } from './body.js';
import { holds } from './comparisons.js';
import { described, Problem, problemBody, toProblem } from './problem.js';
import {
  actorOf,
  fingerprintOf,
  frame,
  type Incoming,
  lastingAnswer,
  type Route,
  requireBody,
  requireKey,
  type Services,
} from './route.js';
import * as answers from './schemas/answers.js';
import { batch, batchDocumented, comparison } from './schemas/facts.js';
import { read } from './validate.js';

const CALL = 'POST /v1/comparisons/batch';
/** Items judged at once: enough to keep PostgreSQL busy, few enough to leave connections to others. */
const AT_ONCE = 4;

const many: Route = {
  ...frame({
    call: CALL,
    summary: '批量比对，至多 1000 项 / Compare up to 1,000 parties',
    answer: answers.comparedBatch,
    budget: 'comparisons',
  }),
  bodyLimit: BATCH,
  body: batchDocumented,
  statuses: [200],
  async handle(request, services) {
    const { caller } = request;
    admit(CALL, caller);
    const key = requireKey(request);
    const { items } = read(batch, requireBody(request, batchDocumented));
    await claim(services, caller, key, request);
    const results = await inTurns(items, AT_ONCE, itemJudge(services, caller, key, request));
    return {
      status: 200,
      body: JSON.stringify({ items: results.map(({ shown }) => shown) }),
      replayed: results.length > 0 && results.every(({ replayed }) => replayed),
    };
  },
};

/** Ties the key to this very batch before its first item; each item then has its own row and transaction under it. */
async function claim({ pool, ring }: Services, caller: Caller, key: string, request: Incoming): Promise<void> {
  const outcome = await once(
    pool,
    { client: caller.client, key, fingerprint: fingerprintOf(ring, CALL, request) },
    { run: async () => ({ status: 200, body: '{}' }), lasting: () => undefined, wait: true },
  );
  if (outcome.kind === 'reused') throw new Problem('idempotency-key-reused');
}

interface Item {
  key: string;
  [member: string]: unknown;
}

interface Result {
  shown: object;
  replayed: boolean;
}

/** One item: its own transaction, its own outcome or problem. Rejects only where all would: PostgreSQL is away. */
function itemJudge(
  { pool, ring, logger }: Services,
  caller: Extract<Caller, { role: 'department' }>,
  batchKey: string,
  { traceId }: Incoming,
): (item: Item, index: number) => Promise<Result> {
  return async ({ key, ...rest }, index) => {
    try {
      const outcome = await once(
        pool,
        {
          client: caller.client,
          // A line feed stands in no header: an item's key can't be somebody's request key.
          key: `${batchKey}\n${key}`,
          fingerprint: fingerprint(ring, CALL, canonicalJson(asJson(rest))),
        },
        {
          run: async (tx) => {
            // Pointers are into the whole body.
            const input = read(comparison, rest, `/items/${index}`);
            const answer = await compare(tx, ring, caller.department, input, actorOf(caller, traceId));
            return { status: 200, body: JSON.stringify(answer) };
          },
          lasting: (error) => lastingAnswer(error, traceId),
          stillHolds: holds,
          wait: true,
        },
      );
      return shown(key, outcome);
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code !== 'internal') throw error;
      logger.error({ traceId, route: CALL, ...described(error) }, 'an item of a batch failed');
      return { shown: { key, problem: problemBody(problem, traceId) }, replayed: false };
    }
  };
}

function shown(key: string, outcome: Outcome): Result {
  // The batch's own fingerprint was checked, so its items are the same; and items wait for each other.
  if (outcome.kind !== 'answered') throw new Problem('overloaded', { retryAfter: 1 });
  const { status, body } = outcome.answer;
  const answer: object = JSON.parse(body);
  return { shown: status < 300 ? { key, ...answer } : { key, problem: answer }, replayed: outcome.replayed };
}

/** What was parsed from JSON is JSON. */
function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value));
}

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

export const batchRoutes: Route[] = [many];
