// What happens when something that was over begins again, or was never what it seemed. The process by hand.

import { describe, expect, it } from 'vitest';
import { addDays, DAY_MS } from '../../../domain/calendar.js';
import { reverseRepayment } from '../../../registry/courts/repayments.js';
import type { ComparisonAnswer } from '../../../registry/departments/comparisons.js';
import { stillHolds } from '../../../registry/departments/replays.js';
import { notifyJudge } from '../../../registry/process/notify-judge.js';
import { escalate, finish } from '../../../registry/process/steps.js';
import { DEBT } from '../../builders/amounts.js';
import { JUDGE } from '../../builders/cases.js';
import { ORGANISATION, OTHER_ORGANISATION, residentNumber } from '../../builders/numbers.js';
import { defaulter, identifier, person, today, unit } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { interceptionOf, lifeOf, useWorld } from '../../harness/world.js';

const world = useWorld();

const decision = { number: '（2026）黔0112执3号之三', madeOn: '2026-02-01' };

describe('business that was freed and is stopped again', () => {
  it('is the judge’s to know a second time', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await world.pursue(opened);
    const stop = () => world.compare(SERVICES.purchase, debtor, { reference: 'buy-1' });
    const notified = (answer: ComparisonAnswer) =>
      world.tx((tx) => notifyJudge(tx, world.ring, lifeOf(opened), [interceptionOf(answer)]));
    await notified(await stop());
    await world.decide(opened.id, { type: 'release', ground: 'settled', measures: ['CONSUMPTION'] });
    await world.pursue(opened);
    expect((await stop()).outcome).toBe('CLEAR');
    await world.decide(opened.id, { type: 'impose', measure: 'CONSUMPTION', decision });
    await world.pursue(opened);
    await notified(await stop());
    await notified(await stop());
    const types = (await world.facts(opened.id)).map((fact) => fact.type);
    expect(types.filter((type) => type === 'comparison-hit')).toHaveLength(2);
    expect(types.filter((type) => type === 'judge-notified')).toHaveLength(2);
  });

  it('under another name is held with a time of its own, and a full match after that is no hold', async () => {
    const debtor = person('甲某');
    const opened = await world.open([defaulter(debtor)]);
    await world.pursue(opened);
    const ask = (name: string) =>
      world.compare(SERVICES.companyRegistration, { ...debtor, name }, { reference: 'office-1' });
    expect((await ask('甲某')).interceptions[0]?.holdUntil).toBeUndefined();
    expect((await ask('甲某某')).interceptions[0]?.holdUntil).toBeDefined();
    const { rows } = await world.owner.query(`select 1 from deadline where defaulter = $1 and kind = 'hold'`, [
      lifeOf(opened),
    ]);
    expect(rows).toHaveLength(1);
    expect((await ask('甲某')).interceptions[0]?.holdUntil).toBeUndefined();
  });
});

describe('nothing is owed any more', () => {
  it('stays so for what waits unpublished, also when the obligation was amended to nothing', async () => {
    const opened = await world.open([{ ...defaulter(person(), ['LISTING', 'EXIT']), graceUntil: addDays(today(), 5) }]);
    await world.decide(opened.id, { type: 'amend-obligation', amountFen: 0n, reason: '和解' });
    await world.owner.query('update defaulter set grace_until = null where id = $1', [lifeOf(opened)]);
    await world.pursue(opened);
    expect((await world.view(opened.id)).defaulters[0]?.restrictions.every((r) => r.inForceAt === undefined)).toBe(
      true,
    );
    await world.decide(opened.id, { type: 'amend-obligation', amountFen: 100n, reason: '更正' });
    await world.pursue(opened);
    expect((await world.view(opened.id)).defaulters[0]?.restrictions.filter((r) => r.inForceAt)).toHaveLength(1);
  });
});

describe('the question what is to become of what stays after full performance', () => {
  const [seal, exit] = ['SEAL', 'EXIT'] as const;
  const clocks = async (id: string) =>
    (
      await world.owner.query<{ outcome: string | null }>(
        `select outcome from deadline where defaulter = $1 and kind = 'decide' order by id`,
        [id],
      )
    ).rows.map((row) => row.outcome);
  const stopped = async (caseId: string) =>
    (
      await world.owner.query<{ stopped: boolean }>(
        `select deadline is null as stopped from inbox_item where enforcement_case = $1 and kind = 'decide-restriction' order by at`,
        [caseId],
      )
    ).rows.map((row) => row.stopped);
  const runOut = async (id: string) => {
    await world.owner.query(
      "update deadline set due_at = clock_timestamp() - interval '1 second' where defaulter = $1 and kind = 'decide' and settled_at is null",
      [id],
    );
    await world.tx((tx) => escalate(tx, world.ring, id));
  };
  const escalated = async (caseId: string) =>
    (await world.facts(caseId)).filter((fact) => fact.type === 'escalated' && fact.detail.deadline === 'decide').length;

  it('answered in part, is asked anew of the rest: the first clock stops, and only the second can run out', async () => {
    const opened = await world.open([defaulter(person(), ['LISTING', { seal: 'U-7' }, exit])]);
    await world.pursue(opened);
    await world.pay(opened.id, DEBT);
    await world.pursue(opened);
    expect(await clocks(lifeOf(opened))).toEqual([null]);
    await world.decide(opened.id, { type: 'release', ground: 'performed', measures: [seal] });
    await world.pursue(opened);
    expect(await clocks(lifeOf(opened))).toEqual(['superseded', null]);
    expect(await stopped(opened.id)).toEqual([true, false]);
    await runOut(lifeOf(opened));
    expect(await escalated(opened.id)).toBe(1);
  });

  it('falls away when the money is owed again: nobody is escalated for not ending it', async () => {
    const opened = await world.open([defaulter(person(), ['LISTING', { seal: 'U-8' }])]);
    await world.pursue(opened);
    const { id } = await world.pay(opened.id, DEBT);
    await world.pursue(opened);
    await world.tx((tx) => reverseRepayment(tx, world.ring, id, '汇款退回', JUDGE));
    await world.pursue(opened);
    await runOut(lifeOf(opened));
    expect([await escalated(opened.id), await clocks(lifeOf(opened))]).toEqual([0, ['superseded']]);
    expect(await stopped(opened.id)).toEqual([true]);
    await world.pay(opened.id, DEBT);
    await world.pursue(opened);
    expect([await clocks(lifeOf(opened)), await stopped(opened.id)]).toEqual([[null], [false]]);
  });
});

describe('a correction', () => {
  it('made while stayed, and resumed after the term was over, ends the listing and stops nobody', async () => {
    const [wrong, right] = [person('甲某'), person('乙某')];
    const opened = await world.open([{ ...defaulter(wrong, ['LISTING', 'CONSUMPTION']), ground: 2, termMonths: 24 }]);
    await world.pursue(opened);
    await world.decide(opened.id, { type: 'stay', reason: '审查' });
    await world.decide(opened.id, { type: 'correct', name: '乙某', identifiers: right.identifiers });
    await world.owner.query(
      `update restriction set term_from = '2001-01-01' where defaulter = $1 and ended_at is null and measure = 'LISTING'`,
      [lifeOf(opened)],
    );
    await world.decide(opened.id, { type: 'resume' });
    await world.pursue(opened);
    expect(await world.outcome(SERVICES.companyRegistration, right)).toBe('CLEAR');
    const open = (await world.view(opened.id)).defaulters[0]?.restrictions
      .filter((r) => !r.endedAt)
      .map((r) => r.measure);
    expect(open).toEqual(['CONSUMPTION']);
  });

  it('takes a mistyped second number off: its real holder is free', async () => {
    const [own, stranger] = [residentNumber(), residentNumber()];
    const both = { kind: 'person' as const, name: '丙某', identifiers: [identifier(own), identifier(stranger)] };
    const opened = await world.open([defaulter(both)]);
    await world.pursue(opened);
    expect(await world.outcome(SERVICES.companyRegistration, person('丁某', stranger))).toBe('REVIEW');
    await world.decide(opened.id, { type: 'correct', identifiers: [identifier(own)] });
    await world.pursue(opened);
    expect(await world.outcome(SERVICES.companyRegistration, person('丁某', stranger))).toBe('CLEAR');
    expect(await world.outcome(SERVICES.companyRegistration, person('丙某', own))).toBe('INTERCEPT');
  });

  it('of an organisation frees the people of the wrong one', async () => {
    const boss = person('戊某');
    const company = (number: string) => ({
      kind: 'organisation' as const,
      name: '某某公司',
      identifiers: [{ type: 'uscc' as const, country: '', number, flags: [], warnings: [], aliases: [] }],
    });
    const listed = {
      ...defaulter(company(OTHER_ORGANISATION)),
      representatives: [{ role: '法定代表人', party: boss }],
    };
    const opened = await world.open([listed]);
    await world.pursue(opened);
    expect(await world.outcome(SERVICES.purchase, boss)).toBe('INTERCEPT');
    await world.decide(opened.id, { type: 'correct', identifiers: company(ORGANISATION).identifiers });
    await world.pursue(opened);
    expect(await world.outcome(SERVICES.purchase, boss)).toBe('CLEAR');
  });

  it('is waited for like a release: the life ends when every department knows that the wrong person is free', async () => {
    const opened = await world.open([defaulter()]);
    await world.pursue(opened);
    await world.decide(opened.id, { type: 'correct', name: '己某' });
    await world.decide(opened.id, { type: 'revoke', reason: '不应列入' });
    await world.pursue(opened);
    const end = () =>
      world.tx(async (tx) => {
        const { rows } = await tx.query<{ seq: number }>('select last_life_seq as seq from defaulter where id = $1', [
          lifeOf(opened),
        ]);
        return finish(tx, world.ring, lifeOf(opened), rows[0]?.seq ?? 0);
      });
    expect((await end()).ended).toBe(false);
  });

  it('makes an answer that was given for the wrong person hold no longer', async () => {
    const [wrong, right] = [person('庚某'), person('辛某')];
    const opened = await world.open([defaulter(wrong)]);
    await world.pursue(opened);
    const first = await world.compare(SERVICES.companyRegistration, wrong, { reference: 'same-business' });
    await world.decide(opened.id, { type: 'correct', name: '辛某', identifiers: right.identifiers });
    await world.pursue(opened);
    expect(await world.outcome(SERVICES.companyRegistration, right, { reference: 'same-business' })).toBe('INTERCEPT');
    expect(await stillHolds(world.pool, first)).toBe(false);
  });
});

it('an answer given before the court said that it applies itself holds no longer', async () => {
  const debtor = person();
  const asset = unit('GB0019F1');
  const opened = await world.open([defaulter(debtor, ['LISTING', { seal: asset.number }])]);
  await world.pursue(opened);
  const first = await world.compare(SERVICES.sale, debtor, { object: asset });
  expect([first.outcome, await stillHolds(world.pool, first)]).toEqual(['REVIEW', true]);
  await world.decide(opened.id, {
    type: 'court-application',
    document: { number: '（2026）黔0112执协9号', madeOn: '2026-03-01' },
    asset,
    untilAt: new Date(Date.now() + DAY_MS).toISOString(),
  });
  expect(await stillHolds(world.pool, first)).toBe(false);
});

it('listed again on the same life is refused: it is a new case that names the previous listing', async () => {
  const opened = await world.open([defaulter()]);
  await world.pursue(opened);
  await world.decide(opened.id, { type: 'release', ground: 'creditor-request', measures: ['LISTING'] });
  await expect(world.decide(opened.id, { type: 'impose', measure: 'LISTING', decision })).rejects.toMatchObject({
    code: 'state-conflict',
  });
});

it('a listing that rests on 15 digits goes to a human, however the number is written at the counter', async () => {
  const opened = await world.open([
    defaulter({ kind: 'person', name: '壬某', identifiers: [identifier('110105491231002')] }),
  ]);
  await world.pursue(opened);
  expect(await world.outcome(SERVICES.companyRegistration, person('壬某', '11010519491231002X'))).toBe('REVIEW');
});
