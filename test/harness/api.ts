import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { pino } from 'pino';
import request from 'supertest';
import { inject } from 'vitest';
import { z } from 'zod';
import { type ApplicationOptions, createApplication } from '../../api/application.js';
import type { Reply, Route } from '../../api/http/route.js';
import { problem } from '../../api/schemas/answers.js';
import { createPool, type Pool } from '../../registry/database/pool.js';
import { type KeyRing, readKeyRing } from '../../registry/keys/key-ring.js';
import { freshDatabase } from './database.js';
import { lasting } from './lasting.js';

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

/** The API for the file that calls this at its top. */
export const useApi = (options: Partial<ApplicationOptions> = {}): Served =>
  lasting(
    'file',
    () => serve(options),
    (api) => api.end(),
  );

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

/** The status of a refusal, and what its first error points at and is called. */
export async function complaint(answer: request.Test): Promise<unknown[]> {
  const { status, body } = await answer;
  return [status, body.errors?.[0]?.pointer, body.errors?.[0]?.code];
}
