import { shown } from '../../registry/parties/identity-access.js';
import { candidates, searches, searchIdentity, searchOf } from '../../registry/parties/identity-searches.js';
import { atAndId, paged } from '../http/cursor.js';
import { Problem } from '../http/problem.js';
import { actorOf, type Route, reading, writing } from '../http/route.js';
import * as inputs from '../schemas/identity.js';
import * as answers from '../schemas/identity-answers.js';
import { page } from '../schemas/page.js';
import { present } from '../schemas/present.js';

const search = writing({
  call: 'POST /v1/identity-searches',
  summary:
    '按姓名、出生日期与性别检索候选人，仅供法院参考 / Candidates by name, birth date and sex: for court staff, deciding nothing',
  budget: 'searches',
  body: inputs.identitySearch,
  statuses: [201],
  answer: answers.identitySearch,
  async handle({ tx, ring, caller, actor, input }) {
    const body = await searchIdentity(tx, ring, caller, actor, input);
    return { body, location: `/v1/identity-searches/${body.id}` };
  },
});

const result = reading({
  call: 'GET /v1/identity-searches/:id',
  summary: '检索到的候选人 / Those a search brought up, masked unless a purpose is given',
  query: inputs.look,
  answer: answers.identityCandidates,
  async handle({ caller, id, query: { purpose }, traceId }, { pool, ring }) {
    const found = await shown(
      pool,
      { caller, actor: actorOf(caller, traceId), purpose },
      async (tx, { unmasked }) => {
        const one = await searchOf(tx, caller, id);
        return one && { ...one, masked: !unmasked, items: await candidates(tx, ring, one, { unmasked }) };
      },
      ({ items }) => ({ subjects: items.map(({ subject }) => subject) }),
    );
    if (!found) throw new Problem('not-found');
    const { found: _found, ...answer } = found;
    return answer;
  },
});

const log = reading({
  call: 'GET /v1/identity-searches',
  summary: '检索日志：何人何时为何检索 / Who searched, when, for what purpose, and whom it brought up',
  query: page,
  answer: answers.identitySearches,
  async handle({ caller, query: { cursor, limit } }, { pool, ring }) {
    const filter = ['identity-searches', caller.client, caller.role];
    return paged({ ring, filter, cursor, position: atAndId }, (after) =>
      searches(pool, caller, present({ limit, after })),
    );
  },
});

export const identitySearchRoutes: Route[] = [search, result, log];
