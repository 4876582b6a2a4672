// A judge decides, and the process is taken by hand, so that each test sees one decision and its effects.

import { describe, expect, it } from 'vitest';
import { addDays, addMonths, firstMomentAfter, startOfDayShanghai } from '../../../domain/calendar.js';
import { reverseRepayment } from '../../../registry/courts/repayments.js';
import { DEBT, DEBT_YUAN, INSTALMENT } from '../../builders/amounts.js';
import { JUDGE } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, identifier, person, today } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { lifeOf, useWorld } from '../../harness/world.js';

const world = useWorld();

const measures = async (caseId: string, index = 0): Promise<string[]> =>
  ((await world.view(caseId)).defaulters[index]?.restrictions ?? []).filter((r) => !r.endedAt).map((r) => r.measure);
const termListing = (months = 24) => ({ ...defaulter(), ground: 2 as const, termMonths: months });

describe('release grounds against grounds of listing', () => {
  it.each([
    'performed',
    'settled',
    'creditor-request',
    'no-assets',
    'retrial-or-bankruptcy',
    'not-enforced',
    'terminated',
  ] as const)('ground 1 leaves by %s', async (ground) => {
    const opened = await world.open([defaulter()], { obligationFen: 0n });
    await world.pursue(opened);
    await world.decide(opened.id, { type: 'release', ground });
    await world.pursue(opened);
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH', 'RELEASE']);
  });

  it('performed is refused while something is outstanding', async () => {
    const opened = await world.open([defaulter()]);
    await expect(world.decide(opened.id, { type: 'release', ground: 'performed' })).rejects.toMatchObject({
      code: 'state-conflict',
    });
  });

  it.each([2, 3, 4, 5, 6] as const)('ground %i in force leaves by early deletion only (art. 10 ¶2)', async (ground) => {
    const opened = await world.open([{ ...termListing(), ground }], { obligationFen: 0n });
    await world.pursue(opened);
    await expect(world.decide(opened.id, { type: 'release', ground: 'settled' })).rejects.toMatchObject({
      code: 'state-conflict',
    });
    await world.decide(opened.id, { type: 'release', ground: 'early', measures: ['LISTING'] });
    expect(await measures(opened.id)).toEqual(['CONSUMPTION']);
  });

  it('R11: full repayment on a term listing asks the judge and shields nothing by itself', async () => {
    const opened = await world.open([termListing()]);
    await world.pursue(opened);
    await world.pay(opened.id, DEBT);
    await world.pursue(opened);
    expect(await measures(opened.id)).toEqual(['LISTING']);
    const { rows } = await world.owner.query('select kind from inbox_item where enforcement_case = $1', [opened.id]);
    expect(rows).toEqual([{ kind: 'decide-restriction' }]);
  });

  it('a non-monetary duty is ended by decision only', async () => {
    const opened = await world.open([defaulter()], { obligationFen: 0n });
    await world.pursue(opened);
    await world.pay(opened.id, 100n);
    expect(await measures(opened.id)).toEqual(['LISTING', 'CONSUMPTION']);
    expect((await world.view(opened.id)).surplus).toBe('1.00');
  });
});

describe('exempt', () => {
  it('clears these services for these days, is told, and ends by itself (R16)', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await world.pursue(opened);
    const window = (from: number, until: number) => ({
      type: 'exempt' as const,
      services: [SERVICES.travelAgency],
      fromAt: new Date(Date.now() + from).toISOString(),
      untilAt: new Date(Date.now() + until).toISOString(),
      reason: '近亲属病危',
    });
    const { rows } = await world.owner.query<{ code: string }>(
      `select service as code from service_rule where 'CONSUMPTION' = any(gated_by) and 'P' = any(subjects) and enabled order by 1`,
    );
    const [one, other] = rows.map((row) => row.code);
    if (!one || !other) throw new Error('the catalogue has no two such services');
    await world.decide(opened.id, { ...window(-1_000, 3_600_000), services: [one] });
    await world.pursue(opened);
    expect(await world.outcome(one, debtor)).toBe('CLEAR');
    expect(await world.outcome(other, debtor)).not.toBe('CLEAR');
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH', 'EXEMPT']);
    await world.owner.query(
      `update exemption set until_at = now() - interval '1 second', from_at = now() - interval '1 minute'`,
    );
    expect(await world.outcome(one, debtor)).not.toBe('CLEAR');
  });

  it('is for one month at the most', async () => {
    const opened = await world.open([defaulter()]);
    const decide = (until: string) =>
      world.decide(opened.id, {
        type: 'exempt',
        fromAt: startOfDayShanghai(today()),
        untilAt: firstMomentAfter(until),
        reason: '考试',
      });
    await expect(decide(addDays(addMonths(today(), 1), 1))).rejects.toMatchObject({ code: 'invalid' });
    await expect(decide(addMonths(today(), 1))).resolves.toBeTruthy();
  });
});

describe('extend', () => {
  it('moves the end of a running term, is told, and reaches five years at the most', async () => {
    const opened = await world.open([termListing(24)]);
    await world.pursue(opened);
    const until = async () =>
      (await world.view(opened.id)).defaulters[0]?.restrictions.find((r) => r.measure === 'LISTING')?.until;
    expect(await until()).toBe(firstMomentAfter(addMonths(today(), 24)));
    await world.decide(opened.id, { type: 'extend', months: 12, reason: '情节严重' });
    expect(await until()).toBe(firstMomentAfter(addMonths(today(), 24)));
    await world.pursue(opened);
    expect(await until()).toBe(firstMomentAfter(addMonths(today(), 36)));
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH', 'EXTEND']);
    await expect(world.decide(opened.id, { type: 'extend', months: 36, reason: '' })).rejects.toMatchObject({
      code: 'state-conflict',
    });
  });

  it('does not fit ground 1, and does not revive a term that is over', async () => {
    const opened = await world.open([defaulter()]);
    await expect(world.decide(opened.id, { type: 'extend', months: 12, reason: '' })).rejects.toMatchObject({
      code: 'state-conflict',
    });
  });

  it('a term that has run out ends by the clock, with its fact and a release', async () => {
    const debtor = person();
    const opened = await world.open([{ ...termListing(), ...debtor }]);
    await world.pursue(opened);
    await world.owner.query(
      `update restriction set until = now() where enforcement_case = $1 and measure = 'LISTING'`,
      [opened.id],
    );
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
    await world.pursue(opened);
    const types = (await world.facts(opened.id)).map((fact) => fact.type);
    expect(types).toEqual(['case-opened', 'published', 'restriction-ended', 'term-ended', 'release-published']);
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH', 'RELEASE']);
  });
});

describe('correct', () => {
  it('frees the wrong person at once and stops the right one when published, with the same terms', async () => {
    const [wrong, right] = [person('庚某'), person('庚某')];
    const opened = await world.open([{ ...termListing(), ...wrong }]);
    await world.pursue(opened);
    const stopped = await world.compare(SERVICES.companyRegistration, wrong, { reference: 'held-one' });
    expect(stopped.outcome).toBe('INTERCEPT');
    await world.decide(opened.id, { type: 'correct', identifiers: right.identifiers });
    expect(await world.outcome(SERVICES.companyRegistration, wrong)).toBe('CLEAR');
    expect(await world.outcome(SERVICES.companyRegistration, right)).toBe('CLEAR');
    await world.pursue(opened);
    expect(await world.outcome(SERVICES.companyRegistration, wrong)).toBe('CLEAR');
    expect(await world.outcome(SERVICES.companyRegistration, right)).toBe('INTERCEPT');
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH', 'CORRECT', 'PUBLISH']);
    const freed = (await world.facts(opened.id)).find((fact) => fact.type === 'release-published');
    expect(freed?.detail.freed).toEqual([stopped.interceptions[0]?.id]);
  });

  it('of a name alone: the same number under the right name', async () => {
    const number = residentNumber();
    const opened = await world.open([defaulter(person('辛某', number))]);
    await world.pursue(opened);
    await world.decide(opened.id, { type: 'correct', name: '辛某某' });
    await world.pursue(opened);
    expect(await world.outcome(SERVICES.companyRegistration, person('辛某某', number))).toBe('INTERCEPT');
    expect(await world.outcome(SERVICES.companyRegistration, person('辛某', number))).toBe('REVIEW');
  });

  it('refuses a minor, nothing at all, and one who is a defaulter of the case already', async () => {
    const other = person('壬某');
    const opened = await world.open([defaulter(), defaulter(other)]);
    const [first] = opened.defaulters;
    const change = (input: { name?: string; identifiers?: ReturnType<typeof identifier>[] }) =>
      world.decide(opened.id, { type: 'correct', defaulter: first?.id ?? '', ...input });
    await expect(change({ name: '甲某' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(change({ name: '壬某', identifiers: other.identifiers })).rejects.toMatchObject({ code: 'invalid' });
    await expect(change({ identifiers: [identifier(residentNumber('20150101'))] })).rejects.toMatchObject({
      errors: [{ code: 'E03' }],
    });
  });
});

describe('impose, amend, reassign', () => {
  it('a further measure waits for the process, then acts; twice is refused', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor, ['LISTING'])]);
    await world.pursue(opened);
    const decision = { number: '（2026）黔0112执2号之二', madeOn: '2026-02-01' };
    await world.decide(opened.id, { type: 'impose', measure: 'CONSUMPTION', decision });
    expect(await world.outcome(SERVICES.purchase, debtor)).toBe('CLEAR');
    await world.pursue(opened);
    expect(await world.outcome(SERVICES.purchase, debtor)).toBe('INTERCEPT');
    await expect(world.decide(opened.id, { type: 'impose', measure: 'CONSUMPTION', decision })).rejects.toMatchObject({
      code: 'state-conflict',
    });
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH', 'PUBLISH']);
  });

  it('an amended debt that leaves nothing owed frees at once', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await world.pursue(opened);
    await world.pay(opened.id, INSTALMENT);
    await world.decide(opened.id, { type: 'amend-obligation', amountFen: 10_000_000n, reason: '和解减免' });
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
    expect((await world.view(opened.id)).outstanding).toBe('0.00');
  });

  it('the new judge has the case and its inbox', async () => {
    const opened = await world.open([defaulter()]);
    await world.decide(opened.id, { type: 'reassign', judge: '黔0112-J2' });
    expect((await world.view(opened.id)).judge).toBe('黔0112-J2');
    await expect(world.decide(opened.id, { type: 'reassign', judge: '黔2701-J1' })).rejects.toMatchObject({
      code: 'invalid',
    });
  });
});

describe('stay in any state', () => {
  it('before publish it keeps everything out of force, and its end is the publish', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await world.decide(opened.id, { type: 'stay', reason: '审查' });
    await world.pursue(opened);
    expect(await world.kinds(opened.id)).toEqual([]);
    await world.decide(opened.id, { type: 'resume' });
    await world.pursue(opened);
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH']);
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
  });

  it('in force: told, and told again when it ends; twice is refused', async () => {
    const opened = await world.open([defaulter()]);
    await world.pursue(opened);
    await world.decide(opened.id, { type: 'stay', reason: '审查' });
    await expect(world.decide(opened.id, { type: 'stay', reason: '审查' })).rejects.toMatchObject({
      code: 'state-conflict',
    });
    await world.pursue(opened);
    await world.decide(opened.id, { type: 'resume' });
    await world.pursue(opened);
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH', 'STAY', 'RESUME']);
  });

  it('a stayed debtor who pays is free, not merely stayed', async () => {
    const opened = await world.open([defaulter()]);
    await world.pursue(opened);
    await world.decide(opened.id, { type: 'stay', reason: '审查' });
    await world.pay(opened.id, DEBT);
    expect(await measures(opened.id)).toEqual([]);
  });
});

describe('a repayment taken back', () => {
  it('is owed again, frees nobody less, and is asked of the judge; twice is refused', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await world.pursue(opened);
    const { id } = await world.pay(opened.id, DEBT);
    const reverse = () => world.tx((tx) => reverseRepayment(tx, world.ring, id, '汇款退回', JUDGE));
    expect(await reverse()).toEqual({ outstanding: DEBT_YUAN });
    await expect(reverse()).rejects.toMatchObject({ code: 'state-conflict' });
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
    expect(await measures(opened.id)).toEqual([]);
    const { rows } = await world.owner.query('select kind from inbox_item where enforcement_case = $1', [opened.id]);
    expect(rows).toContainEqual({ kind: 'reversal' });
  });

  it('what was kept back because all was paid is published when it is not', async () => {
    const opened = await world.open([defaulter(person(), [{ seal: 'U-1' }])]);
    const { id } = await world.pay(opened.id, DEBT);
    await world.pursue(opened);
    expect(await world.kinds(opened.id)).toEqual([]);
    await world.tx((tx) => reverseRepayment(tx, world.ring, id, '汇款退回', JUDGE));
    await world.pursue(opened);
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH']);
  });
});

describe('the same debt', () => {
  it('under a resumed number (执恢): what ends on one ends on the other', async () => {
    const number = residentNumber();
    const former = await world.open([defaulter(person('癸某', number))]);
    const resumed = await world.open([defaulter(person('癸某', number))], {
      caseNumber: former.caseNumber.replace('执', '执恢'),
      formerCase: former.caseNumber,
    });
    await world.pursue(former);
    await world.pursue(resumed);
    expect((await world.compare(SERVICES.companyRegistration, person('癸某', number))).interceptions).toHaveLength(2);
    await world.pay(resumed.id, DEBT);
    expect(await world.outcome(SERVICES.companyRegistration, person('癸某', number))).toBe('CLEAR');
    expect(await measures(former.id)).toEqual([]);
  });

  it('a defaulter liable for a share is free when that share is paid by them', async () => {
    const [small, rest] = [person('子某'), person('丑某')];
    const opened = await world.open([{ ...defaulter(small), liableForFen: 5_000_000n }, defaulter(rest)]);
    await world.pursue(opened);
    const [first] = opened.defaulters;
    const pay = (fen: bigint, payer: string) =>
      world.tx(async (tx) => {
        const { registerRepayment } = await import('../../../registry/courts/repayments.js');
        const input = {
          reference: `${payer}-${fen}`,
          amountFen: fen,
          receivedOn: '2026-02-01',
          source: 'voluntary' as const,
          payer,
        };
        return registerRepayment(tx, world.ring, opened.id, input, { role: 'clerk', id: '黔0112' });
      });
    await pay(4_000_000n, first?.id ?? '');
    expect(await world.outcome(SERVICES.companyRegistration, small)).toBe('INTERCEPT');
    await pay(1_000_000n, first?.id ?? '');
    expect(await world.outcome(SERVICES.companyRegistration, small)).toBe('CLEAR');
    expect(await world.outcome(SERVICES.companyRegistration, rest)).toBe('INTERCEPT');
  });
});

describe('re-listing', () => {
  const relist = async (endedOn: string) => {
    const number = residentNumber();
    const first = await world.open([defaulter(person('寅某', number))], { obligationFen: 0n });
    await world.pursue(first);
    await world.decide(first.id, { type: 'release', ground: 'creditor-request' });
    await world.owner.query('alter table restriction disable trigger restriction_stays_ended');
    await world.owner.query('update restriction set in_force_at = $2, ended_at = $2 where enforcement_case = $1', [
      first.id,
      startOfDayShanghai(endedOn),
    ]);
    await world.owner.query('alter table restriction enable trigger restriction_stays_ended');
    const previous = lifeOf(first);
    return world.open([{ ...defaulter(person('寅某', number)), previous }]);
  };

  it('is barred for six calendar months after release at the creditor’s request (E10)', async () => {
    await expect(relist(addDays(addMonths(today(), -6), 1))).rejects.toMatchObject({ errors: [{ code: 'E10' }] });
    await expect(relist(addMonths(today(), -6))).resolves.toBeTruthy();
  });

  it('of somebody who is still listed is refused (E07), and so is another person’s listing', async () => {
    const number = residentNumber();
    const first = await world.open([defaulter(person('卯某', number))]);
    const previous = lifeOf(first);
    await expect(world.open([{ ...defaulter(person('卯某', number)), previous }])).rejects.toMatchObject({
      errors: [{ code: 'E07' }],
    });
    await expect(world.open([{ ...defaulter(person('辰某')), previous }])).rejects.toMatchObject({
      errors: [{ code: 'unknown-defaulter' }],
    });
  });
});
