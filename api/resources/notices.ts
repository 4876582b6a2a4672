import { inTransaction } from '../../registry/database/pool.js';
import { acknowledge } from '../../registry/departments/acknowledgements.js';
import { readNotices } from '../../registry/departments/notices.js';
import { type Route, reading, writing } from '../http/route.js';
import * as answers from '../schemas/answers.js';
import { acknowledgement } from '../schemas/notices.js';
import { after } from '../schemas/page.js';

const pull = reading({
  call: 'GET /v1/notices',
  summary: '领取通知 / The department’s part of the log of notices, in order',
  query: after,
  answer: answers.notices,
  // What is served is recorded: only that can be acknowledged.
  handle: ({ caller, query }, { pool }) =>
    inTransaction(pool, (tx) => readNotices(tx, caller.department, query.after, query.limit), { readsFirst: true }),
});

const confirm = writing({
  call: 'POST /v1/acknowledgements',
  summary: '确认 / Acknowledge all up to a position',
  body: acknowledgement,
  statuses: [200],
  answer: answers.acknowledged,
  handle: async ({ tx, caller, actor, input }) => ({
    body: await acknowledge(tx, caller.department, BigInt(input.upTo), actor),
  }),
});

export const noticeRoutes: Route[] = [pull, confirm];
