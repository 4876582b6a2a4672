import { canonicalJson } from '../ledger/canonical-json.js';
import { type ComparisonAnswer, compare, stillHolds } from '../registry/comparisons.js';
import type { Caller } from '../registry/credentials.js';
import { once, type StoredAnswer } from '../registry/idempotency.js';
import type { ComparisonInput } from '../registry/inputs.js';
import { fingerprint } from '../registry/key-ring.js';
import type { Queryable } from '../registry/pool.js';
import { admit } from './access.js';
import { BATCH, type Json } from './body.js';
import { isLasting, Problem, problemBody, toProblem } from './problem.js';
import {
  actorOf,
  type Fact,
  fingerprintOf,
  frame,
  type Incoming,
  type Route,
  requireBody,
  requireKey,
  type Services,
  writing,
} from './route.js';
import * as answers from './schemas/answers.js';
import { batch, batchDocumented, comparison, ownStop } from './schemas/facts.js';
import { read } from './validate.js';

async function judged({
  tx,
  ring,
  caller,
  actor,
  input,
}: Fact<'POST /v1/comparisons' | 'POST /v1/interceptions', ComparisonInput>): Promise<{ body: ComparisonAnswer }> {
  return { body: await compare(tx, ring, caller.department, input, actor) };
}

/** Only a stop can have lost its ground since; CLEAR is given again as it was. */
const holds = async (q: Queryable, stored: unknown): Promise<boolean> => !isAnswer(stored) || stillHolds(q, stored);

const isAnswer = (stored: unknown): stored is ComparisonAnswer => answers.compared.safeParse(stored).success;

const single = writing({
  call: 'POST /v1/comparisons',
  summary: '比对 / Compare a party for one business number',
  budget: 'comparisons',
  body: comparison,
  statuses: [200],
  answer: answers.compared,
  handle: judged,
  stillHolds: holds,
});

const stopped = writing({
  call: 'POST /v1/interceptions',
  summary: '部门自行拦截后上报 / Report a stop that the department’s own system made',
  budget: 'comparisons',
  body: ownStop,
  statuses: [200],
  answer: answers.compared,
  handle: judged,
  stillHolds: holds,
});

const BATCH_CALL = 'POST /v1/comparisons/batch';
/** Items judged at once: enough to keep PostgreSQL busy, few enough to leave connections to others. */
const AT_ONCE = 4;

const many: Route = {
  ...frame({
    call: BATCH_CALL,
    summary: '批量比对，至多 1000 项 / Compare up to 1,000 parties',
    answer: answers.comparedBatch,
    budget: 'comparisons',
  }),
  bodyLimit: BATCH,
  body: batchDocumented,
  statuses: [200],
  async handle(request, services) {
    const { caller } = request;
    admit(BATCH_CALL, caller);
    const key = requireKey(request);
    const { items } = read(batch, requireBody(request, batchDocumented));
    await claim(services, caller, key, request);
    const judge = itemJudge(services, caller, key, request);
    const results = await inTurns(items, AT_ONCE, judge);
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
    { client: caller.client, key, fingerprint: fingerprintOf(ring, BATCH_CALL, request) },
    { run: async () => ({ status: 200, body: '{}' }), lasting: () => undefined, wait: true },
  );
  if (outcome.kind === 'reused') throw new Problem('idempotency-key-reused');
}

interface Item {
  key: string;
  [member: string]: unknown;
}

/** One item: its own transaction, its own outcome or problem; pointers are into the whole body. Rejects only when the service is away. */
function itemJudge(
  { pool, ring }: Services,
  caller: Extract<Caller, { role: 'department' }>,
  batchKey: string,
  { traceId }: Incoming,
): (item: Item, index: number) => Promise<{ shown: object; replayed: boolean }> {
  const refused = (error: unknown): StoredAnswer | undefined => {
    const problem = toProblem(error);
    return isLasting(problem)
      ? { status: problem.status, body: JSON.stringify(problemBody(problem, traceId)) }
      : undefined;
  };
  return async ({ key, ...rest }, index) => {
    const outcome = await once(
      pool,
      {
        client: caller.client,
        // A line feed stands in no header: an item's key can't be somebody's request key.
        key: `${batchKey}\n${key}`,
        fingerprint: fingerprint(ring, BATCH_CALL, canonicalJson(asJson(rest))),
      },
      {
        run: async (tx) => {
          const input = read(comparison, rest, `/items/${index}`);
          return {
            status: 200,
            body: JSON.stringify(await compare(tx, ring, caller.department, input, actorOf(caller, traceId))),
          };
        },
        lasting: refused,
        stillHolds: async (tx, stored) => stored.status >= 300 || holds(tx, JSON.parse(stored.body)),
        wait: true,
      },
    );
    // The batch's own fingerprint was checked: an item under it can't be another.
    if (outcome.kind !== 'answered') throw new Problem('overloaded', { retryAfter: 1 });
    const { status, body } = outcome.answer;
    const parsed: Json = JSON.parse(body);
    return {
      shown: status < 300 ? { key, ...asObject(parsed) } : { key, problem: parsed },
      replayed: outcome.replayed,
    };
  };
}

function asObject(value: Json): { [member: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
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

export const comparisonRoutes: Route[] = [single, stopped, many];
