// What comes first, last, twice or at the stroke of midnight: docs/rules.md. The process by hand.

import { describe, expect, it, vi } from 'vitest';
import { addDays, DAY_MS, firstMomentAfter } from '../../../domain/calendar.js';
import { termEndOf } from '../../../domain/enforcement.js';
import { acknowledge } from '../../../registry/departments/acknowledgements.js';
import { readNotices } from '../../../registry/departments/notices.js';
import { assignPositions } from '../../../registry/departments/positions.js';
import { DEBT, FEN } from '../../builders/amounts.js';
import { departmentActor, OTHER_COURT, ofOtherCourt } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, person, today } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { useWorld } from '../../harness/world.js';

const world = useWorld();

describe('order and time', () => {
  it('grace lasts through its last day and not a moment longer', async () => {
    const granted = (graceUntil: string) => world.open([{ ...defaulter(), graceUntil }]);
    const [lastDay, dayAfter] = [await granted(today()), await granted(addDays(today(), -1))];
    await world.pursue(lastDay);
    await world.pursue(dayAfter);
    expect([await world.state(lastDay.id), await world.state(dayAfter.id)]).toEqual(['GRACE', 'IN_FORCE']);
    expect((await world.facts(dayAfter.id)).map((fact) => fact.type)).toEqual([
      'case-opened',
      'grace-ended',
      'published',
    ]);
  });

  it('two years from 29 February end with 28 February, at midnight in Shanghai', () => {
    expect(termEndOf('2028-02-29', 24)).toBe(Date.parse(firstMomentAfter('2030-02-28')));
    expect(termEndOf('2028-02-29', 24)).toBe(Date.parse('2030-02-28T16:00:00Z'));
    expect(termEndOf('2028-02-29', 48)).toBe(Date.parse('2032-02-29T16:00:00Z'));
  });

  it('a clock that is wrong on our machine ends nothing early and nothing late: PostgreSQL’s decides', async () => {
    const debtor = person();
    const opened = await world.inForce({ ...defaulter(debtor), ground: 2, termMonths: 24 });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_000 * DAY_MS });
    try {
      expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
      await world.pay(opened.id, FEN);
    } finally {
      vi.useRealTimers();
    }
    const last = (await world.facts(opened.id)).at(-1);
    expect(Math.abs(Date.parse(last?.at ?? '') - Date.now())).toBeLessThan(60_000);
  });

  it('two courts, one releases: the other court’s case goes on stopping, and is the only one named', async () => {
    const number = residentNumber();
    const here = await world.inForce(defaulter(person('角某', number)));
    const there = await world.open([defaulter(person('角某', number))], ofOtherCourt());
    await world.pursue(there);
    expect((await world.compare(SERVICES.companyRegistration, person('角某', number))).interceptions).toHaveLength(2);
    await world.pay(here.id, DEBT);
    const left = await world.compare(SERVICES.companyRegistration, person('角某', number));
    expect(left.interceptions.map((one) => one.case.court)).toEqual([OTHER_COURT]);
  });

  it('an acknowledgement given twice is one, and one of less takes nothing back', async () => {
    await world.inForce(defaulter());
    await assignPositions(world.pool);
    const actor = departmentActor('SCI');
    const { served } = await world.tx((tx) => readNotices(tx, 'SCI', undefined, 200));
    const give = (upTo: number) => world.tx((tx) => acknowledge(tx, 'SCI', BigInt(upTo), actor));
    expect([await give(served), await give(served), await give(0)]).toEqual(Array(3).fill({ acknowledged: served }));
    const { rows } = await world.owner.query(`select 1 from acknowledgement where department = 'SCI'`);
    expect(rows).toHaveLength(1);
  });
});
