// A department says where its notices are to be sent, pauses, and fetches the keys of its tokens.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { liveEpochs } from '../../../domain/identity/epoch.js';
import { inTransaction } from '../../../registry/database/pool.js';
import { receiverGone } from '../../../registry/departments/endpoints.js';
import { departmentKey, tokenOf } from '../../../registry/parties/department-tokens.js';
import { keepTokenIndexes } from '../../../registry/parties/token-index.js';
import { publish } from '../../../registry/process/steps.js';
import { aCase } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { SERVICES } from '../../builders/services.js';
import { fitsItsSchema, useApi } from '../../harness/api.js';
import { administrator, clerkOf, departmentOf } from '../../harness/credentials.js';
import { unwrapWith } from '../../harness/token-keys.js';

const LISTED = '127.0.0.1:18080';
const api = useApi({ allowedHosts: new Set([LISTED]), inspect: fitsItsSchema });

const location = (department: string): string => `/v1/departments/${department}/endpoint`;
const put = (department: string, url: string, ifMatch?: string, as = department): request.Test => {
  const sent = request(api.app)
    .put(location(department))
    .set('Authorization', `Bearer ${departmentOf(as).token}`);
  return (ifMatch === undefined ? sent : sent.set('If-Match', ifMatch)).send({ url });
};
const view = (department: string): request.Test => api.get(location(department), departmentOf(department).token);
const act = (department: string, what: 'pause' | 'resume', token = administrator().token, key: string = randomUUID()) =>
  api.post(`/v1/departments/${department}/${what}`, {}, { token, key });

describe('an endpoint', () => {
  it('is set once without a condition, and its secret is shown only then', async () => {
    expect((await view('BDC')).status).toBe(404);
    const set = await put('BDC', 'https://hooks.bdc.example/notices');
    expect([set.status, set.headers.etag]).toEqual([201, '"1"']);
    expect(set.body).toEqual({ secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) });
    const shown = await view('BDC');
    expect([shown.status, shown.headers.etag]).toEqual([200, '"1"']);
    expect(shown.body).toEqual({ url: 'https://hooks.bdc.example/notices', version: 1, failures: 0 });
    const { rows } = await api.pool.query<{ row: string }>('select endpoint::text as row from endpoint');
    expect(JSON.stringify(rows)).not.toContain(set.body.secret.slice(6));
  });

  it('is signed with a key pair too where the department asks for it: the public half is shown, the private nowhere', async () => {
    const token = departmentOf('LAN').token;
    const body = { url: 'https://lan.example/notices', signature: 'v1a' };
    const send = (more: object) =>
      request(api.app)
        .put(location('LAN'))
        .set('Authorization', `Bearer ${token}`)
        .set('If-Match', '*')
        .send({ ...body, ...more });
    expect((await put('LAN', 'https://lan.example/')).body.publicKey).toBeUndefined();
    const set = await send({});
    expect(set.body.publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    expect((await view('LAN')).body.publicKey).toBe(set.body.publicKey);
    const refused = await send({ signature: 'v2' });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/signature']);
  });

  it('is changed only by who has seen it as it is: 428 without If-Match, 412 with a stale one', async () => {
    const first = await put('EDU', 'https://edu.example/a');
    const without = await put('EDU', 'https://edu.example/b');
    expect([without.status, without.body.code]).toEqual([428, 'precondition-required']);
    for (const stale of ['"2"', '"0"', '1', 'W/"1"', '']) {
      const refused = await put('EDU', 'https://edu.example/b', stale);
      expect([stale, refused.status, refused.body.code]).toEqual([stale, 412, 'version-mismatch']);
    }
    const changed = await put('EDU', 'https://edu.example/b', '"1"');
    expect([changed.status, changed.headers.etag]).toEqual([200, '"2"']);
    expect(changed.body.secret).not.toBe(first.body.secret);
    expect((await put('EDU', 'https://edu.example/c', '"1"')).status).toBe(412);
    expect((await put('EDU', 'https://edu.example/c', '"7", "2"')).status).toBe(200);
    expect((await put('EDU', 'https://edu.example/d', '*')).status).toBe(200);
    expect((await put('PLN', 'https://pln.example/', '*')).status).toBe(412);
  });

  it('of two who set it at once one wins, the other is told', async () => {
    const answers = await Promise.all([put('HRS', 'https://hrs.example/a'), put('HRS', 'https://hrs.example/b')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 428]);
  });

  it.each([
    ['http://hooks.example/', 'endpoint-not-https'],
    ['ftp://hooks.example/', 'endpoint-not-https'],
    ['not a url', 'endpoint-url'],
    ['https://user:word@hooks.example/', 'endpoint-url'],
    ['https://hooks.example/#part', 'endpoint-url'],
    ['https://10.0.0.5/', 'endpoint-host'],
    ['https://0x7f000001/', 'endpoint-host'],
    ['https://[::1]/', 'endpoint-host'],
    ['http://127.0.0.1:18081/', 'endpoint-not-https'],
  ])('%s is refused as %s', async (url, code) => {
    const refused = await put('CIV', url);
    expect([refused.status, refused.body.errors]).toMatchObject([422, [{ pointer: '/url', code }]]);
    expect(refused.text).not.toContain('word');
  });

  it('on the list of allowed hosts may be plain and local', async () => {
    expect((await put('CIV', `http://${LISTED}/hooks/CIV`)).status).toBe(201);
  });

  it('is the department’s own', async () => {
    expect((await put('JUS', 'https://jus.example/', undefined, 'FIN')).status).toBe(404);
    expect((await api.get(location('BDC'), departmentOf('FIN').token)).status).toBe(404);
    expect((await api.get(location('BDC'), clerkOf(COURT).token)).status).toBe(404);
    expect((await api.get(location('BDC'), administrator().token)).body.url).toBe('https://hooks.bdc.example/notices');
    for (const department of ['bdc', 'XXX', 'B.C', '..']) {
      expect((await api.get(location(department), administrator().token)).status).toBe(404);
    }
    const removed = await request(api.app).delete(location('BDC'));
    expect([removed.status, removed.headers.allow]).toEqual([405, 'GET, HEAD, PUT']);
  });
});

describe('an administrator', () => {
  it('pauses and resumes a channel; the same request twice does it once', async () => {
    await put('TAX', 'https://tax.example/');
    const [token, key] = [administrator().token, randomUUID()];
    const paused = await act('TAX', 'pause', token, key);
    expect([paused.status, paused.body]).toEqual([200, { department: 'TAX', paused: true }]);
    expect((await act('TAX', 'pause', token, key)).headers['idempotency-replayed']).toBe('true');
    expect((await view('TAX')).body).toMatchObject({ pausedBy: 'administrator', pausedAt: expect.any(String) });
    // Pausing is no edit of the endpoint: its ETag stays.
    expect((await put('TAX', 'https://tax.example/new', '"1"')).status).toBe(200);
    expect((await view('TAX')).body.pausedBy).toBe('administrator');
    expect((await act('TAX', 'resume')).body).toEqual({ department: 'TAX', paused: false });
    expect((await view('TAX')).body.pausedAt).toBeUndefined();
  });

  it('sees in the metrics which receiver is gone', async () => {
    await put('PBC', 'https://pbc.example/');
    await receiverGone(api.pool, 'PBC', 1);
    const metrics = await api.get('/metrics');
    expect(metrics.text).toContain('channel_gone{department="PBC"} 1');
    expect(metrics.text).toContain('channel_gone{department="BDC"} 0');
    expect((await view('PBC')).body).toMatchObject({ pausedBy: 'receiver', lastFailure: 'gone' });
  });

  it('alone may; a department without a webhook has no channel', async () => {
    for (const { token } of [departmentOf('TAX'), clerkOf(COURT)]) {
      expect((await act('TAX', 'pause', token)).status).toBe(404);
    }
    for (const department of ['SCI', 'XXX']) {
      expect((await act(department, 'pause')).status).toBe(404);
      expect((await act(department, 'resume')).status).toBe(404);
    }
  });
});

describe('token keys', () => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');

  const ask = (as = 'FIN') =>
    api.post('/v1/departments/FIN/token-keys', { publicKey: raw }, { token: departmentOf(as).token });

  it('are given once every number on record has its token: wrapped for the department, for the live quarters, with a leaf; another’s are 404', async () => {
    const early = await ask();
    expect([early.status, early.body.keys]).toEqual([202, []]);
    while (await keepTokenIndexes(api.pool, api.ring, Date.now()));
    const answer = await ask();
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body.keys.map(({ epoch }: { epoch: string }) => epoch)).toEqual(liveEpochs(Date.now()));
    const [first] = answer.body.keys;
    const own = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    const root = api.ring.tokenRoot ?? Buffer.alloc(0);
    expect(unwrapWith(own, first, 'FIN').equals(departmentKey(root, 'FIN', first.epoch))).toBe(true);
    const { rows } = await api.pool.query<{ leaf: Buffer }>('select leaf from ledger_leaf where entry_id = $1', [
      answer.body.fact,
    ]);
    expect(JSON.parse(rows[0]?.leaf.toString('utf8') ?? '')).toMatchObject({ type: 'token-key.issued', dept: 'FIN' });
    expect((await ask('TAX')).status).toBe(404);
  });

  it('make tokens that take the place of the number in a comparison, single or in a batch; of a quarter that is over they are refused', async () => {
    const debtor = aCase({}, { identifiers: [{ type: 'resident-id', number: residentNumber('19640506') }] });
    const opened = await api.post('/v1/cases', debtor, { token: clerkOf(COURT).token });
    await inTransaction(api.pool, (tx) => publish(tx, api.ring, opened.body.defaulters[0].id));
    const [epoch] = liveEpochs(Date.now());
    const key = departmentKey(api.ring.tokenRoot ?? Buffer.alloc(0), 'FIN', epoch);
    const token = tokenOf(key, { type: 'resident-id', country: '', number: residentNumber('19640506') }).toString(
      'hex',
    );
    const body = (document: object) => ({
      service: SERVICES.procurementSupplier,
      reference: randomUUID(),
      party: { kind: 'person', name: '封某全', identifiers: [{ type: 'resident-id', ...document }] },
    });
    const compare = (path: string, sent: object) => api.post(path, sent, { token: departmentOf('FIN').token });
    expect((await compare('/v1/comparisons', body({ token, epoch }))).body.outcome).toBe('INTERCEPT');
    const many = await compare('/v1/comparisons/batch', { items: [{ key: 'a', ...body({ token, epoch }) }] });
    expect(many.body.items[0].outcome).toBe('INTERCEPT');
    for (const [document, pointer, code] of [
      [{ token, epoch: '2020Q1' }, 'epoch', 'TOKEN_EPOCH_EXPIRED'],
      [{ token }, 'epoch', 'required'],
      [{ token: 'x', epoch }, 'token', 'E01'],
      [{ token, epoch, number: '1' }, 'number', 'invalid'],
      [{}, 'number', 'required'],
    ] as const) {
      const refused = await compare('/v1/comparisons', body(document));
      expect([refused.status, refused.body.errors]).toMatchObject([
        422,
        [{ pointer: `/party/identifiers/0/${pointer}`, code }],
      ]);
    }
    // A case is opened by numbers alone.
    const listed = aCase({}, { identifiers: [{ type: 'resident-id', token, epoch }] });
    expect((await api.post('/v1/cases', listed, { token: clerkOf(COURT).token })).status).toBe(422);
  });

  it.each(['', 'x', Buffer.alloc(31).toString('base64'), Buffer.alloc(32).toString('base64')])(
    'are not given for %j',
    async (bad) => {
      const answer = await api.post(
        '/v1/departments/FIN/token-keys',
        { publicKey: bad },
        { token: departmentOf('FIN').token },
      );
      expect([answer.status, answer.body.errors]).toMatchObject([422, [{ pointer: '/publicKey', code: 'public-key' }]]);
    },
  );
});
