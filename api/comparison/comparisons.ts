import type { StoredAnswer } from '../../registry/database/idempotency.js';
import type { Queryable } from '../../registry/database/pool.js';
import { type ComparisonAnswer, compare } from '../../registry/departments/comparisons.js';
import { stillHolds } from '../../registry/departments/replays.js';
import type { ComparisonInput } from '../../registry/inputs.js';
import { type Fact, type Route, writing } from '../http/route.js';
import * as answers from '../schemas/answers.js';
import { comparison, ownStop } from '../schemas/comparisons.js';

async function judged({
  tx,
  ring,
  caller,
  actor,
  input,
}: Fact<'POST /v1/comparisons' | 'POST /v1/interceptions', ComparisonInput>): Promise<{ body: ComparisonAnswer }> {
  return { body: await compare(tx, ring, caller.department, input, actor) };
}

/** Whether a stored answer may be given again: only a stop can have lost its ground since. */
export async function holds(q: Queryable, { status, body }: StoredAnswer): Promise<boolean> {
  const answer: unknown = JSON.parse(body);
  // One of an older shape is judged anew: a stop must never outlive its ground.
  return status >= 300 || (isAnswer(answer) && (await stillHolds(q, answer)));
}

const isAnswer = (stored: unknown): stored is ComparisonAnswer => answers.compared.safeParse(stored).success;

export const single = writing({
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

export const comparisonRoutes: Route[] = [single, stopped];
