import { z } from 'zod';
import { Refusal } from '../../domain/refusal.js';
import { courtsOf } from '../../registry/access/scope.js';
import { isCourt, judgeCourt } from '../../registry/catalogue/catalogue.js';
import { openCase } from '../../registry/courts/open-case.js';
import { caseView, listCases, searchable } from '../../registry/views/case-views.js';
import { caseCertificate } from '../../registry/views/certificates.js';
import { timeline } from '../../registry/views/timeline.js';
import { requireCase } from '../http/access.js';
import { atAndId, paged } from '../http/cursor.js';
import { Problem } from '../http/problem.js';
import { type Route, reading, writing } from '../http/route.js';
import * as answers from '../schemas/answers.js';
import * as inputs from '../schemas/case.js';
import { noQuery, page } from '../schemas/page.js';
import { line } from '../schemas/parts.js';
import { present } from '../schemas/present.js';
import * as record from '../schemas/record-answers.js';

const filters = page.extend({
  state: z.enum(['OPEN', 'CLOSED']).optional(),
  judge: line(100).optional(),
  q: line(64)
    .transform(searchable)
    .optional()
    .meta({ type: 'string', description: '案号的一部分 / Part of the case number' }),
});

const open = writing({
  call: 'POST /v1/cases',
  summary: '立案 / Open a case',
  body: inputs.openCase,
  statuses: [201],
  answer: answers.openedCase,
  async handle({ tx, ring, caller, actor, input }) {
    if (!(await isCourt(tx, input.court))) {
      throw Refusal.invalid('法院代码不存在。 / Unknown court code.', '/court', 'E05');
    }
    if (input.court !== caller.court) {
      throw new Refusal('not-found', '只能为本院立案。 / Open cases of your own court.', [
        { pointer: '/court', code: 'E09' },
      ]);
    }
    if ((await judgeCourt(tx, input.judge)) !== input.court) {
      throw Refusal.invalid('本院没有此法官。 / No such judge at this court.', '/judge', 'unknown-judge');
    }
    const opened = await openCase(tx, ring, input, actor);
    return { body: opened, location: `/v1/cases/${opened.id}` };
  },
});

const list = reading({
  call: 'GET /v1/cases',
  summary: '案件列表 / Cases of the caller’s courts',
  query: filters,
  answer: answers.cases,
  async handle({ caller, query: { cursor, limit, state, judge, q } }, { pool, ring }) {
    const filter = ['cases', caller.client, caller.role, state ?? '', judge ?? '', q ?? ''];
    return paged({ ring, filter, cursor, position: atAndId }, async (after) => {
      const courts = await courtsOf(pool, caller);
      return listCases(pool, ring, present({ courts, limit, state, judge, q: q || undefined, after }));
    });
  },
});

const view = reading({
  call: 'GET /v1/cases/:id',
  summary: '案件 / A case',
  query: noQuery,
  answer: answers.caseView,
  async handle({ caller, id }, { pool, ring }) {
    await requireCase(pool, caller, id);
    const found = await caseView(pool, ring, id);
    if (!found) throw new Problem('not-found');
    return found;
  },
});

const history = reading({
  call: 'GET /v1/cases/:id/timeline',
  summary: '案件时间线，seq 连续 / The case’s facts in order, without gaps',
  query: page,
  answer: record.timeline,
  async handle({ caller, id, query: { cursor, limit } }, { pool, ring }) {
    await requireCase(pool, caller, id);
    const filter = ['timeline', caller.client, id];
    return paged({ ring, filter, cursor, position: z.object({ seq: z.int() }) }, async (after) => {
      const { items, next } = await timeline(pool, id, after?.seq ?? 0, limit);
      return { items, next: next === undefined ? undefined : { seq: next } };
    });
  },
});

const certificate = reading({
  call: 'GET /v1/cases/:id/certificate',
  summary: '案件时间线的存证证书 / The case’s facts with all that proves them, in one file',
  query: z.object({
    openings: z
      .enum(['yes', 'no'])
      .optional()
      .meta({ description: 'yes：附承诺的盐 / yes: with the salts that open person and details to its holder' }),
  }),
  answer: record.certificate,
  async handle({ caller, id, query: { openings } }, { pool }) {
    await requireCase(pool, caller, id);
    const found = await caseCertificate(pool, id, openings === 'yes');
    if (!found) throw new Problem('not-found');
    return found;
  },
});

export const caseRoutes: Route[] = [open, list, view, history, certificate];
