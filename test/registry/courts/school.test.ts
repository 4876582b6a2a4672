// R6, part by part: each test takes one condition away from a parent who would be held, and everybody passes.

import { beforeAll, describe, expect, it } from 'vitest';
import { addDays, firstMomentAfter } from '../../../domain/calendar.js';
import { changeRule, lockRule, type RuleChange } from '../../../registry/catalogue/rule-changes.js';
import { lockSchool, putSchool, type SchoolInput, schools } from '../../../registry/catalogue/schools.js';
import { assignPositions } from '../../../registry/departments/positions.js';
import { stillHolds } from '../../../registry/departments/replays.js';
import type { ComparisonInput, Party } from '../../../registry/inputs.js';
import { publish, tell } from '../../../registry/process/steps.js';
import { DEBT } from '../../builders/amounts.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, organisation, person, today } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { useWorld } from '../../harness/world.js';

const OFFICE = { role: 'administrator', id: 'test' } as const;
const SCHOOL = 'SCH-9901';
const NAME = { zh: '示例高收费民办中学甲（虚构）', en: 'Sample above-norm-fee middle school A (made up)' };
const OPEN: SchoolInput = { name: NAME, listed: true, enrolment: { from: today(), until: addDays(today(), 30) } };

const world = useWorld();

const change = (input: RuleChange): Promise<unknown> =>
  world.tx(async (tx) => changeRule(tx, await lockRule(tx, SERVICES.schoolEnrolment), input, OFFICE));
const enter = (input: SchoolInput, code = SCHOOL): Promise<unknown> =>
  world.tx(async (tx) => {
    await lockSchool(tx, code);
    return putSchool(tx, code, input, OFFICE);
  });
const enrol = (party: Party, more: Partial<ComparisonInput> = {}) =>
  world.compare(SERVICES.schoolEnrolment, party, { institution: SCHOOL, ...more });
const step = async (opened: { defaulters: { id: string }[] }, ...steps: (typeof publish)[]): Promise<void> => {
  for (const { id } of opened.defaulters) {
    for (const take of steps) await world.tx((tx) => take(tx, world.ring, id));
  }
};
/** A published case against one parent, confirmed by its judge and told, unless said otherwise. */
const aCase = async (
  parent: Party,
  {
    measures = ['LISTING', 'CONSUMPTION'],
    confirmed = true,
  }: { measures?: ('LISTING' | 'CONSUMPTION')[]; confirmed?: boolean } = {},
) => {
  const opened = await world.open([defaulter(parent, measures)]);
  await step(opened, publish);
  if (confirmed) {
    await world.decide(opened.id, { type: 'confirm-service', service: SERVICES.schoolEnrolment });
    await step(opened, tell);
  }
  return opened;
};

describe('R6: the school', () => {
  it('is off by default, and its register names no enrolment days', async () => {
    const parent = person();
    await aCase(parent);
    const answer = await enrol(parent);
    expect([answer.outcome, await world.reasons(answer)]).toEqual(['CLEAR', ['SERVICE_NOT_GATED']]);
    const register = await schools(world.pool);
    expect(register.map(({ listed, enrolment }) => [listed, enrolment])).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
  });

  describe('switched on by an administrator, its enrolment days entered', () => {
    beforeAll(async () => {
      await change({ enabled: true });
      await enter(OPEN);
    });

    it('holds a parent with a live CONSUMPTION whose judge confirmed it; the repayment lets the child be enrolled at once', async () => {
      const parent = person();
      const opened = await aCase(parent);
      const held = await enrol(parent, { reference: 'RX-1' });
      expect(held).toMatchObject({ outcome: 'REVIEW', interceptions: [{ measures: ['CONSUMPTION'] }] });
      await world.pay(opened.id, DEBT);
      expect((await enrol(parent, { reference: 'RX-1' })).outcome).toBe('CLEAR');
    });

    it('needs a live CONSUMPTION: a listing alone stops nobody', async () => {
      const parent = person();
      await aCase(parent, { measures: ['LISTING'] });
      const answer = await enrol(parent);
      expect([answer.outcome, await world.reasons(answer)]).toEqual(['CLEAR', ['MEASURE_DOES_NOT_GATE']]);
    });

    it('needs the judge’s confirmation for this case, told to the departments; another case’s does not do', async () => {
      const parent = person();
      const opened = await aCase(parent, { confirmed: false });
      await aCase(person());
      const before = await enrol(parent);
      expect([before.outcome, await world.reasons(before)]).toEqual(['CLEAR', ['NO_COURT_ORDER']]);
      await world.decide(opened.id, { type: 'confirm-service', service: SERVICES.schoolEnrolment });
      expect((await enrol(parent)).outcome).toBe('CLEAR');
      await step(opened, tell);
      expect((await enrol(parent)).outcome).toBe('REVIEW');
    });

    it('is no service of a notice to the education bureau before that confirmation', async () => {
      const opened = await aCase(person(), { confirmed: false });
      while ((await assignPositions(world.pool)) > 0);
      const named = async () =>
        (await world.read('EDU'))
          .filter((notice) => notice.case.id === opened.id)
          .map((notice) => notice.services.includes(SERVICES.schoolEnrolment));
      expect(await named()).toEqual([false]);
      await world.decide(opened.id, { type: 'confirm-service', service: SERVICES.schoolEnrolment });
      await step(opened, tell);
      while ((await assignPositions(world.pool)) > 0);
      expect((await named()).at(-1)).toBe(true);
    });

    it('is for the schools of the register only: any other, and one taken off it, lets everybody pass', async () => {
      const parent = person();
      await aCase(parent);
      await enter({ ...OPEN, listed: false }, 'SCH-9902');
      for (const institution of ['SCH-0000', 'SCH-9902', '某公办中学']) {
        const answer = await enrol(parent, { institution });
        expect([answer.outcome, await world.reasons(answer)]).toEqual(['CLEAR', ['INSTITUTION_NOT_GATED']]);
      }
    });

    it('has to be told the school', async () => {
      await expect(world.compare(SERVICES.schoolEnrolment, person())).rejects.toMatchObject({
        code: 'invalid',
        errors: [{ pointer: '/institution', code: 'required' }],
      });
    });

    it('takes no child’s data: a party who is a minor is refused and nothing of the comparison is kept', async () => {
      const child = person('丁某', residentNumber('20140301'));
      await expect(enrol(child, { reference: 'RX-child' })).rejects.toMatchObject({
        code: 'invalid',
        errors: [{ pointer: '/party/identifiers/0/number', code: 'child-data' }],
      });
      const { rows } = await world.owner.query(`select from comparison where reference = 'RX-child'`);
      expect(rows).toEqual([]);
    });

    it('tells the parents the public-school path, in both languages, and that nobody is expelled', async () => {
      const parent = person();
      await aCase(parent);
      const [stop] = (await enrol(parent)).interceptions;
      for (const text of [stop?.howToEnd, stop?.howToObject]) {
        expect(text).toContain('公办学校');
        expect(text).toContain('public school');
      }
      expect(stop?.howToEnd).toMatch(/开除.*学期中.*只告知家长.*expel.*during term.*parents alone/s);
    });

    it('never acts during term: outside the enrolment days, and where none are entered, everybody passes', async () => {
      const parent = person();
      await aCase(parent);
      const { enrolment: _none, ...without } = OPEN;
      for (const entered of [
        { ...OPEN, enrolment: { from: addDays(today(), -40), until: addDays(today(), -1) } },
        { ...OPEN, enrolment: { from: addDays(today(), 1), until: addDays(today(), 9) } },
        without,
      ]) {
        await enter(entered);
        const answer = await enrol(parent);
        expect([answer.outcome, await world.reasons(answer)]).toEqual(['CLEAR', ['DURING_TERM']]);
      }
      await enter(OPEN);
      expect((await enrol(parent)).outcome).toBe('REVIEW');
    });

    it('holds no longer than the enrolment lasts, and a replayed answer is judged anew', async () => {
      const parent = person();
      await aCase(parent);
      await enter({ ...OPEN, enrolment: { from: today(), until: addDays(today(), 2) } });
      const held = await enrol(parent);
      expect(held.interceptions[0]?.holdUntil).toBe(firstMomentAfter(addDays(today(), 2)));
      expect(await stillHolds(world.pool, held)).toBe(false);
      await enter(OPEN);
    });

    it('reaches the legal representative of a restricted organisation as a parent, by CONSUMPTION', async () => {
      const parent = person('戊某');
      const opened = await world.open([
        { ...defaulter(organisation('虚构有限公司')), representatives: [{ role: '法定代表人', party: parent }] },
      ]);
      await step(opened, publish);
      await world.decide(opened.id, { type: 'confirm-service', service: SERVICES.schoolEnrolment });
      await step(opened, tell);
      const answer = await enrol(parent);
      expect(answer).toMatchObject({ outcome: 'REVIEW', reasons: expect.arrayContaining(['LEGAL_REP_OF']) });
    });

    it('switched off again, it stops nobody from then on, and every version is kept', async () => {
      const parent = person();
      await aCase(parent);
      await change({ enabled: false });
      expect((await enrol(parent)).outcome).toBe('CLEAR');
      const { rows } = await world.owner.query(
        `select version, enabled, recorded_by from service_rule where service = 'EDU-01' order by version`,
      );
      expect(rows).toEqual([
        { version: 1, enabled: false, recorded_by: 'catalogue' },
        { version: 2, enabled: true, recorded_by: 'administrator:test' },
        { version: 3, enabled: false, recorded_by: 'administrator:test' },
      ]);
    });
  });
});
