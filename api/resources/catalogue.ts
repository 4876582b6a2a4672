import { z } from 'zod';
import { courts, departments, serviceHistory, services } from '../../registry/catalogue/catalogue.js';
import { changeRule, lockRule } from '../../registry/catalogue/rule-changes.js';
import { lockSchool, putSchool, schools } from '../../registry/catalogue/schools.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { statistics } from '../../registry/views/statistics.js';
import { paged } from '../http/cursor.js';
import { Problem } from '../http/problem.js';
import { editing, type Route, reading } from '../http/route.js';
import * as answers from '../schemas/answers.js';
import { school, serviceChange } from '../schemas/catalogue.js';
import { noQuery, page, wholePage } from '../schemas/page.js';

/** Catalogues are short and kept in one order: a page begins after the code where the one before ended. */
function pageOf<T extends { code: string }>(
  ring: KeyRing,
  list: string,
  rows: readonly T[],
  { cursor, limit }: z.output<typeof wholePage>,
): Promise<{ items: T[]; next?: string }> {
  return paged({ ring, filter: [list], cursor, position: z.object({ code: z.string() }) }, async (after) => {
    const start = after ? rows.findIndex((row) => row.code === after.code) + 1 : 0;
    const items = rows.slice(start, start + limit);
    const last = items.at(-1);
    return { items, next: start + limit < rows.length && last ? { code: last.code } : undefined };
  });
}

const changeService = editing({
  call: 'PATCH /v1/services/:code',
  summary: '调整目录：启用、处置、期限、暂停天数 / Change a row of the catalogue; If-Match is its version',
  body: serviceChange,
  statuses: [200],
  answer: answers.service,
  async handle({ tx, actor, id, input, requireVersion }) {
    const before = await lockRule(tx, id);
    requireVersion(before.version);
    const after = await changeRule(tx, before, input, actor);
    return { body: after, version: after.version };
  },
});

const history = reading({
  call: 'GET /v1/services/:code/history',
  summary: '目录沿革 / Every version of a service’s rule, the newest first',
  query: page,
  answer: answers.serviceHistory,
  async handle({ id, query: { cursor, limit } }, { pool, ring }) {
    const filter = ['service-history', id];
    return paged({ ring, filter, cursor, position: z.object({ version: z.int() }) }, async (before) => {
      const found = await serviceHistory(pool, id, before?.version, limit);
      if (!found) throw new Problem('not-found');
      const { items, next } = found;
      return { items, next: next === undefined ? undefined : { version: next } };
    });
  },
});

const keepSchool = editing({
  call: 'PUT /v1/schools/:code',
  summary: '登记收费高于正常标准的学校及其招生日期 / Keep the register of schools; If-Match is its version',
  body: school,
  statuses: [200, 201],
  answer: answers.school,
  async handle({ tx, actor, id, input, requireVersion }) {
    const before = await lockSchool(tx, id);
    requireVersion(before);
    const after = await putSchool(tx, id, input, actor);
    return { status: before === undefined ? 201 : 200, body: after, version: after.version };
  },
});

export const catalogueRoutes: Route[] = [
  changeService,
  history,
  keepSchool,
  reading({
    call: 'GET /v1/schools',
    summary: '收费高于正常标准的学校名册 / The register of schools that charge above the normal standard',
    query: wholePage,
    answer: answers.schools,
    revalidates: true,
    handle: async ({ query }, { pool, ring }) => pageOf(ring, 'schools', await schools(pool), query),
  }),
  reading({
    call: 'GET /v1/departments',
    summary: '部门 / Departments on the platform',
    query: wholePage,
    answer: answers.departments,
    revalidates: true,
    handle: async ({ query }, { pool, ring }) => pageOf(ring, 'departments', await departments(pool), query),
  }),
  reading({
    call: 'GET /v1/services',
    summary: '受限业务目录 / The catalogue of services',
    query: wholePage,
    answer: answers.services,
    revalidates: true,
    handle: async ({ query }, { pool, ring }) => pageOf(ring, 'services', await services(pool), query),
  }),
  reading({
    call: 'GET /v1/courts',
    summary: '法院 / Courts',
    query: wholePage,
    answer: answers.courts,
    revalidates: true,
    handle: async ({ query }, { pool, ring }) => pageOf(ring, 'courts', await courts(pool), query),
  }),
  reading({
    call: 'GET /v1/statistics',
    summary: '统计 / The platform’s figures, each in its unit',
    query: noQuery,
    answer: answers.statistics,
    handle: (_request, { pool }) => statistics(pool),
  }),
];
