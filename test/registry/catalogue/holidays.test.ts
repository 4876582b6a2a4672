// A year begins whose holidays nobody has loaded: deadlines wait, it is noticed, and they are counted once it is loaded.

import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { dueAt } from '../../../domain/deadline.js';
import { missingHolidayYear, startDeadline, unknownHolidayYears } from '../../../registry/case/deadlines.js';
import { listInbox } from '../../../registry/case/inbox.js';
import holidays from '../../../registry/data/holidays.json' with { type: 'json' };
import { notifyJudge } from '../../../registry/process/notify-judge.js';
import { escalate } from '../../../registry/process/steps.js';
import { watchHolidays } from '../../../worker/loops/holidays.js';
import { DEBT } from '../../builders/amounts.js';
import { COURT, JUDGE } from '../../builders/cases.js';
import { defaulter, person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { interceptionOf, lifeOf, useWorld } from '../../harness/world.js';

const at = (date: string): number => Date.parse(`${date}T12:00:00+08:00`);
const calendar = { '2026': { off: [], work: [] } };

const world = useWorld('test');
afterEach(() => {
  vi.useRealTimers();
});

describe('the holidays', () => {
  it('a year that is not loaded is noticed fifteen days before it begins', () => {
    expect([missingHolidayYear(at('2026-12-16'), calendar), missingHolidayYear(at('2026-12-17'), calendar)]).toEqual([
      null,
      '2027',
    ]);
    expect([missingHolidayYear(at('2025-12-31'), calendar), missingHolidayYear(at('2026-01-01'), calendar)]).toEqual([
      '2025',
      null,
    ]);
  });

  it('a deadline that cannot be counted is an alarm, and holds nothing up', async () => {
    const opened = await world.open([defaulter()]);
    const alarms = unknownHolidayYears.count;
    const deadline = {
      kind: 'read' as const,
      level: 0,
      about: 'x',
      defaulter: lifeOf(opened),
      now: at('2199-12-30'),
    };
    expect(await world.tx((tx) => startDeadline(tx, deadline))).toBeNull();
    expect(unknownHolidayYears.count).toBe(alarms + 1);
    await world.pay(opened.id, DEBT);
  });

  it('once they are loaded, what could not be counted is counted from when it began, shown in the inbox, and watched', async () => {
    const known = { ...holidays };
    try {
      const debtor = person();
      const opened = await world.open([defaulter(debtor)]);
      await world.pursue(opened);
      const id = lifeOf(opened);
      const hit = interceptionOf(await world.compare(SERVICES.companyRegistration, debtor));
      for (const year of Object.keys(known)) Reflect.deleteProperty(holidays, year);
      const toldAt = Date.now();
      const lookAt = (await world.tx((tx) => notifyJudge(tx, world.ring, id, [hit]))) ?? 0;
      // Uncounted, it is no deadline yet: only a time to count again, by which the life wakes.
      expect(lookAt - toldAt).toBeGreaterThan(3_600_000);
      const items = async () =>
        (await listInbox(world.pool, { judge: JUDGE.id, courts: [COURT] }, undefined, 200)).items.map(
          ({ kind, deadline }) => ({ kind, deadline }),
        );
      expect(await items()).toEqual([{ kind: 'interception', deadline: undefined }]);
      const wake = async () => {
        await world.pool.query(
          `update deadline set due_at = clock_timestamp() - interval '1 second' where defaulter = $1`,
          [id],
        );
        return world.tx((tx) => escalate(tx, world.ring, id));
      };
      expect((await wake()).wakeAt).toBeGreaterThan(toldAt + 3_600_000);
      Object.assign(holidays, known);
      const due = (within: string) => dueAt(toldAt, within, holidays);
      expect((await wake()).wakeAt).toBe(due('1 working day'));
      expect(await items()).toEqual([
        { kind: 'interception', deadline: new Date(due('3 working days')).toISOString() },
      ]);
      // From here on it is a deadline like any other.
      await wake();
      expect((await world.facts(opened.id)).filter((fact) => fact.type === 'escalated')).toHaveLength(2);
    } finally {
      Object.assign(holidays, known);
    }
  });

  it('are asked for in the log of the worker: at its start, again after hours, and whenever a deadline was lost', () => {
    vi.useFakeTimers();
    const lines: { level: number; year: string | null; deadlinesNotSet: number }[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const before = unknownHolidayYears.count;
    vi.setSystemTime(at('2199-12-30'));
    watchHolidays(log);
    expect(lines).toMatchObject([{ level: 50, year: '2199' }]);
    vi.advanceTimersByTime(5 * 3_600_000);
    expect(lines).toHaveLength(1);
    unknownHolidayYears.count += 2;
    vi.advanceTimersByTime(60_000);
    expect(lines.at(-1)).toMatchObject({ deadlinesNotSet: 2 });
    vi.advanceTimersByTime(6 * 3_600_000 + 60_000);
    expect(lines).toHaveLength(3);
    unknownHolidayYears.count = before;
  });
});
