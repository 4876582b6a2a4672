// What every client can rely on, whatever it asks: idempotency keys, bodies, signing in, the form of answers, and PostgreSQL away.

import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROBLEMS } from '../../../api/http/problem.js';
import { forgetOldAnswers } from '../../../registry/database/idempotency.js';
import { createPool } from '../../../registry/database/pool.js';
import { aCase } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { serve, useApi } from '../../harness/api.js';
import { clerkOf, departmentOf, judgeOf } from '../../harness/credentials.js';

const api = useApi();
let token: string;
beforeAll(async () => {
  token = clerkOf(COURT).token;
});

const count = async (table: string): Promise<number> =>
  Number((await api.pool.query<{ n: string }>(`select count(*) as n from ${table}`)).rows[0]?.n);

describe('idempotency', () => {
  it('twenty posts of one key at once make one case; the rest repeat its answer or are told to wait', async () => {
    const [key, body, before] = [randomUUID(), aCase(), await count('enforcement_case')];
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.post('/v1/cases', body, { token, key })));
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    expect(made.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    for (const waiting of answers.filter(({ status }) => status !== 201)) {
      expect([waiting.status, waiting.body.code]).toEqual([409, 'in-progress']);
      expect(waiting.headers['retry-after']).toBe('1');
    }
    expect(await count('enforcement_case')).toBe(before + 1);
  });

  it('a repeat gets status, place and body of the first, however its JSON is laid out, also from a colleague', async () => {
    const [key, body] = [randomUUID(), aCase()];
    const first = await api.post('/v1/cases', body, { token, key });
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(body).reverse()), null, 2);
    const again = await api.post('/v1/cases', reordered, { token, key });
    expect([again.status, again.text, again.headers.location]).toEqual([201, first.text, first.headers.location]);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('a key used for something else is refused', async () => {
    const key = randomUUID();
    await api.post('/v1/cases', aCase(), { token, key });
    const other = await api.post('/v1/cases', aCase(), { token, key });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
  });

  it('keys are the client’s own: another court may use the same one', async () => {
    const key = randomUUID();
    await api.post('/v1/cases', aCase(), { token, key });
    const other = aCase({ caseNumber: '（2019）黔0102执9号', court: '黔0102', judge: '黔0102-J1' });
    expect((await api.post('/v1/cases', other, { token: clerkOf('黔0102').token, key })).status).toBe(201);
  });

  it('a lasting refusal is kept with its key, and nothing of the refused fact', async () => {
    const [key, body] = [randomUUID(), aCase({ judge: '黔0102-J1' })];
    const first = await api.post('/v1/cases', body, { token, key });
    const again = await api.post('/v1/cases', body, { token, key });
    expect([first.status, again.status, again.text]).toEqual([422, 422, first.text]);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.headers['content-type']).toMatch('application/problem+json');
  });

  it('answers older than any client’s retries are forgotten, in portions; the younger ones stay', async () => {
    await api.pool.query(
      `insert into idempotency (client, key, fingerprint, status, body, created_at)
       select 'court:old', 'k' || n, '\\x00', 201, '{}', now() - case when n <= 12 then interval '31 days' else interval '29 days' end
       from generate_series(1, 15) n`,
    );
    expect(await forgetOldAnswers(api.pool, 5)).toBe(12);
    const { rows } = await api.pool.query(`select count(*)::int as n from idempotency where client = 'court:old'`);
    expect(rows).toEqual([{ n: 3 }]);
    expect(await forgetOldAnswers(api.pool, 5)).toBe(0);
  });

  it('needs a key on every post, of printable characters', async () => {
    const post = (): request.Test =>
      request(api.app).post('/v1/cases').set('Authorization', `Bearer ${token}`).send(aCase());
    expect((await post()).body).toMatchObject({ status: 400, code: 'idempotency-key-missing' });
    expect((await post().set('Idempotency-Key', 'x'.repeat(256))).body.code).toBe('idempotency-key-invalid');
    expect((await post().set('Idempotency-Key', 'clé')).body.code).toBe('idempotency-key-invalid');
  });
});

describe('bodies', () => {
  const raw = (body: string | Buffer, type = 'application/json', path = '/v1/cases'): request.Test =>
    request(api.app)
      .post(path)
      .set('Authorization', `Bearer ${token}`)
      .set('Idempotency-Key', randomUUID())
      .set('Content-Type', type)
      .serialize((written: string) => written)
      .send(body);

  it.each([
    ['broken JSON', '{"caseNumber":', 'application/json', 400, 'malformed-json'],
    ['no body', '', 'application/json', 400, 'malformed-json'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'application/json', 400, 'malformed-json'],
    ['another type', 'a=1', 'application/x-www-form-urlencoded', 415, 'media-type'],
    ['another charset', '{}', 'application/json; charset=utf-16', 415, 'media-type'],
    ['100 kB and more', JSON.stringify({ x: 'x'.repeat(100_000) }), 'application/json', 413, 'body-too-large'],
    ['a hundred levels', '['.repeat(100) + ']'.repeat(100), 'application/json', 422, 'invalid'],
    ['fifty thousand levels', '['.repeat(49_000) + ']'.repeat(49_000), 'application/json', 422, 'invalid'],
    ['forty thousand entries', `[${'1,'.repeat(40_000)}1]`, 'application/json', 422, 'invalid'],
    ['a prototype', '{"__proto__":{"court":"x"}}', 'application/json', 422, 'invalid'],
  ])('refuses %s', async (_what, body, type, status, code) => {
    const answer = await raw(body, type);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
  });

  it('refuses a compressed body: a small one may hide a huge one', async () => {
    const answer = await raw(gzipSync('{}')).set('Content-Encoding', 'gzip');
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([415, 'media-type']);
  });
});

describe('signing in', () => {
  it('is needed, with a token that is one of ours and still valid', async () => {
    const missing = await api.get('/v1/cases');
    expect([missing.status, missing.body.code, missing.headers['www-authenticate']]).toEqual([
      401,
      'token-missing',
      'Bearer',
    ]);
    for (const header of ['Bearer nobody', 'Basic YTpi', 'Bearer', 'Bearer \u00e9']) {
      const wrong = await request(api.app).get('/v1/cases').set('Authorization', header);
      expect([wrong.status, wrong.body.code]).toEqual([401, 'token-invalid']);
      expect(wrong.headers['www-authenticate']).toContain('invalid_token');
    }
    const admin = createPool({ connectionString: api.adminUrl, applicationName: 'test' });
    try {
      await admin.query("update credential set expires_at = now() where role = 'department' and department = 'TAX'");
      await admin.query("update credential set revoked_at = now() where role = 'department' and department = 'AIC'");
    } finally {
      await admin.end();
    }
    expect((await api.get('/v1/notices', departmentOf('TAX').token)).body.code).toBe('token-expired');
    expect((await api.get('/v1/notices', departmentOf('AIC').token)).body.code).toBe('token-invalid');
  });
});

describe('answers', () => {
  it('carry the caller’s trace, forbid storing, and say nothing of what serves them', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await request(api.app).get('/v1/nothing').set('traceparent', `00-${traceId}-00f067aa0ba902b7-01`);
    expect([answer.status, answer.body.code, answer.body.traceId]).toEqual([404, 'not-found', traceId]);
    expect(answer.headers['x-powered-by']).toBeUndefined();
    const list = await api.get('/v1/cases', token);
    expect(list.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(list.headers.etag).toBeUndefined();
    expect(list.headers['ratelimit-policy']).toContain('reads');
  });

  it('name what a place takes', async () => {
    const answer = await request(api.app).delete('/v1/cases').set('Authorization', `Bearer ${token}`);
    expect([answer.status, answer.body.code, answer.headers.allow]).toEqual([
      405,
      'method-not-allowed',
      'GET, HEAD, POST',
    ]);
  });

  it.each([
    '/v1/cases/1',
    `/v1/cases/${randomUUID()}`,
    '/v1/cases/%E0%A4%A',
    '/v1/cases/%00/timeline',
    `/v1/receipts/${randomUUID()}`,
  ])('say 404 to %s', async (path) => {
    const answer = await api.get(path, token);
    expect([answer.status, answer.body.code]).toEqual([404, 'not-found']);
  });

  it('a client over its budget is told when to come back, and its facts have a budget of their own', async () => {
    const tight = await serve({ budgets: { comparisons: 1 } });
    try {
      const department = departmentOf('BDC').token;
      const compare = () => tight.post('/v1/comparisons', {}, { token: department });
      expect((await compare()).status).toBe(422);
      const tooMany = await compare();
      expect([tooMany.status, tooMany.body.code]).toEqual([429, 'rate-limited']);
      expect(Number(tooMany.headers['retry-after'])).toBeGreaterThan(0);
      expect((await tight.post('/v1/acknowledgements', { upTo: 0 }, { token: department })).status).toBe(200);
    } finally {
      await tight.end();
    }
  });
});

describe('PostgreSQL away', () => {
  it('is 503 with Retry-After for facts and readiness, alive stays alive', async () => {
    const nowhere = createPool({ connectionString: 'postgres://x@127.0.0.1:1/x', applicationName: 'test' });
    const away = await serve({ pool: nowhere });
    try {
      for (const path of ['/v1/cases', '/readyz']) {
        const answer = await away.get(path, path === '/readyz' ? undefined : judgeOf(COURT).token);
        expect([answer.status, answer.body.code]).toEqual([503, 'overloaded']);
        expect(answer.headers['retry-after']).toBeDefined();
      }
      expect((await away.get('/healthz')).body).toEqual({ status: 'ok' });
      expect((await away.get('/metrics')).status).toBe(200);
    } finally {
      await nowhere.end();
      await away.end();
    }
  });

  it('for a moment is survived: connections that were cut are replaced', async () => {
    const admin = createPool({ connectionString: api.adminUrl, applicationName: 'killer', max: 1 });
    await api.get('/v1/cases', token);
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test' and datname = current_database()",
    );
    await admin.end();
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await api.get('/v1/cases', token)).status);
    expect(statuses.filter((status) => ![200, 503].includes(status))).toEqual([]);
    expect(statuses.at(-1)).toBe(200);
  });
});

describe('words clients branch on', () => {
  it('are added to, never taken away', () => {
    expect(Object.keys(PROBLEMS)).toEqual(
      expect.arrayContaining([
        'malformed-json',
        'idempotency-key-missing',
        'idempotency-key-invalid',
        'token-missing',
        'token-invalid',
        'token-expired',
        'not-found',
        'method-not-allowed',
        'in-progress',
        'state-conflict',
        'body-too-large',
        'media-type',
        'invalid',
        'idempotency-key-reused',
        'rate-limited',
        'internal',
        'overloaded',
      ]),
    );
  });
});
