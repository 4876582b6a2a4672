import { z } from 'zod';
import { courts, departments, services } from '../registry/catalogue.js';
import type { KeyRing } from '../registry/key-ring.js';
import { statistics } from '../registry/statistics.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { type Route, reading } from './route.js';
import * as answers from './schemas/answers.js';
import { noQuery, wholePage } from './schemas/page.js';

/** Catalogues are short and kept in one order: a page begins after the code where the one before ended. */
function paged<T extends { code: string }>(
  ring: KeyRing,
  list: string,
  rows: readonly T[],
  { cursor, limit }: z.output<typeof wholePage>,
): { items: T[]; next?: string } {
  const after = decodeCursor(ring, [list], cursor, z.object({ code: z.string() }));
  const start = after ? rows.findIndex((row) => row.code === after.code) + 1 : 0;
  const items = rows.slice(start, start + limit);
  const last = items.at(-1);
  const more = start + limit < rows.length && last !== undefined;
  return { items, ...(more ? { next: encodeCursor(ring, [list], { code: last.code }) } : {}) };
}

export const catalogueRoutes: Route[] = [
  reading({
    call: 'GET /v1/departments',
    summary: '部门 / Departments on the platform',
    query: wholePage,
    answer: answers.departments,
    handle: async ({ query }, { pool, ring }) => paged(ring, 'departments', await departments(pool), query),
  }),
  reading({
    call: 'GET /v1/services',
    summary: '受限业务目录 / The catalogue of services',
    query: wholePage,
    answer: answers.services,
    handle: async ({ query }, { pool, ring }) => paged(ring, 'services', await services(pool), query),
  }),
  reading({
    call: 'GET /v1/courts',
    summary: '法院 / Courts',
    query: wholePage,
    answer: answers.courts,
    handle: async ({ query }, { pool, ring }) => paged(ring, 'courts', await courts(pool), query),
  }),
  reading({
    call: 'GET /v1/statistics',
    summary: '统计 / The platform’s figures, each in its unit',
    query: noQuery,
    answer: answers.statistics,
    handle: (_request, { pool }) => statistics(pool),
  }),
];
