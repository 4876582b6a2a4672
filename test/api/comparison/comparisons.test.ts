// A counter asks whether anybody stands in the way: one by one, many at once, and by token. Most are clear, and answered fast.

import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { beforeAll, describe, expect, it } from 'vitest';
import { ComparisonQueue } from '../../../api/comparison/queue.js';
import { epochOf } from '../../../domain/identity/epoch.js';
import { hashSecret } from '../../../registry/access/credentials.js';
import { lockRequest } from '../../../registry/database/locks.js';
import { createPool, inTransaction } from '../../../registry/database/pool.js';
import { prepare } from '../../../registry/departments/clear-comparisons.js';
import { decrypt } from '../../../registry/keys/key-ring.js';
import { departmentKey, tokenOf } from '../../../registry/parties/department-tokens.js';
import { keepTokenIndexes, requireTokenIndexes } from '../../../registry/parties/token-index.js';
import { publish } from '../../../registry/process/steps.js';
import { aCase, personBody } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { OTHER_ORGANISATION, residentNumber } from '../../builders/numbers.js';
import { person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { serve, useApi } from '../../harness/api.js';
import { clerkOf, departmentOf } from '../../harness/credentials.js';
import { eventually } from '../../harness/eventually.js';

const LISTED = personBody('封某全', residentNumber('19710101'));
const DIRECTOR = personBody('乙某', residentNumber('19710102'));
let day = 0;
/** Somebody else each time, on no list. */
const nobody = () => personBody('赵某', residentNumber(String(19750101 + (day++ % 28))));

const api = useApi();
let token: string;
beforeAll(async () => {
  token = departmentOf('BDC').token;
  const opened = await api.post('/v1/cases', aCase({}, { identifiers: LISTED.identifiers, representatives: [] }), {
    token: clerkOf(COURT).token,
  });
  await inTransaction(api.pool, (tx) => publish(tx, api.ring, opened.body.defaulters[0].id));
});

const compare = (changes: object = {}, key: string = randomUUID()) =>
  api.post(
    '/v1/comparisons',
    { service: SERVICES.sale, reference: randomUUID(), party: nobody(), operator: '窗口3', ...changes },
    { token, key },
  );

describe('a comparison of somebody nobody has listed', () => {
  it('is recorded with everything that was stated, and its answer is kept word for word', async () => {
    const key = randomUUID();
    const answer = await compare({ reference: '登-1' }, key);
    expect(answer.body).toMatchObject({ outcome: 'CLEAR', reasons: [], interceptions: [] });
    const { rows } = await api.pool.query(
      `select c.*, i.body, i.status from comparison c join idempotency i on i.key = $1 where c.id = $2`,
      [key, answer.body.id],
    );
    expect(rows).toMatchObject([
      {
        department: 'BDC',
        service: SERVICES.sale,
        reference: '登-1',
        outcome: 'CLEAR',
        reasons: ['NO_MATCH'],
        status: 200,
      },
    ]);
    expect(rows[0].body).toBe(answer.text);
    expect(rows[0].at.toISOString()).toBe(answer.body.comparedAt);
    expect(rows[0].rule_version).toBeGreaterThan(0);
    expect(rows[0].blinds).toHaveLength(1);
    const context = { table: 'comparison', column: 'operator_sealed', row: answer.body.id };
    expect(decrypt(api.ring, context, rows[0].operator_sealed)).toBe('窗口3');
  });

  it('carries the same headers as one that hits, which takes the long way', async () => {
    const [clear, hit] = [await compare(), await compare({ party: LISTED })];
    expect([clear.body.outcome, hit.body.outcome]).toEqual(['CLEAR', 'REVIEW']);
    const names = (answer: request.Response): string[] => Object.keys(answer.headers).sort();
    expect(names(clear)).toEqual(names(hit));
    for (const [name, value] of Object.entries(hit.headers)) {
      if (['content-length', 'ratelimit', 'date'].includes(name)) continue;
      expect([name, clear.headers[name]]).toEqual([name, value]);
    }
    const left = (answer: request.Response): number => Number(/r=(\d+)/.exec(answer.headers.ratelimit ?? '')?.[1]);
    expect(left(hit)).toBe(left(clear) - 1);
  });

  it('is counted and logged like every other', async () => {
    const count = async (): Promise<number> =>
      Number(
        /http_requests_by_client_total\{client="department:BDC",route="\/v1\/comparisons"\} (\d+)/.exec(
          (await api.get('/metrics')).text,
        )?.[1],
      );
    const before = await count();
    await compare();
    expect(await count()).toBe(before + 1);
  });
});

it.each([
  ['NUL', '"\\u0000"', 'invalid-text'],
  ['half a surrogate pair', '"\\ud842"', 'invalid-text'],
  ['a tree too deep', `${'['.repeat(17)}${']'.repeat(17)}`, 'too-deep'],
  ['too many values', `[${'1,'.repeat(5_000)}1]`, 'too-many'],
])('a body with %s is refused, as everywhere', async (_what, value, code) => {
  const body = JSON.stringify({ service: SERVICES.sale, reference: '@', party: nobody() }).replace('"@"', value);
  const answer = await request(api.app)
    .post('/v1/comparisons')
    .set({ Authorization: `Bearer ${token}`, 'Idempotency-Key': randomUUID(), 'Content-Type': 'application/json' })
    .send(body);
  expect([answer.status, answer.body.errors?.[0]?.code]).toEqual([422, code]);
});

describe('comparisons that arrive together', () => {
  it('each get their own answer: a bad one fails nobody else', async () => {
    const answers = await Promise.all([
      ...Array.from({ length: 20 }, () => compare()),
      compare({ service: SERVICES.companyRegistration }),
      compare({ service: 'NG-01' }),
      compare({ party: LISTED }),
      compare({ party: { ...LISTED, identifiers: [{ type: 'resident-id', number: '520112197101010001' }] } }),
      compare({ colour: 'red' }),
      ...Array.from({ length: 20 }, () => compare()),
    ]);
    const outcomes = answers.map(({ status, body }) => (status === 200 ? body.outcome : body.errors[0].code));
    const clear = Array.from({ length: 20 }, () => 'CLEAR');
    expect(outcomes).toEqual([...clear, 'foreign-service', 'never-gated', 'REVIEW', 'E01', 'unknown-member', ...clear]);
    expect(new Set(answers.filter(({ body }) => body.id).map(({ body }) => body.id)).size).toBe(41);
  });

  it('with one key are one: the same request gets one answer, another request is refused', async () => {
    const [key, asked] = [randomUUID(), { reference: '同-1', party: nobody() }];
    const same = await Promise.all(Array.from({ length: 8 }, () => compare(asked, key)));
    const answered = same.filter(({ status }) => status === 200);
    expect(new Set(answered.map(({ text }) => text)).size).toBe(1);
    expect(answered.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    for (const { status, body } of same.filter((one) => one.status !== 200))
      expect([status, body.code]).toEqual([409, 'in-progress']);
    expect((await compare({ reference: '同-2' }, key)).body.code).toBe('idempotency-key-reused');
    const again = await compare(asked, key);
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([answered[0]?.text, 'true']);
    const { rows } = await api.pool.query(`select count(*)::int as n from comparison where reference = '同-1'`);
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('do not wait for a key that a slow request holds', async () => {
    const key = randomUUID();
    const holder = await api.pool.connect();
    const { lock } = prepare(api.ring, {
      client: 'department:BDC',
      key,
      fingerprint: Buffer.alloc(32),
      department: 'BDC',
      input: { service: SERVICES.sale, reference: '1', party: { kind: 'person', name: '赵某', identifiers: [] } },
    });
    try {
      await holder.query('begin');
      await holder.query(`select ${lockRequest('$1')}`, [lock]);
      const [held, free] = await Promise.all([compare({}, key), compare()]);
      expect([held.body.code, free.body.outcome]).toEqual(['in-progress', 'CLEAR']);
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });

  const asked = (key: string = randomUUID()) => {
    const party = person('赵某', residentNumber('19760101'));
    const input = { service: SERVICES.sale, reference: '1', party };
    return { client: 'department:BDC', key, fingerprint: Buffer.alloc(32), department: 'BDC', input };
  };

  it('beyond what may wait are told to come back', async () => {
    const busy = createPool({ connectionString: api.adminUrl, applicationName: 'test', max: 1 });
    const only = await busy.connect();
    const queue = new ComparisonQueue(busy, api.ring, 2);
    const waiting = [queue.ask(asked()), queue.ask(asked())];
    await expect(queue.ask(asked())).rejects.toMatchObject({ code: 'overloaded', options: { retryAfter: 1 } });
    only.release();
    for (const answer of await Promise.all(waiting)) expect(answer).toContain('"outcome":"CLEAR"');
    await busy.end();
  });

  it('while a statement is held up go on in another behind it; one key is answered once', async () => {
    const pool = createPool({ connectionString: api.adminUrl, applicationName: 'test', max: 1 });
    const statements: string[] = [];
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...given: unknown[]) => never;
      client.query = (...given: unknown[]) => {
        statements.push(String(given[0]));
        return query(...given);
      };
    });
    const queue = new ComparisonQueue(pool, api.ring);
    const holder = await api.pool.connect();
    await holder.query('begin');
    await holder.query('lock table comparison in exclusive mode');
    const answers = [queue.ask(asked())];
    await eventually(async () => statements.length === 1);
    const twice = randomUUID();
    answers.push(...Array.from({ length: 12 }, () => queue.ask(asked())), queue.ask(asked(twice)));
    await eventually(async () => statements.length === 2);
    // A third waits until one of the two was answered.
    answers.push(...Array.from({ length: 40 }, () => queue.ask(asked())));
    const again = queue.ask(asked(twice));
    expect(statements).toHaveLength(2);
    await holder.query('rollback');
    holder.release();
    const ids = (await Promise.all(answers)).map((answer) => JSON.parse(answer ?? '{}').id);
    expect(new Set(ids).size).toBe(54);
    expect(await again).toBeUndefined();
    const { rows } = await api.pool.query('select count(*)::int as n from comparison where id = any($1)', [ids]);
    expect(rows).toEqual([{ n: 54 }]);
    await pool.end();
  });
});

it('a related person of a restricted organisation is never taken for nobody', async () => {
  const organisation = {
    kind: 'organisation',
    name: '贵阳某某公司',
    identifiers: [{ type: 'uscc', number: OTHER_ORGANISATION }],
    representatives: [{ role: 'legal-representative', name: DIRECTOR.name, identifiers: DIRECTOR.identifiers }],
  };
  const opened = await api.post('/v1/cases', aCase({}, organisation), { token: clerkOf(COURT).token });
  expect(opened.status, opened.text).toBe(201);
  const answer = await compare({ party: DIRECTOR });
  const { rows } = await api.pool.query('select reasons from comparison where id = $1', [answer.body.id]);
  expect(rows[0].reasons).not.toEqual(['NO_MATCH']);
});

it('a listed person is met by the department’s token, too; a token of nobody is clear', async () => {
  const { tokenRoot } = api.ring;
  if (!tokenRoot) throw new Error('no token root');
  const epoch = epochOf(Date.now());
  await inTransaction(api.pool, (tx) => requireTokenIndexes(tx, 'BDC', Date.now()));
  while (await keepTokenIndexes(api.pool, api.ring, Date.now()));
  const byToken = (number: string) => {
    const document = { type: 'resident-id', country: '', number } as const;
    const value = tokenOf(departmentKey(tokenRoot, 'BDC', epoch), document).toString('hex');
    return { kind: 'person', name: LISTED.name, identifiers: [{ type: 'resident-id', token: value, epoch }] };
  };
  const listed = await compare({ party: byToken(residentNumber('19710101')) });
  const unlisted = await compare({ party: byToken(residentNumber('19780101')) });
  expect([listed.body.outcome, unlisted.body.outcome]).toEqual(['REVIEW', 'CLEAR']);
});

it('a token is refused at the latest a second after it was revoked', async () => {
  const own = departmentOf('FIN').token;
  const ask = () =>
    api.post(
      '/v1/comparisons',
      { service: SERVICES.procurementSupplier, reference: randomUUID(), party: nobody() },
      { token: own },
    );
  expect((await ask()).status).toBe(200);
  const admin = createPool({ connectionString: api.adminUrl, applicationName: 'test', max: 1 });
  await admin.query('update credential set revoked_at = now() where token_hash = $1', [hashSecret(own)]);
  const revoked = performance.now();
  await admin.end();
  let lastLetThrough = 0;
  await eventually(async () => {
    const begun = performance.now() - revoked;
    const { status, body } = await ask();
    if (status === 200) lastLetThrough = begun;
    return body.code === 'token-invalid';
  });
  // However slow the machine: by when each was asked, not by when it was answered.
  expect(lastLetThrough).toBeLessThan(1_000);
});

describe('a stream', () => {
  const stream = (lines: readonly unknown[], key: string = randomUUID()) =>
    request(api.app)
      .post('/v1/comparisons/batch')
      .set('Authorization', `Bearer ${token}`)
      .set('Idempotency-Key', key)
      .set('Content-Type', 'application/x-ndjson')
      .buffer(true)
      .parse((res, done) => {
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (chunk: string) => {
          text += chunk;
        });
        res.on('end', () => done(null, text));
      })
      .send(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  const answersOf = (answer: request.Response) =>
    String(answer.body)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const item = (key: string, changes: object = {}) => ({
    key,
    service: SERVICES.sale,
    reference: `流-${key}`,
    party: personBody('赵某', residentNumber('19770101')),
    ...changes,
  });

  it('answers line by line, in order, each line for itself', async () => {
    const answer = await stream([
      item('a'),
      '',
      '{"key":',
      item('b', { party: LISTED }),
      '[1]',
      { ...item('c'), key: undefined },
      `"${'x'.repeat(100_000)}"`,
      item('d', { service: SERVICES.companyRegistration }),
      item('a'),
      item('a', { reference: '别的' }),
      item('e'),
    ]);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    expect(answersOf(answer)).toMatchObject([
      { key: 'a', outcome: 'CLEAR' },
      { line: 3, problem: { code: 'malformed-json' } },
      { key: 'b', outcome: 'REVIEW' },
      { line: 5, problem: { code: 'invalid' } },
      { line: 6, problem: { code: 'invalid', errors: [{ pointer: '/key', code: 'required' }] } },
      { line: 7, problem: { code: 'body-too-large' } },
      { key: 'd', problem: { code: 'invalid', errors: [{ pointer: '/service', code: 'foreign-service' }] } },
      { key: 'a', outcome: 'CLEAR' },
      { key: 'a', problem: { code: 'idempotency-key-reused' } },
      { key: 'e', outcome: 'CLEAR' },
    ]);
  });

  it('sent again with its key, also longer, repeats what was answered', async () => {
    const key = randomUUID();
    const first = answersOf(await stream([item('1'), item('2')], key));
    const again = answersOf(await stream([item('1'), item('2'), item('3')], key));
    expect(again.slice(0, 2)).toEqual(first);
    expect(again[2]).toMatchObject({ key: '3', outcome: 'CLEAR' });
    const batch = await api.post('/v1/comparisons/batch', { items: [item('1')] }, { token, key });
    expect([batch.status, batch.body.code]).toEqual([422, 'idempotency-key-reused']);
  });

  it('of five thousand comes back whole', async () => {
    const answers = answersOf(await stream(Array.from({ length: 5_000 }, (_, n) => item(`${n}`))));
    expect(answers.map(({ key }) => key)).toEqual(Array.from({ length: 5_000 }, (_, n) => `${n}`));
    expect(answers.every(({ outcome }) => outcome === 'CLEAR')).toBe(true);
  });

  it('counts each line: over its budget it ends with a problem, and what was answered stays answered', async () => {
    const tight = await serve({ budgets: { comparisons: 300 } });
    try {
      const send = (key: string) =>
        request(tight.app)
          .post('/v1/comparisons/batch')
          .set({ Authorization: `Bearer ${token}`, 'Idempotency-Key': key, 'Content-Type': 'application/x-ndjson' })
          .send(Array.from({ length: 1_000 }, (_, n) => JSON.stringify(item(`${n}`))).join('\n'));
      const lines = (await send('k')).text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.at(-1)).toMatchObject({ problem: { code: 'rate-limited' } });
      expect(lines.length).toBeLessThan(300);
    } finally {
      await tight.end();
    }
  });
});
