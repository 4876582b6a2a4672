import type { Caller } from '../../registry/access/credentials.js';
import { courtsOf } from '../../registry/access/scope.js';
import { type InboxScope, listInbox } from '../../registry/case/inbox.js';
import { readInboxItem } from '../../registry/courts/read-inbox-item.js';
import type { Queryable } from '../../registry/database/pool.js';
import { atAndId, paged } from '../http/cursor.js';
import { Problem } from '../http/problem.js';
import { type Route, reading, writing } from '../http/route.js';
import * as answers from '../schemas/answers.js';
import { nothing, page } from '../schemas/page.js';

type Reader = Extract<Caller, { role: 'judge' | 'supervisor' }>;

/** A judge has the cases they handle, a supervisor those of the courts below too. */
async function scopeOf(q: Queryable, caller: Reader): Promise<InboxScope> {
  const courts = await courtsOf(q, caller);
  return caller.role === 'judge' ? { judge: caller.judge, courts } : { courts };
}

const list = reading({
  call: 'GET /v1/inbox',
  summary: '待办 / The judge’s inbox, newest first',
  query: page,
  answer: answers.inbox,
  async handle({ caller, query: { cursor, limit } }, { pool, ring }) {
    const filter = ['inbox', caller.client, caller.role === 'judge' ? caller.judge : ''];
    return paged({ ring, filter, cursor, position: atAndId }, async (after) =>
      listInbox(pool, await scopeOf(pool, caller), after, limit),
    );
  },
});

const mark = writing({
  call: 'POST /v1/inbox/:id/read',
  summary: '已阅 / Mark an item read',
  body: nothing,
  statuses: [200],
  answer: answers.inboxItem,
  async handle({ tx, ring, caller, actor, id }) {
    const item = await readInboxItem(tx, ring, id, await scopeOf(tx, caller), actor);
    if (!item) throw new Problem('not-found');
    return { body: item };
  },
});

export const inboxRoutes: Route[] = [list, mark];
