import { registerRepayment, repaymentScope, reverseRepayment } from '../../registry/courts/repayments.js';
import { requireCase } from '../http/access.js';
import { Problem } from '../http/problem.js';
import { type Route, writing } from '../http/route.js';
import * as answers from '../schemas/answers.js';
import { repayment, reversal } from '../schemas/repayments.js';

const register = writing({
  call: 'POST /v1/cases/:id/repayments',
  summary: '登记履行 / Register a repayment',
  body: repayment,
  statuses: [201, 200],
  answer: answers.repaid,
  async handle({ tx, ring, caller, actor, id, input }) {
    await requireCase(tx, caller, id);
    const { repeated, ...registered } = await registerRepayment(tx, ring, id, input, actor);
    // The business key lies under the idempotency key: a second key with the same reference is still one repayment.
    return repeated ? { status: 200, body: registered } : { body: registered, location: `/v1/cases/${id}/timeline` };
  },
});

const reverse = writing({
  call: 'POST /v1/repayments/:id/reversal',
  summary: '撤销一笔履行 / Take back a repayment: what is owed grows again, what has ended stays ended',
  body: reversal,
  statuses: [201],
  answer: answers.reversed,
  async handle({ tx, ring, caller, actor, id, input }) {
    const scope = await repaymentScope(tx, id);
    if (!scope) throw new Problem('not-found');
    await requireCase(tx, caller, scope.enforcementCase);
    return {
      body: await reverseRepayment(tx, ring, id, input.reason, actor),
      location: `/v1/cases/${scope.enforcementCase}/timeline`,
    };
  },
});

export const repaymentRoutes: Route[] = [register, reverse];
