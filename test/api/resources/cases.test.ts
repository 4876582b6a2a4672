// A clerk opens cases, right and wrong, and registers repayments.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../domain/calendar.js';
import { DEBT_YUAN, REST_YUAN } from '../../builders/amounts.js';
import { aCase, aDefaulter } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { ORGANISATION, OTHER_PERSON, residentNumber, WUDANG_PERSON } from '../../builders/numbers.js';
import { useApi } from '../../harness/api.js';
import { clerkOf, judgeOf } from '../../harness/credentials.js';

const api = useApi();

const open = (body: unknown) => api.post('/v1/cases', body, { token: clerkOf(COURT).token });

async function rowsOfCases(): Promise<number> {
  const { rows } = await api.pool.query<{ n: number }>(
    `select (select count(*) from enforcement_case) + (select count(*) from subject) + (select count(*) from fact)
       + (select count(*) from outbox) as n`,
  );
  return Number(rows[0]?.n);
}

/** What an opened case answers, the pointers and codes of a refused one otherwise. */
async function refusal(body: unknown): Promise<string[]> {
  const before = await rowsOfCases();
  const answer = await open(body);
  expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(await rowsOfCases(), 'nothing is stored').toBe(before);
  const errors: { pointer: string; code: string }[] = answer.body.errors ?? [];
  return [String(answer.status), ...errors.map(({ pointer, code }) => `${pointer} ${code}`)];
}

const person = (number: string, type = 'resident-id'): object => ({ identifiers: [{ type, number }] });
const daysFromNow = (days: number): string =>
  new Date(Date.now() + days * DAY_MS + 8 * 3_600_000).toISOString().slice(0, 10);

describe('opening a case', () => {
  it('answers 201 with its place, and the case can be read there with the name masked', async () => {
    const answer = await open(aCase());
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/cases/${answer.body.id}`);
    const read = await api.get(answer.headers.location ?? '', judgeOf(COURT).token);
    expect(read.body).toMatchObject({ state: 'OPEN', outstanding: DEBT_YUAN, surplus: '0.00', court: COURT });
    expect(read.body.defaulters[0]).toMatchObject({ name: '封**', stayed: false, ground: 1 });
    expect(read.text).not.toContain('封某全');
    expect(read.text).not.toContain(WUDANG_PERSON);
  });

  it('normalises a case number however its brackets were typed', async () => {
    const answer = await open(aCase({ caseNumber: '(2019) 黔01 12执77号' }));
    expect(answer.body.caseNumber).toBe('（2019）黔0112执77号');
  });

  it('takes measures with decisions and assets of their own', async () => {
    const decision = { number: '（2019）黔0112执2号', madeOn: '2019-01-20' };
    const seal = {
      measure: 'SEAL',
      decision,
      asset: { type: 'property-unit', number: '520112001001GB00001F00010001' },
    };
    const answer = await open(aCase({}, { measures: ['LISTING', seal, { measure: 'EXIT', decision }] }));
    const read = await api.get(`/v1/cases/${answer.body.id}`, clerkOf(COURT).token);
    const restrictions: { measure: string; asset?: object }[] = read.body.defaulters[0].restrictions;
    expect(restrictions.map(({ measure }) => measure)).toEqual(['LISTING', 'SEAL', 'EXIT']);
    expect(restrictions[1]?.asset).toEqual(seal.asset);
  });

  it('warns of 15 digits (W02), students (W04) and numbers that are a credit code too (W05)', async () => {
    const fifteen = await open(aCase({}, { ...person('110105491231002'), name: '王某', student: true }));
    expect(fifteen.body.warnings).toEqual(
      expect.arrayContaining([
        { pointer: '/defaulters/0/student', code: 'W04' },
        { pointer: '/defaulters/0/identifiers/0/number', code: 'W02' },
      ]),
    );
    const both = await open(aCase({}, { ...person('520112197002070008'), name: '李某' }));
    expect(both.body.warnings).toEqual([{ pointer: '/defaulters/0/identifiers/0/number', code: 'W05' }]);
  });

  it('warns of a name other than the one on record (W01) and of a possible duplicate (W03)', async () => {
    const number = residentNumber('19620304');
    await open(aCase({}, { ...person(number), name: '柳某' }));
    const renamed = await open(aCase({}, { ...person(number), name: '柳某某' }));
    expect(renamed.body.warnings).toContainEqual({ pointer: '/defaulters/0/name', code: 'W01' });
    const twice = {
      identifiers: [
        { type: 'resident-id', number },
        { type: 'passport', number: 'E2345678', country: 'CN' },
      ],
    };
    const duplicate = await open(aCase({}, { ...twice, name: '柳某' }));
    expect(duplicate.body.warnings).toContainEqual({ pointer: '/defaulters/0/identifiers', code: 'W03' });
  });

  it.each([
    ['a number that is taken', () => aCase({ caseNumber: '（2019）黔0112执77号' }), ['409', '/caseNumber E07']],
    [
      'a wrong check digit',
      () => aCase({}, person('520112196001010008')),
      ['422', '/defaulters/0/identifiers/0/number E01'],
    ],
    [
      'a birth in the future',
      () => aCase({}, person('110105203001010001')),
      ['422', '/defaulters/0/identifiers/0/number E01'],
    ],
    [
      'no type',
      () => aCase({}, { identifiers: [{ number: WUDANG_PERSON }] }),
      ['422', '/defaulters/0/identifiers/0/type E02'],
    ],
    [
      'an unknown type',
      () => aCase({}, person(WUDANG_PERSON, 'library-card')),
      ['422', '/defaulters/0/identifiers/0/type E02'],
    ],
    ['no identifiers', () => aCase({}, { identifiers: [] }), ['422', '/defaulters/0/identifiers E02']],
    [
      'a passport without country',
      () => aCase({}, person('X1234567', 'passport')),
      ['422', '/defaulters/0/identifiers/0/country E02'],
    ],
    ['a minor', () => aCase({}, person(residentNumber('20200101'))), ['422', '/defaulters/0/identifiers/0/number E03']],
    ['ground 1 with a term', () => aCase({}, { termMonths: 24 }), ['422', '/defaulters/0/termMonths E04']],
    ['ground 2 without one', () => aCase({}, { ground: 2 }), ['422', '/defaulters/0/termMonths E04']],
    ['an unlawful term', () => aCase({}, { ground: 2, termMonths: 30 }), ['422', '/defaulters/0/termMonths E04']],
    ['an unknown court', () => aCase({ court: '黔0199', caseNumber: '（2019）黔0199执1号' }), ['422', '/court E05']],
    ['a malformed number', () => aCase({ caseNumber: '（2019）黔0112执0123号' }), ['422', '/caseNumber E06']],
    ["another court's number", () => aCase({ caseNumber: '（2019）黔0102执1号' }), ['422', '/caseNumber E06']],
    [
      'another court',
      () => aCase({ court: '黔0102', caseNumber: '（2019）黔0102执1号', judge: '黔0102-J1' }),
      ['404', '/court E09'],
    ],
    ["another court's judge", () => aCase({ judge: '黔0102-J1' }), ['422', '/judge unknown-judge']],
    ['an impossible day', () => aCase({ filedOn: '2019-02-29' }), ['422', '/filedOn not-a-date']],
    ['a day to come', () => aCase({ filedOn: daysFromNow(2) }), ['422', '/filedOn in-the-future']],
    ['a day before any court', () => aCase({ filedOn: '0000-01-01' }), ['422', '/filedOn not-a-date']],
    [
      'a grace of four months',
      () => aCase({}, { graceUntil: daysFromNow(125) }),
      ['422', '/defaulters/0/graceUntil grace-too-long'],
    ],
    [
      'a grace that is over',
      () => aCase({}, { graceUntil: daysFromNow(-3) }),
      ['422', '/defaulters/0/graceUntil in-the-past'],
    ],
    [
      'a negative amount',
      () => aCase({ obligation: { amount: '-1', content: '还款' } }),
      ['422', '/obligation/amount not-money'],
    ],
    [
      'tenths of fen',
      () => aCase({ obligation: { amount: '1.005', content: '还款' } }),
      ['422', '/obligation/amount not-money'],
    ],
    [
      'an amount beyond all debts',
      () => aCase({ obligation: { amount: '99999999999999', content: '还款' } }),
      ['422', '/obligation/amount not-money'],
    ],
    [
      'a number for an amount',
      () => aCase({ obligation: { amount: 400000, content: '还款' } }),
      ['422', '/obligation/amount not-money'],
    ],
    [
      'a seal on nothing',
      () => aCase({}, { measures: ['SEAL'] }),
      ['422', '/defaulters/0/measures/0/asset asset-required'],
    ],
    [
      'a measure twice',
      () => aCase({}, { measures: ['LISTING', 'LISTING'] }),
      ['422', '/defaulters/0/measures/1 duplicate'],
    ],
    ['an unknown measure', () => aCase({}, { measures: ['PRISON'] }), ['422', '/defaulters/0/measures/0 invalid']],
    ['no measures', () => aCase({}, { measures: [] }), ['422', '/defaulters/0/measures required']],
    [
      'one person twice',
      () => aCase({ defaulters: [aDefaulter(), aDefaulter()] }),
      ['422', '/defaulters/1/identifiers/0 duplicate'],
    ],
    [
      'an organisation’s number on a person',
      () => aCase({}, person(ORGANISATION, 'uscc')),
      ['422', '/defaulters/0/identifiers/0/type wrong-kind'],
    ],
    ['a name of spaces', () => aCase({}, { name: '   ' }), ['422', '/defaulters/0/name required']],
    ['an unknown member', () => aCase({ colour: 'red' }), ['422', '/colour unknown-member']],
    ['members of a name one does not repeat', () => aCase({ [WUDANG_PERSON]: 1 }), ['422', '/* unknown-member']],
    [
      'nothing at all',
      () => ({}),
      expect.arrayContaining(['422', '/caseNumber required', '/court required', '/defaulters required']),
    ],
    ['a list', () => [], ['422', ' invalid']],
    ['a word', () => '"x"', ['422', ' invalid']],
    ['NUL in a text', () => aCase({}, { conduct: 'a\u0000b' }), ['422', '/defaulters/0/conduct invalid-text']],
    ['half a surrogate pair', () => aCase({}, { name: '王\ud842' }), ['422', '/defaulters/0/name invalid-text']],
    [
      'a previous listing nobody knows',
      () => aCase({}, { previous: crypto.randomUUID() }),
      ['422', '/defaulters/0/previous unknown-defaulter'],
    ],
  ])('refuses %s and stores nothing', async (_what, body, expected) => {
    expect(await refusal(body())).toEqual(expected);
  });

  it('never answers 5xx and never repeats a value, whatever it is sent', async () => {
    const junk = fc.oneof(
      fc.json({ depthSize: 'medium' }),
      fc
        .record({
          path: fc.constantFrom('caseNumber', 'court', 'filedOn', 'basis', 'obligation', 'defaulters'),
          value: fc.jsonValue(),
        })
        .map(({ path, value }) => JSON.stringify(aCase({ [path]: value }))),
      fc
        .record({
          path: fc.constantFrom(
            'name',
            'identifiers',
            'ground',
            'measures',
            'decision',
            'termMonths',
            'representatives',
          ),
          value: fc.jsonValue(),
        })
        .map(({ path, value }) => JSON.stringify(aCase({}, { [path]: value }))),
    );
    await fc.assert(
      fc.asyncProperty(junk, async (body) => {
        const answer = await open(body);
        expect(answer.status, answer.text).toBeLessThan(500);
        expect(answer.text).not.toContain(OTHER_PERSON);
      }),
      { numRuns: 150 },
    );
  });
});

describe('repayments', () => {
  it('are one for one reference, whatever the key; another amount is a conflict', async () => {
    const { body } = await open(aCase());
    const path = `/v1/cases/${body.id}/repayments`;
    const repayment = { reference: 'POS-1', amount: '100000', receivedOn: '2019-03-01', source: 'voluntary' };
    const token = clerkOf(COURT).token;
    const first = await api.post(path, repayment, { token });
    expect([first.status, first.body.outstanding, first.body.surplus]).toEqual([201, REST_YUAN, '0.00']);
    const again = await api.post(path, repayment, { token });
    expect([again.status, again.body]).toEqual([200, first.body]);
    const other = await api.post(path, { ...repayment, amount: '100000.01' }, { token });
    expect([other.status, other.body.code]).toEqual([409, 'state-conflict']);
    const zero = await api.post(path, { ...repayment, reference: 'POS-2', amount: '0.00' }, { token });
    expect(zero.body.errors[0]).toMatchObject({ pointer: '/amount', code: 'not-positive' });
    const foreign = await api.post(
      path,
      { ...repayment, reference: 'POS-3', interception: crypto.randomUUID() },
      { token },
    );
    expect(foreign.body.errors[0]).toMatchObject({ pointer: '/interception', code: 'unknown-interception' });
  });
});

describe('decisions', () => {
  it('end what they name, once', async () => {
    const { body } = await open(aCase());
    const path = `/v1/cases/${body.id}/decisions`;
    const token = judgeOf(COURT).token;
    const performed = await api.post(path, { type: 'release', ground: 'performed' }, { token });
    expect([performed.status, performed.body.code]).toEqual([409, 'state-conflict']);
    const settled = await api.post(path, { type: 'release', ground: 'settled', measures: ['LISTING'] }, { token });
    expect(settled.status).toBe(201);
    const again = await api.post(path, { type: 'release', ground: 'settled', measures: ['LISTING'] }, { token });
    expect([again.status, again.body.code]).toEqual([409, 'state-conflict']);
    expect((await api.post(`/v1/cases/${body.id}/close`, { ground: 'settled' }, { token })).status).toBe(201);
  });

  it.each([
    [{ type: 'pardon' }, '/type unknown-type'],
    [{}, '/type required'],
    [{ type: 'exempt', from: '2019-01-01', until: '2019-01-02', reason: '就医' }, '/until in-the-past'],
    [{ type: 'release' }, '/ground required'],
    [{ type: 'release', ground: 'expired' }, '/ground invalid'],
    [{ type: 'stay' }, '/reason required'],
    [{ type: 'stay', reason: 'x', defaulter: 'nobody' }, '/defaulter invalid'],
    [{ type: 'resume', defaulter: '01900000-0000-7000-8000-000000000000' }, '/defaulter unknown-defaulter'],
    [{ type: 'impose', measure: 'SEAL', decision: { number: '1', madeOn: '2019-01-01' } }, '/asset asset-required'],
    [{ type: 'amend-obligation', amount: '-1', reason: 'x' }, '/amount not-money'],
    [{ type: 'reassign', judge: '黔0102-J1' }, '/judge unknown-judge'],
  ])('refuse %j', async (decision, expected) => {
    const { body } = await open(aCase());
    const answer = await api.post(`/v1/cases/${body.id}/decisions`, decision, { token: judgeOf(COURT).token });
    expect(answer.status, answer.text).toBe(422);
    expect(answer.body.errors.map((e: { pointer: string; code: string }) => `${e.pointer} ${e.code}`)).toEqual([
      expected,
    ]);
  });
});
