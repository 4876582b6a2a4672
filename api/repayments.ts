import { registerRepayment } from '../registry/repayments.js';
import { requireCase } from './access.js';
import { type Route, writing } from './route.js';
import * as answers from './schemas/answers.js';
import { repayment } from './schemas/facts.js';

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

export const repaymentRoutes: Route[] = [register];
