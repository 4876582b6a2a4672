// Anybody reads the log, those of a case get receipts and its certificate, and no leaf names a person.

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { checkCertificate } from '../../../audit/certificate.js';
import { checkLog } from '../../../audit/full-check.js';
import { verify } from '../../../audit/verify.js';
import { httpLog } from '../../../ledger/log-reader.js';
import { parseProof, verifyProof } from '../../../ledger/proof-file.js';
import { createPool, inTransaction, type Pool } from '../../../registry/database/pool.js';
import { assignPositions } from '../../../registry/departments/positions.js';
import { readKeyRing } from '../../../registry/keys/key-ring.js';
import { sequenceRound } from '../../../registry/ledger/sequencer.js';
import { logKeys, openLog } from '../../../registry/ledger/signed-log.js';
import { publish } from '../../../registry/process/steps.js';
import { DEBT_YUAN } from '../../builders/amounts.js';
import { aCase, personBody } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { OTHER_PERSON, WUDANG_PERSON } from '../../builders/numbers.js';
import { SERVICES } from '../../builders/services.js';
import { useApi } from '../../harness/api.js';
import { clerkOf, departmentOf, judgeOf } from '../../harness/credentials.js';
import { aLeaf, commit, ORIGIN } from '../../harness/ledger.js';

const NAMES = ['封某全', '周某华', '13985000000', '乌当区高新路1号', WUDANG_PERSON, OTHER_PERSON];
const party = personBody('封某全', WUDANG_PERSON);

const log = openLog(readKeyRing(inject('keyRingFile')), ORIGIN);
const api = useApi({ log });
let sequencer: Pool;
let caseId: string;
const ids: Record<string, string> = {};
const [clerk, judge, department] = ['clerk', 'judge', 'department'] as const;
const tokens = {
  [clerk]: () => clerkOf(COURT).token,
  [judge]: () => judgeOf(COURT).token,
  [department]: () => departmentOf('BDC').token,
};

const sequence = async (): Promise<number> => {
  for (;;) {
    const { appended, size } = await sequenceRound(sequencer, log);
    if (appended === 0) return size;
  }
};
const text = (path: string, token: string) => api.get(path, token).set('Accept', 'text/plain');

beforeAll(async () => {
  sequencer = createPool({ connectionString: api.sequencerUrl, applicationName: 'sequencer', max: 2 });
  const opened = await api.post(
    '/v1/cases',
    aCase(
      { obligation: { amount: DEBT_YUAN, content: '偿还周某华借款，送达乌当区高新路1号' } },
      { conduct: '转移财产，电话13985000000' },
    ),
    { token: tokens.clerk() },
  );
  caseId = opened.body.id;
  await inTransaction(api.pool, (tx) => publish(tx, api.ring, opened.body.defaulters[0].id));
  const compared = await api.post(
    '/v1/comparisons',
    { service: SERVICES.sale, reference: '过户-1', party, operator: '周某华' },
    { token: tokens.department() },
  );
  ids.interception = compared.body.interceptions[0].id;
  const body = { action: 'held', at: '2019-03-01T10:00:00+08:00', note: '周某华在场' };
  ids.feedback = (
    await api.post(`/v1/interceptions/${ids.interception}/feedback`, body, { token: tokens.department() })
  ).body.id;
  const paid = { reference: 'R1', amount: '1000', receivedOn: '2019-03-01', source: 'voluntary', payer: '周某华' };
  ids.repayment = (await api.post(`/v1/cases/${caseId}/repayments`, paid, { token: tokens.clerk() })).body.id;
  const decision = { type: 'stay', reason: '周某华提出异议' };
  ids.decision = (await api.post(`/v1/cases/${caseId}/decisions`, decision, { token: tokens.judge() })).body.id;
});
afterAll(() => sequencer.end());

describe('before it is published', () => {
  it('there is no checkpoint and no tile, and a receipt says: accepted, ask again', async () => {
    expect((await api.get('/ledger/checkpoint')).status).toBe(404);
    expect((await api.get('/ledger/tile/0/000.p/1')).status).toBe(404);
    const path = `/v1/receipts/${ids.repayment}`;
    expect((await api.get(path, tokens.clerk())).body).toMatchObject({ state: 'accepted' });
    const early = await text(path, tokens.clerk());
    expect([early.status, early.body.code, early.headers['retry-after']]).toEqual([409, 'receipt-not-published', '1']);
  });
});

describe('the log', () => {
  let size: number;
  let url: string;
  let close: () => void;
  beforeAll(async () => {
    const leaves = Array.from({ length: 300 }, () => aLeaf());
    await commit(api.pool, leaves);
    size = await sequence();
    const server = createServer(api.app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ledger`;
    close = () => server.close();
  });
  afterAll(() => close());

  it('is served whole, as others read it', async () => {
    expect(await checkLog({ log: httpLog(url), logKeys: logKeys(log) })).toMatchObject({ size, problems: [] });
    expect((await api.get('/ledger/vkey')).text).toBe(`${logKeys(log)[0]?.text}\n`);
  });

  it('says how long each part may be kept, and what it is', async () => {
    const checkpoint = await api.get('/ledger/checkpoint');
    expect(checkpoint.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'public, max-age=1',
    });
    const tile = await api.get('/ledger/tile/0/000');
    expect(tile.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-length': '8192',
    });
    expect(tile.headers['content-encoding']).toBeUndefined();
    for (const path of ['/ledger/checkpoint', '/ledger/tile/0/000']) {
      const { etag } = (await api.get(path)).headers;
      expect((await api.get(path).set('If-None-Match', String(etag))).status).toBe(304);
      expect((await request(api.app).head(path)).status).toBe(200);
      expect((await request(api.app).post(path)).status).toBe(405);
    }
  });

  it('serves every width that was ever published, and nothing beyond', async () => {
    const whole = (await api.get('/ledger/tile/0/000').buffer(true)).body as Buffer;
    for (const width of [1, 7, 255]) {
      const part = (await api.get(`/ledger/tile/0/000.p/${width}`).buffer(true)).body as Buffer;
      expect(part.equals(whole.subarray(0, width * 32))).toBe(true);
    }
    const rest = size - 256;
    expect((await api.get(`/ledger/tile/entries/001.p/${rest}`)).status).toBe(200);
    expect((await api.get('/ledger/tile/1/000.p/1')).status).toBe(200);
    for (const path of [
      `0/001.p/${rest + 1}`,
      '0/001',
      '1/000',
      '1/000.p/2',
      '2/000.p/1',
      '0/002.p/1',
      '0/1',
      '0/000.p/0',
      '0/000.p/256',
      '64/000',
      'entries/001',
      'x',
      '0/000/',
      '0/%2e%2e/000',
    ])
      expect((await api.get(`/ledger/tile/${path}`)).status, path).toBe(404);
  });
});

describe('a receipt', () => {
  it('is one, by the fact’s id and by the id its sender was answered with', async () => {
    await sequence();
    const { items } = (await api.get(`/v1/cases/${caseId}/timeline`, tokens.clerk())).body;
    for (const [type, id, token] of [
      ['case-opened', caseId, tokens.clerk()],
      ['comparison-hit', ids.interception, tokens.department()],
      ['feedback', ids.feedback, tokens.department()],
      ['repayment', ids.repayment, tokens.clerk()],
      ['decision', ids.decision, tokens.judge()],
    ] as const) {
      const fact = items.find((item: { type: string }) => item.type === type);
      const own = await api.get(`/v1/receipts/${id}`, token);
      expect(own.body).toEqual((await api.get(`/v1/receipts/${fact.fact}`, token)).body);
      expect(own.body).toMatchObject({ state: 'published', entryId: fact.fact, index: fact.receipt.index });
      expect(fact.receipt).toEqual({ state: 'published', index: own.body.index });
    }
    expect((await api.get(`/v1/receipts/${ids.feedback}`, departmentOf('AIC').token)).status).toBe(404);
    expect((await text(`/v1/receipts/${ids.repayment}`, tokens.department())).status).toBe(404);
  });

  it('sent twice, the same fact has the same receipt', async () => {
    const again = { reference: 'R1', amount: '1000', receivedOn: '2019-03-01', source: 'voluntary', payer: '周某华' };
    const repeated = await api.post(`/v1/cases/${caseId}/repayments`, again, { token: tokens.clerk() });
    expect([repeated.status, repeated.body.id]).toEqual([200, ids.repayment]);
    await sequence();
    const { rows } = await api.pool.query('select count(*)::int as n from ledger_leaf where business_key = $1', [
      `repayment:${ids.repayment}`,
    ]);
    expect(rows[0]?.n).toBe(1);
  });

  it('as text is a proof file that holds without the platform', async () => {
    const path = `/v1/receipts/${ids.repayment}`;
    const file = await text(path, tokens.clerk());
    expect(file.headers['content-type']).toBe('text/plain; charset=utf-8');
    const leaf = verifyProof(parseProof(file.text), logKeys(log));
    expect(leaf.toString('base64')).toBe((await api.get(path, tokens.clerk())).body.leaf);
    expect(JSON.parse(leaf.toString())).toMatchObject({
      key: `repayment:${ids.repayment}`,
      actor: `clerk:${COURT}`,
      case: caseId,
    });
  });

  it('of an acknowledgement is its department’s', async () => {
    await assignPositions(api.pool);
    const { served } = (await api.get('/v1/notices', tokens.department())).body;
    await api.post('/v1/acknowledgements', { upTo: served }, { token: tokens.department() });
    const { rows } = await api.pool.query('select entry from acknowledgement where department = $1', ['BDC']);
    expect((await api.get(`/v1/receipts/${rows[0]?.entry}`, tokens.department())).body).toMatchObject({
      state: 'accepted',
    });
    expect((await api.get(`/v1/receipts/${rows[0]?.entry}`, departmentOf('AIC').token)).status).toBe(404);
  });
});

describe('the certificate of a case', () => {
  const get = (query = '') => api.get(`/v1/cases/${caseId}/certificate${query}`, tokens.judge());

  it('proves every fact, in order, under one checkpoint', async () => {
    await sequence();
    const { body } = await get();
    expect(body.facts.map((fact: { type: string }) => fact.type)).toEqual([
      'case-opened',
      'published',
      'comparison-hit',
      'feedback',
      'repayment',
      'decision',
    ]);
    const { facts } = body;
    expect(checkCertificate(body, logKeys(log))).toMatchObject({ facts: facts.length, proven: facts.length });
    expect(body.facts[0].opening).toBeUndefined();
  });

  it('opens the details for those to whom its holder shows it, until the salt is erased', async () => {
    const { body } = await get('?openings=yes');
    expect(body.facts.every((fact: { opening?: string }) => fact.opening !== undefined)).toBe(true);
    expect(checkCertificate(body, logKeys(log)).proven).toBe(body.facts.length);
    const changed = structuredClone(body);
    changed.facts[4].detail.amount = '1.00';
    expect(() => checkCertificate(changed, logKeys(log))).toThrow(/fact 5: its details/);
    await api.pool.query('update fact set salt = null where enforcement_case = $1 and seq = 5', [caseId]);
    const erased = (await get('?openings=yes')).body;
    expect(erased.facts[4].opening).toBeUndefined();
    expect(checkCertificate(erased, logKeys(log)).proven).toBe(body.facts.length);
  });

  it('with a fact left out, put elsewhere or changed does not hold', async () => {
    const { body } = await get();
    const without = { ...body, facts: body.facts.filter((_: unknown, nth: number) => nth !== 2) };
    const renumbered = {
      ...without,
      facts: without.facts.map((fact: object, nth: number) => ({ ...fact, seq: nth + 1 })),
    };
    for (const certificate of [without, renumbered])
      expect(() => checkCertificate(certificate, logKeys(log))).toThrow();
    const moved = structuredClone(body);
    moved.facts[3].index += 1;
    expect(() => checkCertificate(moved, logKeys(log))).toThrow(/fact 4/);
  });

  it('is verified by `npm run verify`', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'enforcement-certificate-'));
    const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      writeFileSync(join(folder, 'certificate.json'), (await get()).text);
      expect(await verify([join(folder, 'certificate.json'), '--vkey', logKeys(log)[0]?.text ?? ''])).toBe(0);
      expect(said.mock.calls.join()).toContain('6 facts in an unbroken chain');
    } finally {
      said.mockRestore();
      rmSync(folder, { recursive: true });
    }
  });

  it('is not another court’s', async () => {
    expect((await api.get(`/v1/cases/${caseId}/certificate`, judgeOf('黔0102').token)).status).toBe(404);
    expect((await api.get(`/v1/cases/${caseId}/certificate`, tokens.department())).status).toBe(404);
  });
});

describe('leaves without people', () => {
  it('hold no name, number, phone or address of anybody in the case', async () => {
    const { rows } = await api.pool.query<{ leaf: Buffer }>('select leaf from ledger_leaf');
    expect(rows.length).toBeGreaterThan(300);
    const all = rows.map(({ leaf }) => leaf.toString('utf8')).join('\n');
    expect(all).toContain('"type":"comparison-hit"');
    for (const secret of NAMES) expect(all.includes(secret), secret).toBe(false);
  });
});
