import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { missingHolidayYear, startDeadline, unknownHolidayYears } from '../../registry/deadlines.js';
import { watchHolidays } from '../../worker/holidays.js';
import { createWorld, defaulter } from '../harness/world.js';

const at = (date: string): number => Date.parse(`${date}T12:00:00+08:00`);
const calendar = { '2026': { off: [], work: [] } };

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
    const world = await createWorld();
    try {
      const opened = await world.open([defaulter()]);
      const alarms = unknownHolidayYears.count;
      const deadline = {
        kind: 'read' as const,
        level: 0,
        subject: 'x',
        defaulter: opened.defaulters[0]?.id ?? '',
        now: at('2199-12-30'),
      };
      expect(await world.tx((tx) => startDeadline(tx, deadline))).toBeNull();
      expect(unknownHolidayYears.count).toBe(alarms + 1);
      await world.pay(opened.id, 40_000_000n);
    } finally {
      await world.close();
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
