import { candidates, searches, searchIdentity, searchOf } from '../../registry/parties/identity-searches.js';
import { atAndId, paged } from '../http/cursor.js';
import { type Route, reading, writing } from '../http/route.js';
import * as inputs from '../schemas/identity.js';
import * as answers from '../schemas/identity-answers.js';
import { page } from '../schemas/page.js';
import { present } from '../schemas/present.js';
import { lookedUp } from './identity-look.js';

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
  async handle(request, services) {
    const { found: _found, ...answer } = await lookedUp(
      request,
      services,
      async (tx, { unmasked }) => {
        const one = await searchOf(tx, request.caller, request.id);
        return one && { ...one, masked: !unmasked, items: await candidates(tx, services.ring, one, { unmasked }) };
      },
      ({ items }) => ({ subjects: items.map(({ subject }) => subject) }),
    );
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
