// A judge decides, decision by decision: what it does to the next comparison, and which bodies are refused.

import { randomUUID } from 'node:crypto';
import type request from 'supertest';
import { describe, expect, it } from 'vitest';
import { addDays, addMonths } from '../../../domain/calendar.js';
import { inTransaction } from '../../../registry/database/pool.js';
import { publish } from '../../../registry/process/steps.js';
import { REST_YUAN } from '../../builders/amounts.js';
import { aCase, aDefaulter, personBody } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { ORGANISATION, residentNumber } from '../../builders/numbers.js';
import { today } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { complaint, useApi } from '../../harness/api.js';
import { administrator, clerkOf, departmentOf, judgeOf, supervisorOf } from '../../harness/credentials.js';

const api = useApi();

let serial = 0;
/** Somebody new: each was born on another day. */
const someone = (name = '封某全') => {
  const day = addDays('1950-01-01', serial++).replaceAll('-', '');
  return personBody(name, residentNumber(day));
};

interface Opened {
  id: string;
  defaulters: { id: string }[];
  parties: ReturnType<typeof someone>[];
}

/** A published case against one person (or these), each on ground 1 unless changed. */
async function published(changes: object = {}, people = [someone()]): Promise<Opened> {
  const defaulters = people.map((party) => aDefaulter({ ...party, ...changes }));
  const { body } = await api.post('/v1/cases', aCase({ defaulters }), { token: clerkOf(COURT).token });
  for (const { id } of body.defaulters) await inTransaction(api.pool, (tx) => publish(tx, api.ring, id));
  return { ...body, parties: people };
}
const decide = (id: string, decision: object, token = judgeOf(COURT).token): request.Test =>
  api.post(`/v1/cases/${id}/decisions`, decision, { token });
const outcome = async (service: string, party: object): Promise<string> => {
  const token = departmentOf(service.slice(0, 3)).token;
  return (await api.post('/v1/comparisons', { service, reference: randomUUID(), party }, { token })).body.outcome;
};
const TERM = { ground: 2, termMonths: 24 };

const GOOD = {
  exempt: {
    type: 'exempt',
    services: [SERVICES.purchase],
    from: today(),
    until: addDays(today(), 6),
    reason: '近亲属病危',
  },
  extend: { type: 'extend', months: 12, reason: '多次隐匿财产' },
  correct: { type: 'correct', name: '封某权' },
  'confirm-service': { type: 'confirm-service', service: SERVICES.schoolEnrolment },
  'court-application': {
    type: 'court-application',
    document: { number: '（2026）黔0112执协5号', madeOn: today() },
    asset: { type: 'property-unit', number: 'GB0001F1' },
    until: addDays(today(), 30),
  },
} as const;

describe('exempt', () => {
  it('lets these services go on at once, for the days named, and no others', async () => {
    const { id, parties } = await published();
    const [party = {}] = parties;
    expect(await outcome(SERVICES.purchase, party)).toBe('INTERCEPT');
    const made = await decide(id, GOOD.exempt);
    expect([made.status, made.headers.location]).toEqual([201, `/v1/cases/${id}/timeline`]);
    expect(await outcome(SERVICES.purchase, party)).toBe('CLEAR');
    expect(await outcome(SERVICES.companyRegistration, party)).toBe('INTERCEPT');
    const { items } = (await api.get(`/v1/cases/${id}/timeline`, judgeOf(COURT).token)).body;
    const fact = items.find((item: { type: string }) => item.type === 'decision');
    expect(fact.detail).toMatchObject({ decisionType: 'exempt', services: [SERVICES.purchase] });
    expect(JSON.stringify(items)).not.toContain('病危');
  });

  it('takes instants too, and without services is for all of them', async () => {
    const { id, parties } = await published();
    const [party = {}] = parties;
    const from = new Date(Date.now() - 1_000).toISOString();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect((await decide(id, { type: 'exempt', from, until, reason: '重要考试' })).status).toBe(201);
    expect(await outcome(SERVICES.companyRegistration, party)).toBe('CLEAR');
  });

  it.each([
    [{ reason: undefined }, '/reason', 'required'],
    [{ reason: '  ' }, '/reason', 'required'],
    [{ from: undefined }, '/from', 'required'],
    [{ from: '2026-02-30' }, '/from', 'not-a-date'],
    [{ from: '0000-01-01T00:00:00Z' }, '/from', 'not-a-date'],
    [{ until: '2026-03-01T10:00:00' }, '/until', 'not-a-date'],
    [{ until: '9999-12-31T23:59:59Z' }, '/until', 'not-a-date'],
    [{ from: addDays(today(), -9), until: addDays(today(), -1) }, '/until', 'in-the-past'],
    [{ from: addDays(today(), 2), until: addDays(today(), 1) }, '/until', 'exemption-too-long'],
    [{ until: addDays(addMonths(today(), 1), 1) }, '/until', 'exemption-too-long'],
    [{ services: [] }, '/services', 'required'],
    [{ services: [SERVICES.purchase, 'BDC-99'] }, '/services/1', 'unknown-service'],
    [{ services: ['NG-02'] }, '/services/0', 'never-gated'],
    [{ defaulter: 'x' }, '/defaulter', 'invalid'],
    [{ defaulter: randomUUID() }, '/defaulter', 'unknown-defaulter'],
    [{ colour: 'red' }, '/colour', 'unknown-member'],
  ])('refuses %o', async (change, pointer, code) => {
    const { id } = await published();
    expect(await complaint(decide(id, { ...GOOD.exempt, ...change }))).toEqual([422, pointer, code]);
  });
});

describe('extend', () => {
  it('is for a term that runs, by one to three years, up to five', async () => {
    const { id } = await published(TERM);
    expect((await decide(id, GOOD.extend)).status).toBe(201);
    expect(await complaint(decide(id, { ...GOOD.extend, months: 36 }))).toEqual([409, '', 'term-too-long']);
  });

  it.each([
    [{ months: 13 }, '/months', 'invalid'],
    [{ months: 0 }, '/months', 'invalid'],
    [{ months: '12' }, '/months', 'invalid'],
    [{ months: undefined }, '/months', 'required'],
    [{ reason: undefined }, '/reason', 'required'],
  ])('refuses %o', async (change, pointer, code) => {
    const { id } = await published(TERM);
    expect(await complaint(decide(id, { ...GOOD.extend, ...change }))).toEqual([422, pointer, code]);
  });

  it('does not fit a listing without a term, nor one that has ended', async () => {
    const { id } = await published();
    expect(await complaint(decide(id, GOOD.extend))).toEqual([409, '', 'no-term']);
    const ended = await published(TERM);
    await decide(ended.id, { type: 'revoke', reason: '不应列入' });
    expect(await complaint(decide(ended.id, GOOD.extend))).toEqual([409, '', 'nothing-to-extend']);
  });
});

describe('revoke', () => {
  it('takes the ruling on an objection, also when everything has ended: it answers 201 where a mere revocation is 409', async () => {
    const { id } = await published();
    await api.post(`/v1/cases/${id}/close`, { ground: 'settled' }, { token: judgeOf(COURT).token });
    const revoke = { type: 'revoke', reason: '异议成立' };
    expect(await complaint(decide(id, revoke))).toEqual([409, '', 'nothing-to-end']);
    const upheld = { ...revoke, objection: { number: '（2026）黔0112执异7号', madeOn: today() } };
    expect((await decide(id, upheld)).status).toBe(201);
    const tomorrow = { ...upheld.objection, madeOn: addDays(today(), 1) };
    expect(await complaint(decide(id, { ...revoke, objection: tomorrow }))).toEqual([
      422,
      '/objection/madeOn',
      'in-the-future',
    ]);
  });
});

describe('correct', () => {
  it('frees the old identity in its answer; the new one waits for the process', async () => {
    const { id, parties, defaulters } = await published();
    const [wrong = {}] = parties;
    const right = someone();
    const made = await decide(id, { type: 'correct', defaulter: defaulters[0]?.id, identifiers: right.identifiers });
    expect(made.status, made.text).toBe(201);
    expect([
      await outcome(SERVICES.companyRegistration, wrong),
      await outcome(SERVICES.companyRegistration, right),
    ]).toEqual(['CLEAR', 'CLEAR']);
    await inTransaction(api.pool, (tx) => publish(tx, api.ring, defaulters[0]?.id ?? ''));
    expect([
      await outcome(SERVICES.companyRegistration, wrong),
      await outcome(SERVICES.companyRegistration, right),
    ]).toEqual(['CLEAR', 'INTERCEPT']);
  });

  it.each([
    [{ name: undefined }, '/name', 'required'],
    [{ name: '' }, '/name', 'required'],
    [{ identifiers: [] }, '/identifiers', 'E02'],
    [{ identifiers: [{ type: 'resident-id', number: '520112196001010008' }] }, '/identifiers/0/number', 'E01'],
    [{ identifiers: [{ type: 'resident-id', number: residentNumber('20150101') }] }, '/identifiers/0/number', 'E03'],
    [{ identifiers: [{ type: 'uscc', number: ORGANISATION }] }, '/identifiers/0/type', 'wrong-kind'],
    [{ name: '封某全' }, '', 'nothing-corrected'],
  ])('refuses %o', async (change, pointer, code) => {
    const { id } = await published();
    expect(await complaint(decide(id, { ...GOOD.correct, ...change }))).toEqual([422, pointer, code]);
  });

  it('names its defaulter where there are two, and makes nobody a defaulter twice', async () => {
    const [first, second] = [someone('甲某'), someone('乙某')];
    const { id, defaulters } = await published({}, [first, second]);
    expect(await complaint(decide(id, GOOD.correct))).toEqual([422, '/defaulter', 'required']);
    const same = { type: 'correct', defaulter: defaulters[0]?.id, name: '乙某', identifiers: second.identifiers };
    expect(await complaint(decide(id, same))).toEqual([422, '', 'duplicate']);
  });
});

describe('confirm-service', () => {
  it('is recorded with its service; said twice it is one confirmation', async () => {
    const { id } = await published();
    for (let n = 0; n < 2; n++) expect((await decide(id, GOOD['confirm-service'])).status).toBe(201);
    const { rows } = await api.pool.query(
      'select c.service from service_confirmation c join defaulter d on d.id = c.defaulter where d.enforcement_case = $1',
      [id],
    );
    expect(rows).toEqual([{ service: SERVICES.schoolEnrolment }]);
  });

  it.each([
    ['EDU-99', 'unknown-service'],
    ['NG-02', 'never-gated'],
    ['', 'required'],
    [undefined, 'required'],
  ])('refuses %s', async (service, code) => {
    const { id } = await published();
    expect(await complaint(decide(id, { type: 'confirm-service', service }))).toEqual([422, '/service', code]);
  });
});

describe('court-application', () => {
  it('lets the court’s own transfer pass at the counter that names its document', async () => {
    const { id, parties } = await published();
    const { document, asset } = GOOD['court-application'];
    const ask = async () => {
      const body = {
        service: SERVICES.sale,
        reference: randomUUID(),
        party: parties[0],
        object: asset,
        courtApplication: { court: COURT, number: document.number },
      };
      return (await api.post('/v1/comparisons', body, { token: departmentOf('BDC').token })).body.outcome;
    };
    expect(await ask()).toBe('REVIEW');
    expect((await decide(id, GOOD['court-application'])).status).toBe(201);
    expect(await ask()).toBe('CLEAR');
  });

  it.each([
    [{ until: addDays(today(), -1) }, '/until', 'in-the-past'],
    [{ until: addDays(addMonths(today(), 12), 1) }, '/until', 'out-of-range'],
    [{ asset: undefined }, '/asset', 'required'],
    [{ document: undefined }, '/document', 'required'],
  ])('refuses %o', async (change, pointer, code) => {
    const { id } = await published();
    expect(await complaint(decide(id, { ...GOOD['court-application'], ...change }))).toEqual([422, pointer, code]);
  });
});

describe('each of them', () => {
  it.each(Object.entries(GOOD))(
    '%s is the judge’s of that court: to all others the case is not there',
    async (_type, decision) => {
      const { id } = await published(TERM);
      const others = [
        judgeOf('黔0102'),
        judgeOf('黔01'),
        clerkOf(COURT),
        supervisorOf(COURT),
        departmentOf('EDU'),
        administrator(),
      ];
      for (const { token } of others) expect((await decide(id, decision, token)).status).toBe(404);
      expect((await api.post(`/v1/cases/${id}/decisions`, decision, {})).status).toBe(401);
      expect((await decide(randomUUID(), decision)).status).toBe(404);
      const { items } = (await api.get(`/v1/cases/${id}/timeline`, judgeOf(COURT).token)).body;
      expect(items.filter((item: { type: string }) => item.type === 'decision')).toEqual([]);
      expect((await decide(id, decision, judgeOf(COURT, 1).token)).status).toBe(201);
    },
  );
});

describe('the reversal of a repayment', () => {
  const repay = async (id: string, amount: string): Promise<string> => {
    const repayment = { reference: randomUUID(), amount, receivedOn: '2019-03-01', source: 'voluntary' };
    return (await api.post(`/v1/cases/${id}/repayments`, repayment, { token: clerkOf(COURT).token })).body.id;
  };
  const reverse = (id: string, body: unknown, token = judgeOf(COURT).token, key: string = randomUUID()) =>
    api.post(`/v1/repayments/${id}/reversal`, body, { token, key });

  it('makes what is owed grow again, once, and revives nothing', async () => {
    const { id, parties } = await published();
    const [party = {}] = parties;
    await repay(id, '100000');
    const last = await repay(id, '300000');
    const key = randomUUID();
    const made = await reverse(last, { reason: '汇款退回' }, judgeOf(COURT).token, key);
    expect([made.status, made.body, made.headers.location]).toEqual([
      201,
      { outstanding: REST_YUAN },
      `/v1/cases/${id}/timeline`,
    ]);
    const again = await reverse(last, { reason: '汇款退回' }, judgeOf(COURT).token, key);
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([made.text, 'true']);
    expect(await complaint(reverse(last, { reason: '汇款退回' }))).toEqual([409, '', 'already-reversed']);
    expect(await outcome(SERVICES.companyRegistration, party)).toBe('CLEAR');
    const { items } = (await api.get(`/v1/cases/${id}/timeline`, judgeOf(COURT).token)).body;
    expect(items.at(-1)).toMatchObject({ type: 'repayment-reversed', detail: { amount: '300000.00' } });
    expect(JSON.stringify(items)).not.toContain('退回');
    const inbox = (await api.get('/v1/inbox', judgeOf(COURT).token)).body.items;
    expect(inbox).toContainEqual(expect.objectContaining({ kind: 'reversal', case: id }));
  });

  it('is the judge’s of that court, with a reason', async () => {
    const { id } = await published();
    const repayment = await repay(id, '1');
    for (const { token } of [
      judgeOf('黔0102'),
      clerkOf(COURT),
      supervisorOf(COURT),
      departmentOf('BDC'),
      administrator(),
    ]) {
      expect((await reverse(repayment, { reason: 'x' }, token)).status).toBe(404);
    }
    for (const unknown of [randomUUID(), 'x', id]) expect((await reverse(unknown, { reason: 'x' })).status).toBe(404);
    expect(await complaint(reverse(repayment, {}))).toEqual([422, '/reason', 'required']);
    expect(await complaint(reverse(repayment, { reason: 'x', amount: '1' }))).toEqual([
      422,
      '/amount',
      'unknown-member',
    ]);
    expect((await api.get(`/v1/cases/${id}`, judgeOf(COURT).token)).body.outstanding).toBe('399999.00');
  });
});
