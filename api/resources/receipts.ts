import { courtsOf } from '../../registry/access/scope.js';
import type { Queryable } from '../../registry/database/pool.js';
import { proofFile, type ReceiptParties, receipt } from '../../registry/ledger/receipts.js';
import { admit, type CallerOf } from '../http/access.js';
import { Problem } from '../http/problem.js';
import { frame, type Route } from '../http/route.js';
import { read } from '../http/validate.js';
import * as answers from '../schemas/answers.js';
import { noQuery } from '../schemas/page.js';

const CALL = 'GET /v1/receipts/:fact';
/** A round of the sequencer, and one more. */
const NEXT_ROUND_SECONDS = 1;

const give: Route = {
  ...frame({
    call: CALL,
    summary:
      '存证回执；Accept: text/plain 得 C2SP 证明文件 / The receipt of a fact; with Accept: text/plain its proof file',
    answer: answers.receipt,
  }),
  query: noQuery,
  statuses: [200],
  text: 'C2SP tlog-proof',
  async handle({ caller, id, query, accept }, { pool }) {
    admit(CALL, caller);
    read(noQuery, query);
    const found = await receipt(pool, id);
    if (!found || !(await isParty(pool, caller, found))) throw new Problem('not-found');
    const { court, departments, ...shown } = found;
    if (!accept('text/plain')) return { status: 200, body: JSON.stringify(shown) };
    const proof = await proofFile(pool, shown);
    if (proof === undefined) throw new Problem('receipt-not-published', { retryAfter: NEXT_ROUND_SECONDS });
    return { status: 200, body: proof, type: 'text/plain; charset=utf-8' };
  },
};

/** Whose receipt it is: the court's, or a department's that the fact names. */
export async function isParty(
  q: Queryable,
  caller: CallerOf<typeof CALL>,
  { court, departments }: ReceiptParties,
): Promise<boolean> {
  if (caller.role === 'department') return departments.includes(caller.department);
  return court !== null && (await courtsOf(q, caller)).includes(court);
}

export const receiptRoutes: Route[] = [give];
