// A court links identities and answers the doubts of counters; a release says what is left of the case.

import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../../registry/database/pool.js';
import { publish } from '../../../registry/process/steps.js';
import { aCase } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { SERVICES } from '../../builders/services.js';
import { useApi } from '../../harness/api.js';
import { administrator, clerkOf, departmentOf, judgeOf, supervisorOf } from '../../harness/credentials.js';

const EVIDENCE = 'cd'.repeat(32);
const NUMBER = residentNumber('19610203');
const api = useApi();
let subject: string;
let interception: string;

const identifiers = [{ type: 'resident-id', number: NUMBER }];
const business = {
  service: SERVICES.companyRegistration,
  reference: '设立-1',
  party: { kind: 'person', name: '封某金', identifiers },
};
const passport = {
  kind: 'person',
  name: '封某全',
  identifiers: [{ type: 'passport', number: 'E9876543', country: 'CN' }],
};
const post = (path: string, body: object, token: string, key?: string) =>
  api.post(path, body, { token, ...(key ? { key } : {}) });

beforeAll(async () => {
  const opened = await post('/v1/cases', aCase({}, { identifiers }), clerkOf(COURT).token);
  await inTransaction(api.pool, (tx) => publish(tx, api.ring, opened.body.defaulters[0].id));
  const view = await api.get(`/v1/cases/${opened.body.id}`, judgeOf(COURT).token);
  subject = view.body.defaulters[0].subject;
  const held = await post('/v1/comparisons', business, departmentOf('AIC').token);
  expect([held.body.outcome, held.body.reasons], held.text).toEqual(['REVIEW', ['ID_EXACT_NAME_DIFFERS']]);
  interception = held.body.interceptions[0].id;
});

describe('the identity chain', () => {
  it('is the court’s to see, masked; in full for a purpose, which is logged and can be read', async () => {
    const judge = judgeOf(COURT).token;
    const masked = await api.get(`/v1/identity-chain/${subject}`, judge);
    expect(masked.body).toMatchObject({ masked: true, name: '封**', listings: [{ court: COURT, role: 'defaulter' }] });
    expect(masked.text).not.toContain(NUMBER);
    expect((await api.get('/v1/identity-accesses', judge)).body.items).toEqual([]);
    const full = await api.get(`/v1/identity-chain/${subject}?purpose=objection`, judge);
    expect(full.body).toMatchObject({
      masked: false,
      name: '封某全',
      identifiers: [{ number: NUMBER, source: 'listing' }],
    });
    expect((await api.get(`/v1/identity-chain/${subject}?purpose=curiosity`, judge)).status).toBe(422);
    await api.get(`/v1/identity-chain/${subject}?purpose=audit`, clerkOf(COURT).token);
    const log = await api.get(`/v1/identity-accesses?subject=${subject}`, supervisorOf('黔01').token);
    expect(log.body.items).toMatchObject([
      { subject, by: `clerk:${COURT}`, court: COURT, purpose: 'audit' },
      { subject, by: 'judge:黔0112-J1', court: COURT, purpose: 'objection' },
    ]);
    const first = await api.get('/v1/identity-accesses?limit=1', judge);
    const second = await api.get(`/v1/identity-accesses?limit=1&cursor=${first.body.next}`, judge);
    expect([first.body.items[0].purpose, second.body.items[0].purpose, second.body.next]).toEqual([
      'audit',
      'objection',
      undefined,
    ]);
    for (const change of ['delete from identity_access', `update identity_access set purpose = 'x'`]) {
      await expect(api.pool.query(change)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('and everything about it is 404 for whose it is not', async () => {
    const link = { relation: 'same-person', subject, party: passport, evidence: EVIDENCE };
    for (const { token } of [
      judgeOf('黔0102'),
      supervisorOf('黔0102'),
      judgeOf('黔01'),
      departmentOf('AIC'),
      administrator(),
    ]) {
      for (const path of [
        `/v1/identity-chain/${subject}`,
        `/v1/interceptions/${interception}/identity`,
        `/v1/identity-accesses?subject=${subject}`,
      ]) {
        expect([path, (await api.get(path, token)).status]).toEqual([path, 404]);
      }
      expect((await post('/v1/identity-links', link, token)).status).toBe(404);
      const word = { identity: 'other', reason: '同号' };
      expect((await post(`/v1/interceptions/${interception}/identity`, word, token)).status).toBe(404);
    }
    expect((await api.get(`/v1/identity-chain/${randomUUID()}`, judgeOf(COURT).token)).status).toBe(404);
    // A clerk sees the chain and decides nothing.
    expect((await post('/v1/identity-links', link, clerkOf(COURT).token)).status).toBe(404);
  });

  it('grows by links of judges, once per key, and shrinks by revocation of the same court or one above', async () => {
    const judge = judgeOf(COURT).token;
    const asked = { ...business, reference: '设立-2', party: passport };
    expect((await post('/v1/comparisons', asked, departmentOf('AIC').token)).body.outcome).toBe('CLEAR');
    const link = { relation: 'same-person', subject, party: passport, evidence: EVIDENCE, from: '2020-01-01' };
    const made = await post('/v1/identity-links', link, judge, 'link-1');
    expect([made.status, made.headers.location], made.text).toEqual([201, `/v1/identity-chain/${subject}`]);
    const again = await post('/v1/identity-links', link, judge, 'link-1');
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([made.text, 'true']);
    expect(await post('/v1/identity-links', link, judge)).toMatchObject({
      status: 409,
      body: { code: 'state-conflict', errors: [{ code: 'already-linked' }] },
    });
    const hit = await post('/v1/comparisons', { ...asked, reference: '设立-3' }, departmentOf('AIC').token);
    expect(hit.body).toMatchObject({
      outcome: 'INTERCEPT',
      reasons: ['ID_ALIAS'],
      interceptions: [{ links: [{ relation: 'same-person', leaf: made.body.leaf }], remaining: 0 }],
    });
    const chain = await api.get(`/v1/identity-chain/${subject}`, judge);
    expect(chain.body).toMatchObject({ links: [{ id: made.body.id, name: '封**', validFrom: '2020-01-01' }] });
    expect(chain.body.sameParty).toHaveLength(2);
    const receipt = await api.get(`/v1/receipts/${made.body.fact}`, judge);
    expect(receipt.body).toMatchObject({ state: 'accepted', entryId: made.body.fact, leafHash: made.body.leaf });
    expect((await api.get(`/v1/receipts/${made.body.fact}`, judgeOf('黔0102').token)).status).toBe(404);
    const undo = `/v1/identity-links/${made.body.id}/revocation`;
    expect((await post(undo, {}, judgeOf('黔0102').token)).status).toBe(404);
    expect((await post(undo, {}, judgeOf('黔01').token)).status).toBe(201);
    // A stop is judged anew when its link is gone, also where the request is repeated.
    const replay = await post('/v1/comparisons', { ...asked, reference: '设立-4' }, departmentOf('AIC').token);
    expect(replay.body.outcome).toBe('CLEAR');
  });

  it('a hit by a link is replayed as it was while the link stands, and not after it was revoked', async () => {
    const judge = judgeOf(COURT).token;
    const other = { ...passport, identifiers: [{ type: 'passport', number: 'E9876544', country: 'CN' }] };
    const made = await post(
      '/v1/identity-links',
      { relation: 'same-person', subject, party: other, evidence: EVIDENCE },
      judge,
    );
    const asked = { ...business, reference: '设立-5', party: other };
    const hit = await post('/v1/comparisons', asked, departmentOf('AIC').token, 'by-link');
    expect(hit.body.outcome).toBe('INTERCEPT');
    const again = await post('/v1/comparisons', asked, departmentOf('AIC').token, 'by-link');
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([hit.text, 'true']);
    const full = await api.get(`/v1/identity-chain/${subject}?purpose=audit`, judge);
    const shown = new Set([subject, ...full.body.links.map((one: { from: string; to: string }) => one.to)]);
    const log = await api.get(`/v1/identity-accesses?limit=${shown.size}`, judge);
    // The other ends are shown by name: a look at each.
    expect(shown.size).toBeGreaterThan(1);
    expect(new Set(log.body.items.map((look: { subject: string }) => look.subject))).toEqual(shown);
    await post(`/v1/identity-links/${made.body.id}/revocation`, {}, judge);
    const anew = await post('/v1/comparisons', asked, departmentOf('AIC').token, 'by-link');
    expect(anew.body.outcome).toBe('CLEAR');
  });

  it.each([
    [{ relation: 'same-person', evidence: 'x' }, '/evidence', 'invalid'],
    [{ relation: 'same-person', evidence: EVIDENCE }, '/other', 'required'],
    [{ relation: 'married-to', evidence: EVIDENCE }, '/relation', 'unknown-type'],
    [{ relation: 'renamed-from', evidence: EVIDENCE }, '/formerName', 'required'],
    [
      {
        relation: 'alias-number',
        evidence: EVIDENCE,
        identifier: { type: 'resident-id', number: '110105194912310021' },
      },
      '/identifier/number',
      'E01',
    ],
    [
      { relation: 'same-person', evidence: EVIDENCE, party: passport, from: '2021-01-02', until: '2021-01-01' },
      '/until',
      'ends-before-it-begins',
    ],
  ])('a faulty link %j is refused at %s as %s', async (body, pointer, code) => {
    const answer = await post('/v1/identity-links', { subject, ...body }, judgeOf(COURT).token);
    expect([answer.status, answer.body.errors]).toMatchObject([422, [{ pointer, code }]]);
    expect(answer.text).not.toContain('110105194912310021');
  });
});

describe('doubtful matches', () => {
  it('wait in the court’s queue, are explained, and end with the judge’s word', async () => {
    const judge = judgeOf(COURT).token;
    const queue = await api.get('/v1/identity-reviews', judge);
    expect(queue.body.items).toMatchObject([
      { interception, subject, department: 'AIC', reasons: ['ID_EXACT_NAME_DIFFERS'] },
    ]);
    expect((await api.get('/v1/identity-reviews', judgeOf('黔0102').token)).body.items).toEqual([]);
    const match = await api.get(`/v1/interceptions/${interception}/identity`, judge);
    expect(match.body).toMatchObject({ masked: true, equal: ['number'], conflicting: ['name'] });
    const seen = await api.get(`/v1/interceptions/${interception}/identity?purpose=identity-review`, judge);
    expect(seen.body.asked.name).toBe('封某金');
    const log = await api.get('/v1/identity-accesses?limit=1', judge);
    expect(log.body.items[0]).toMatchObject({ interception, purpose: 'identity-review' });
    const word = { identity: 'other', reason: '户籍查询为同号另一人' };
    const said = await post(`/v1/interceptions/${interception}/identity`, word, judge);
    expect([said.status, typeof said.body.exception], said.text).toEqual([201, 'string']);
    expect((await api.get('/v1/identity-reviews', judge)).body.items).toEqual([]);
    const repeat = { ...business, reference: '设立-9' };
    expect((await post('/v1/comparisons', repeat, departmentOf('AIC').token)).body).toMatchObject({
      outcome: 'CLEAR',
      reasons: [],
    });
    const revoked = await post(`/v1/identity-exceptions/${said.body.exception}/revocation`, {}, judge);
    expect(revoked.status, revoked.text).toBe(201);
    expect(
      (await post('/v1/comparisons', { ...repeat, reference: '设立-10' }, departmentOf('AIC').token)).body.outcome,
    ).toBe('REVIEW');
  });

  it('a local reference goes only with “same”', async () => {
    const body = { action: 'held', identity: 'unsure', localReference: 'KH-1', at: '2019-03-01T10:00:00+08:00' };
    const answer = await post(`/v1/interceptions/${interception}/feedback`, body, departmentOf('AIC').token);
    expect(answer.body.errors).toMatchObject([{ pointer: '/localReference', code: 'only-when-same' }]);
  });
});

it('a release says what is left of the case, and how many other cases go on', async () => {
  const one = { identifiers: [{ type: 'resident-id', number: residentNumber('19630405') }] };
  const first = await post('/v1/cases', aCase({}, one), clerkOf(COURT).token);
  await post('/v1/cases', aCase({}, one), clerkOf(COURT).token);
  const judge = judgeOf(COURT).token;
  const body = { type: 'release', ground: 'settled', measures: ['LISTING'] };
  const part = await post(`/v1/cases/${first.body.id}/decisions`, body, judge);
  const defaulter = first.body.defaulters[0].id;
  expect(part.body.remaining, part.text).toEqual([{ defaulter, measures: ['CONSUMPTION'], otherCases: 1 }]);
  const all = await post(`/v1/cases/${first.body.id}/close`, { ground: 'settled' }, judge);
  expect(all.body.remaining).toEqual([{ defaulter, measures: [], otherCases: 1 }]);
});
