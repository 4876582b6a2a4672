import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { pino } from 'pino';
import request from 'supertest';
import { inject } from 'vitest';
import { z } from 'zod';
import { type ApplicationOptions, createApplication } from '../../api/application.js';
import type { Reply, Route } from '../../api/http/route.js';
import { problem } from '../../api/schemas/answers.js';
import { residentCheck } from '../../domain/identity/check-digits.js';
import { createPool, type Pool } from '../../registry/database/pool.js';
import { type KeyRing, readKeyRing } from '../../registry/keys/key-ring.js';
import { freshDatabase } from './database.js';

/** The API over a database of its own; every answer is held against its schema. */
export interface Served {
  app: RequestListener;
  pool: Pool;
  ring: KeyRing;
  adminUrl: string;
  sequencerUrl: string;
  get(path: string, token?: string): request.Test;
  post(path: string, body: unknown, options: { token?: string; key?: string }): request.Test;
  end(): Promise<void>;
}

export async function serve(options: Partial<ApplicationOptions> = {}): Promise<Served> {
  const { applicationUrl, adminUrl, sequencerUrl, drop } = await freshDatabase();
  const pool = createPool({ connectionString: applicationUrl, applicationName: 'test', max: 24 });
  const ring = readKeyRing(inject('keyRingFile'));
  const app = createApplication({ pool, ring, logger: pino({ level: 'silent' }), inspect: fitsItsSchema, ...options });
  const authorised = (test: request.Test, token: string | undefined): request.Test =>
    token === undefined ? test : test.set('Authorization', `Bearer ${token}`);
  return {
    app,
    pool,
    ring,
    adminUrl,
    sequencerUrl,
    get: (path, token) => authorised(request(app).get(path), token),
    post: (path, body, { token, key = randomUUID() }) =>
      authorised(request(app).post(path), token)
        .set('Idempotency-Key', key)
        .set('Content-Type', 'application/json')
        .send(typeof body === 'string' ? body : JSON.stringify(body)),
    end: async () => {
      await pool.end();
      await drop();
    },
  };
}

/** Throws when an answer is not what the OpenAPI document says: a member missing, of another type, or one it does not name. */
export function fitsItsSchema({ call, answer, statuses, text }: Route, { status, body, type }: Reply): void {
  if (status < 400 && !statuses.includes(status))
    throw new Error(`${call} answered ${status}, which its route does not name`);
  if (status === 304) return;
  if (type !== undefined) {
    if (text === undefined) throw new Error(`${call} answered ${type}, which its route does not name`);
    return;
  }
  const given: unknown = JSON.parse(body);
  const schema: z.ZodType = status < 400 ? answer : problem;
  const read = schema.safeParse(given);
  if (!read.success) throw new Error(`${call}: ${z.prettifyError(read.error)}`);
  if (sorted(read.data) !== sorted(given)) throw new Error(`${call} answered members that its schema does not name`);
}

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );

/** Made-up numbers with right check digits, of nobody (domain handbook §5). */
export const WUDANG_PERSON = '520112196001010009';
export const OTHER_PERSON = '11010519491231002X';
/** A number of somebody born on that day (YYYYMMDD). */
export const bornOn = (day: string): string => {
  const body = `520112${day}000`;
  return body + residentCheck(body);
};
export const ORGANISATION = '91520112PDY0001830';

let serial = 1000;

/** A case of the Wudang court against one person, as a clerk posts it. */
export function aCase(changes: object = {}, defaulter: object = {}): Record<string, unknown> {
  serial += 1;
  return {
    caseNumber: `（2019）黔0112执${serial}号`,
    court: '黔0112',
    judge: '黔0112-J1',
    filedOn: '2019-01-10',
    basis: { number: '（2018）黔0112民初77号', issuer: '贵阳市乌当区人民法院' },
    obligation: { amount: '400000.00', content: '偿还借款' },
    defaulters: [aDefaulter(defaulter)],
    ...changes,
  };
}

export function aDefaulter(changes: object = {}): Record<string, unknown> {
  return {
    kind: 'person',
    name: '封某全',
    identifiers: [{ type: 'resident-id', number: WUDANG_PERSON }],
    ground: 1,
    conduct: '有履行能力而拒不履行',
    decision: { number: '（2019）黔0112执1号决定', madeOn: '2019-01-20' },
    measures: ['LISTING', 'CONSUMPTION'],
    ...changes,
  };
}
