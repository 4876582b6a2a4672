import type { Caller } from '../../registry/access/credentials.js';
import { once } from '../../registry/database/idempotency.js';
import { admit } from '../http/access.js';
import { BATCH, type Json } from '../http/body.js';
import { Problem } from '../http/problem.js';
import {
  fingerprintOf,
  frame,
  type Incoming,
  type Route,
  requireBody,
  requireKey,
  type Services,
} from '../http/route.js';
import { read } from '../http/validate.js';
import * as answers from '../schemas/answers.js';
import { batch, batchDocumented } from '../schemas/comparisons.js';
import { type Bundle, GROUP, type Item, inGroups, itemsJudge, type Result } from './batch-items.js';
import { NDJSON, streamed } from './stream.js';

const CALL = 'POST /v1/comparisons/batch';

const many: Route = {
  ...frame({
    call: CALL,
    summary:
      '批量比对，至多 1000 项；更多用 application/x-ndjson，逐行提交、逐行答复 / Compare up to 1,000 parties; for more send application/x-ndjson, a line each, answered line by line',
    answer: answers.comparedBatch,
    budget: 'comparisons',
  }),
  bodyLimit: BATCH,
  body: batchDocumented,
  statuses: [200],
  async handle(request, services) {
    const body = requireBody(request, batchDocumented);
    const { items } = read(batch, body);
    const bundle = { ...bundleOf(request), fingerprint: fingerprintOf(services.ring, CALL, request) };
    await claim(services, bundle, bundle.fingerprint);
    await charge(services, bundle.caller, items.length);
    const raw = isObject(body) && Array.isArray(body.items) ? body.items : [];
    const placed = items.map(({ key }, index) => toItem(key, raw[index] ?? null, `/items/${index}`));
    const results: Result[] = [];
    for await (const group of inGroups(grouped(placed), itemsJudge(services, bundle))) results.push(...group);
    return {
      status: 200,
      body: `{"items":[${results.map(({ text }) => text).join(',')}]}`,
      replayed: results.length > 0 && results.every(({ replayed }) => replayed),
    };
  },
  stream: {
    type: NDJSON,
    async answer(request, services, req, res) {
      const bundle = bundleOf(request);
      await claim(services, bundle, fingerprintOf(services.ring, CALL, { ...request, body: NDJSON }));
      const judge = itemsJudge(services, bundle);
      await streamed(req, res, bundle.traceId, async (items) => {
        await charge(services, bundle.caller, items.length);
        return judge(items);
      });
    },
  },
};

function bundleOf(request: Incoming): Bundle {
  const { caller, traceId } = request;
  admit(CALL, caller);
  return { call: CALL, caller, key: requireKey(request), traceId };
}

/** Ties the key to this very batch, or to a stream, before its first item; each item then has its own row and transaction under it. */
async function claim({ pool }: Services, { caller, key }: Bundle, fingerprint: Buffer): Promise<void> {
  const outcome = await once(
    pool,
    { client: caller.client, key, fingerprint },
    { run: async () => ({ status: 200, body: '{}' }), lasting: () => undefined, wait: true },
  );
  if (outcome.kind === 'reused') throw new Problem('idempotency-key-reused');
}

/** Many at once count as many. Throws Problem 429 when the client's budget is used up. */
async function charge({ budget }: Services, { client }: Caller, items: number): Promise<void> {
  if (budget && !(await budget.take(client, items))) throw new Problem('rate-limited', { retryAfter: 60 });
}

const isObject = (value: Json): value is { [member: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function toItem(key: string, value: Json, at: string): Item {
  const { key: _key, ...asked } = isObject(value) ? value : {};
  return { key, asked, at };
}

function* grouped(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += GROUP) yield items.slice(from, from + GROUP);
}

export const batchRoutes: Route[] = [many];
