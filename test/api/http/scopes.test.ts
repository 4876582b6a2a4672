// Who may see and do what: courts their own cases, departments their own services, and to all others it does not exist.

import { beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../../registry/database/pool.js';
import { assignPositions } from '../../../registry/departments/positions.js';
import { publish } from '../../../registry/process/steps.js';
import { DEBT_YUAN } from '../../builders/amounts.js';
import { aCase, personBody } from '../../builders/bodies.js';
import { COURT, OTHER_COURT } from '../../builders/cases.js';
import { residentNumber, WUDANG_PERSON } from '../../builders/numbers.js';
import { SERVICES } from '../../builders/services.js';
import { useApi } from '../../harness/api.js';
import { administrator, clerkOf, departmentOf, judgeOf, supervisorOf } from '../../harness/credentials.js';

const api = useApi();
let caseId: string;
let interception: string;
let fact: string;

const party = personBody('封某全', WUDANG_PERSON);
const business = { service: SERVICES.sale, reference: '过户-1', party };

beforeAll(async () => {
  const opened = await api.post('/v1/cases', aCase(), { token: clerkOf(COURT).token });
  caseId = opened.body.id;
  await inTransaction(api.pool, (tx) => publish(tx, api.ring, opened.body.defaulters[0].id));
  await assignPositions(api.pool);
  const compared = await api.post('/v1/comparisons', business, { token: departmentOf('BDC').token });
  expect(compared.body.outcome, compared.text).toBe('REVIEW');
  interception = compared.body.interceptions[0].id;
  const timeline = await api.get(`/v1/cases/${caseId}/timeline`, judgeOf(COURT).token);
  fact = timeline.body.items.find((item: { type: string }) => item.type === 'comparison-hit').fact;
});

const post = (path: string, body: object, token: string) => api.post(path, body, { token });

describe('what is not yours is 404', () => {
  it('a case of another court, for its clerks, judges and supervisors; above it, the supervisor sees it', async () => {
    for (const path of [`/v1/cases/${caseId}`, `/v1/cases/${caseId}/timeline`]) {
      for (const { token } of [
        clerkOf('黔0102'),
        judgeOf('黔0102'),
        supervisorOf('黔0102'),
        clerkOf('黔01'),
        judgeOf('黔01'),
      ]) {
        expect((await api.get(path, token)).status).toBe(404);
      }
      for (const { token } of [
        clerkOf(COURT),
        judgeOf(COURT, 1),
        supervisorOf(COURT),
        supervisorOf('黔01'),
        supervisorOf('黔'),
      ]) {
        expect((await api.get(path, token)).status).toBe(200);
      }
    }
  });

  it('a list holds only one’s own', async () => {
    const idsOf = async (token: string): Promise<string[]> =>
      (await api.get('/v1/cases', token)).body.items.map(({ id }: { id: string }) => id);
    expect(await idsOf(clerkOf(COURT).token)).toContain(caseId);
    expect(await idsOf(supervisorOf('黔').token)).toContain(caseId);
    expect(await idsOf(clerkOf(OTHER_COURT).token)).toEqual([]);
  });

  it('facts about another court’s case', async () => {
    const repayment = { reference: 'R', amount: '1', receivedOn: '2019-03-01', source: 'voluntary' };
    expect((await post(`/v1/cases/${caseId}/repayments`, repayment, clerkOf('黔0102').token)).status).toBe(404);
    expect(
      (await post(`/v1/cases/${caseId}/decisions`, { type: 'revoke', reason: 'x' }, judgeOf('黔0102').token)).status,
    ).toBe(404);
    expect((await post(`/v1/cases/${caseId}/close`, { ground: 'settled' }, judgeOf('黔0102').token)).status).toBe(404);
    expect(
      (await post(`/v1/interceptions/${interception}/directives`, { type: 'ALLOW' }, judgeOf('黔0102').token)).status,
    ).toBe(404);
    expect((await api.get(`/v1/cases/${caseId}`, judgeOf(COURT).token)).body.outstanding).toBe(DEBT_YUAN);
  });

  it('acts of another office: a judge registers no money, a clerk decides nothing, a department reads no case', async () => {
    const repayment = { reference: 'R', amount: '1', receivedOn: '2019-03-01', source: 'voluntary' };
    expect((await post(`/v1/cases/${caseId}/repayments`, repayment, judgeOf(COURT).token)).status).toBe(404);
    expect(
      (await post(`/v1/cases/${caseId}/decisions`, { type: 'revoke', reason: 'x' }, clerkOf(COURT).token)).status,
    ).toBe(404);
    expect((await post('/v1/cases', aCase(), judgeOf(COURT).token)).status).toBe(404);
    expect((await post('/v1/comparisons', business, clerkOf(COURT).token)).status).toBe(404);
    for (const { token } of [departmentOf('BDC'), administrator()]) {
      expect((await api.get(`/v1/cases/${caseId}`, token)).status).toBe(404);
      expect((await api.get('/v1/inbox', token)).status).toBe(404);
    }
    expect((await api.get('/v1/notices', judgeOf(COURT).token)).status).toBe(404);
  });

  it('another department’s interception, service and receipt', async () => {
    const feedback = { action: 'held', at: '2019-03-01T10:00:00+08:00' };
    expect((await post(`/v1/interceptions/${interception}/feedback`, feedback, departmentOf('AIC').token)).status).toBe(
      404,
    );
    expect((await post(`/v1/interceptions/${interception}/feedback`, feedback, departmentOf('BDC').token)).status).toBe(
      201,
    );
    expect((await api.get(`/v1/receipts/${fact}`, departmentOf('AIC').token)).status).toBe(404);
    const receipt = await api.get(`/v1/receipts/${fact}`, departmentOf('BDC').token);
    expect(receipt.body).toMatchObject({ state: 'accepted', entryId: fact });
    expect(Buffer.from(receipt.body.leaf, 'base64').toString('utf8')).toContain(fact);
    expect((await api.get(`/v1/receipts/${fact}`, judgeOf('黔0102').token)).status).toBe(404);
    expect((await api.get(`/v1/receipts/${fact}`, clerkOf(COURT).token)).status).toBe(200);
  });

  it.each([
    [SERVICES.companyRegistration, 'foreign-service'],
    ['BDC-99', 'unknown-service'],
    ['NG-01', 'never-gated'],
  ])('a comparison for %s is refused as %s', async (service, code) => {
    const answer = await post('/v1/comparisons', { ...business, service }, departmentOf('BDC').token);
    expect([answer.status, answer.body.errors]).toMatchObject([422, [{ pointer: '/service', code }]]);
  });
});

describe('a department', () => {
  it('reads the log from its own place, acknowledges what it was served and no more', async () => {
    const token = departmentOf('PLN').token;
    const early = await post('/v1/acknowledgements', { upTo: 1 }, token);
    expect([early.status, early.body.errors[0].pointer]).toEqual([422, '/upTo']);
    expect((await api.get('/v1/notices?after=99', token)).body.errors[0]).toMatchObject({
      pointer: '/after',
      code: 'after-unserved',
    });
    const page = await api.get('/v1/notices?limit=100000', token);
    expect(page.body.items).toHaveLength(1);
    expect(page.body.items[0]).toMatchObject({ seq: 1, kind: 'PUBLISH', case: { id: caseId, court: COURT } });
    expect(page.text).not.toContain('封');
    const done = await post('/v1/acknowledgements', { upTo: page.body.served }, token);
    expect(done.body).toEqual({ acknowledged: 1 });
    expect((await api.get('/v1/notices?after=1', token)).body).toEqual({ items: [], served: 1 });
    for (const query of ['after=-1', 'after=x', 'limit=0', 'limit=1.5', 'after=1&after=2', 'before=1']) {
      expect([query, (await api.get(`/v1/notices?${query}`, token)).status]).toEqual([query, 422]);
    }
  });
});

describe('comparisons', () => {
  it('give a clear answer without reasons, and a hit with whom to ask', async () => {
    const nobody = personBody('赵某', residentNumber('19700101'));
    const clear = await post(
      '/v1/comparisons',
      { ...business, reference: '过户-2', party: nobody },
      departmentOf('BDC').token,
    );
    expect(clear.body).toMatchObject({ outcome: 'CLEAR', reasons: [], interceptions: [] });
    const hit = await post('/v1/comparisons', { ...business, reference: '过户-3' }, departmentOf('BDC').token);
    expect(hit.body.interceptions[0]).toMatchObject({ case: { court: COURT }, measures: ['LISTING'] });
    expect(hit.text).not.toContain('封');
  });

  it('in a batch stand each for itself', async () => {
    const token = departmentOf('BDC').token;
    const items = [
      { key: 'a', ...business, reference: '批-1' },
      {
        key: 'b',
        ...business,
        reference: '批-2',
        party: { ...party, identifiers: [{ type: 'resident-id', number: '520112196001010008' }] },
      },
      { key: 'c', ...business, reference: '批-3', service: SERVICES.companyRegistration },
      { key: 'd', ...business, reference: '批-4', colour: 'red' },
    ];
    const key = 'batch-1';
    const answer = await api.post('/v1/comparisons/batch', { items }, { token, key });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.items).toMatchObject([
      { key: 'a', outcome: 'REVIEW' },
      {
        key: 'b',
        problem: { code: 'invalid', errors: [{ pointer: '/items/1/party/identifiers/0/number', code: 'E01' }] },
      },
      { key: 'c', problem: { code: 'invalid', errors: [{ code: 'foreign-service' }] } },
      { key: 'd', problem: { code: 'invalid', errors: [{ pointer: '/items/3/colour', code: 'unknown-member' }] } },
    ]);
    const again = await api.post('/v1/comparisons/batch', { items }, { token, key });
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([answer.text, 'true']);
    const other = await api.post('/v1/comparisons/batch', { items: items.slice(1) }, { token, key });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
    const twice = await post('/v1/comparisons/batch', { items: [items[0], items[0]] }, token);
    expect([twice.status, twice.body.errors]).toMatchObject([422, [{ pointer: '/items/1/key', code: 'duplicate' }]]);
    const many = Array.from({ length: 1_001 }, (_, n) => ({ ...items[0], key: `${n}` }));
    expect((await post('/v1/comparisons/batch', { items: many }, token)).status).toBe(422);
  });

  it('a thousand at once come back in order', async () => {
    const nobody = personBody('赵某', residentNumber('19700102'));
    const items = Array.from({ length: 1_000 }, (_, n) => ({
      key: `k${n}`,
      service: SERVICES.sale,
      reference: `千-${n}`,
      party: nobody,
    }));
    const answer = await post('/v1/comparisons/batch', { items }, departmentOf('BDC').token);
    expect(answer.body.items.map(({ key }: { key: string }) => key)).toEqual(items.map(({ key }) => key));
    expect(new Set(answer.body.items.map(({ outcome }: { outcome: string }) => outcome))).toEqual(new Set(['CLEAR']));
  });

  it('a hit replayed after its ground has ended is judged anew; a clear one stays as it was', async () => {
    const [token, key] = [departmentOf('BDC').token, 'replayed-hit'];
    const opened = await post(
      '/v1/cases',
      aCase({}, { identifiers: [{ type: 'resident-id', number: residentNumber('19650101') }] }),
      clerkOf(COURT).token,
    );
    await inTransaction(api.pool, (tx) => publish(tx, api.ring, opened.body.defaulters[0].id));
    const asked = {
      ...business,
      reference: '重-1',
      party: { ...party, identifiers: [{ type: 'resident-id', number: residentNumber('19650101') }] },
    };
    const hit = await api.post('/v1/comparisons', asked, { token, key });
    expect(hit.body.outcome).toBe('REVIEW');
    const same = await api.post('/v1/comparisons', asked, { token, key });
    expect([same.text, same.headers['idempotency-replayed']]).toEqual([hit.text, 'true']);
    const released = await post(`/v1/cases/${opened.body.id}/close`, { ground: 'settled' }, judgeOf(COURT).token);
    expect(released.status, released.text).toBe(201);
    const anew = await api.post('/v1/comparisons', asked, { token, key });
    expect([anew.body.outcome, anew.headers['idempotency-replayed']]).toEqual(['CLEAR', undefined]);
    const replayed = await api.post('/v1/comparisons', asked, { token, key });
    expect([replayed.text, replayed.headers['idempotency-replayed']]).toEqual([anew.text, 'true']);
  });

  it('a stop of the department’s own is reported with the instant it was made', async () => {
    const token = departmentOf('BDC').token;
    const stop = { ...business, reference: '自-1', at: new Date().toISOString() };
    expect((await post('/v1/interceptions', stop, token)).body.outcome).toBe('REVIEW');
    for (const at of ['2999-01-01T00:00:00Z', '2019-02-30T00:00:00Z', '2019-01-01', '0000-01-01T00:00:00Z']) {
      expect([at, (await post('/v1/interceptions', { ...stop, at }, token)).status]).toEqual([at, 422]);
    }
  });
});

describe('a judge', () => {
  it('directs what happens to held business, with an asset for SEAL only', async () => {
    const path = `/v1/interceptions/${interception}/directives`;
    const token = judgeOf(COURT).token;
    expect((await post(path, { type: 'SEAL' }, token)).body.errors[0]).toMatchObject({
      pointer: '/asset',
      code: 'asset-required',
    });
    const asset = { type: 'property-unit', number: '520112001001GB00001F00010009' };
    expect((await post(path, { type: 'REFUSE', asset }, token)).body.errors[0].code).toBe('asset-only-for-seal');
    expect((await post(path, { type: 'PROCEEDS_TO_COURT', note: '款项交执行账户' }, token)).status).toBe(201);
  });
});
