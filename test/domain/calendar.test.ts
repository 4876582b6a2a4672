// Dates, months and working days in Shanghai, as deadlines and terms count them.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  addMonths,
  compareDates,
  firstMomentAfter,
  type HolidayCalendar,
  isCalendarDate,
  isDate,
  isWorkingDay,
  shanghaiDate,
  startOfDayShanghai,
  UnknownHolidayYear,
  workingDaysAfter,
} from '../../domain/calendar.js';

const holidays: HolidayCalendar = JSON.parse(
  readFileSync(new URL('../../registry/data/holidays.json', import.meta.url), 'utf8'),
);
const day = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2200-12-31'), noInvalidDate: true })
  .map((d) => d.toISOString().slice(0, 10));

describe('dates', () => {
  test.each(['1900-01-01', '2000-02-29', '2024-02-29', '2200-12-31'])('%s is a date', (text) => {
    expect(isDate(text)).toBe(true);
  });

  test.each([
    '1900-02-29',
    '2025-02-29',
    '2026-02-30',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-1-1',
    '1899-12-31',
    '2201-01-01',
    '20260101',
    '2026-01-01T00:00:00Z',
    ' 2026-01-01',
    '2026-01-01\n',
    '２０２６-01-01',
    '',
  ])('%j is no date', (text) => {
    expect(isDate(text)).toBe(false);
  });

  test('a birth may be older than any case', () => {
    expect([isCalendarDate('1899-12-31'), isCalendarDate('1899-02-29')]).toEqual([true, false]);
  });

  test('what is no date is refused without repeating it', () => {
    expect(() => addDays('1990-02-31', 1)).toThrow(/^not a calendar date: give YYYY-MM-DD$/);
    expect(() => addDays('9999-12-31', 1)).toThrow(RangeError);
    expect(() => addMonths('2026-01-01', 0.5)).toThrow(RangeError);
    expect(() => shanghaiDate(Number.NaN)).toThrow(RangeError);
  });

  test('days add up and order as they compare', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -20_000, max: 20_000 }), (date, n) => {
        const other = addDays(date, n);
        expect(compareDates(other, date)).toBe(n);
        expect(Math.sign(compareDates(other, date))).toBe(other < date ? -1 : other > date ? 1 : 0);
      }),
    );
  });
});

describe('months', () => {
  test.each([
    ['2024-02-29', 24, '2026-02-28'],
    ['2024-02-29', 48, '2028-02-29'],
    ['2026-08-31', 1, '2026-09-30'],
    ['2026-08-31', 6, '2027-02-28'],
    ['2026-11-23', 6, '2027-05-23'],
    ['2026-12-31', 1, '2027-01-31'],
    ['2026-03-31', -1, '2026-02-28'],
    ['2026-01-15', -1, '2025-12-15'],
    ['2026-05-05', 0, '2026-05-05'],
  ])('%s + %i months = %s', (date, n, expected) => {
    expect(addMonths(date, n)).toBe(expected);
  });

  test('lands in the right month, on the same day or its last', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -600, max: 600 }), (date, n) => {
        const result = addMonths(date, n);
        const month = (d: string) => Number(d.slice(0, 4)) * 12 + Number(d.slice(5, 7));
        expect(month(result) - month(date)).toBe(n);
        if (result.slice(8) !== date.slice(8)) expect(addDays(result, 1).slice(8)).toBe('01');
      }),
    );
  });
});

describe('Asia/Shanghai', () => {
  test('a day begins at 16:00 UTC of the day before', () => {
    expect(startOfDayShanghai('2026-01-01')).toBe('2025-12-31T16:00:00.000Z');
    expect(firstMomentAfter('2026-02-28')).toBe('2026-02-28T16:00:00.000Z');
  });

  test('one millisecond before midnight is still the day before', () => {
    const midnight = Date.parse(startOfDayShanghai('2026-11-23'));
    expect([shanghaiDate(midnight - 1), shanghaiDate(midnight)]).toEqual(['2026-11-22', '2026-11-23']);
  });

  test('agrees with the time-zone database', () => {
    const zone = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' });
    const since1992 = fc.integer({ min: Date.UTC(1992, 0, 1), max: Date.UTC(2100, 0, 1) });
    fc.assert(
      fc.property(since1992, (ms) => {
        expect(shanghaiDate(ms)).toBe(zone.format(ms));
      }),
    );
  });
});

describe('working days', () => {
  test.each([
    ['over Spring Festival, a make-up Saturday included', '2026-02-13', 3, '2026-02-25'], // Sat 14, Tue 24, Wed 25
    ['the make-up Saturday itself', '2026-02-13', 1, '2026-02-14'],
    ['the Saturday after it', '2026-02-25', 3, '2026-02-28'],
    ['over National Day to a worked Saturday', '2025-09-30', 3, '2025-10-11'],
    ['over a plain weekend', '2026-11-20', 1, '2026-11-23'],
    ['over the turn of the year', '2025-12-31', 1, '2026-01-04'],
    ['none', '2026-02-16', 0, '2026-02-16'],
  ])('%s', (_what, date, n, expected) => {
    expect(workingDaysAfter(date, n, holidays)).toBe(expected);
  });

  test('a year without an arrangement fails loudly and names it', () => {
    expect(() => workingDaysAfter('2026-12-30', 3, holidays)).toThrow(UnknownHolidayYear);
    expect(() => workingDaysAfter('2026-12-30', 3, holidays)).toThrow(/2027/);
    expect(workingDaysAfter('2026-12-30', 1, holidays)).toBe('2026-12-31');
    expect(() => workingDaysAfter('2026-12-30', -1, holidays)).toThrow(RangeError);
  });

  test("a holiday of the next year's notice may begin in December", () => {
    const calendar = { '2026': { off: [], work: [] }, '2027': { off: ['2026-12-31'], work: [] } };
    expect(isWorkingDay('2026-12-31', calendar)).toBe(false);
  });

  test("the State Council's arrangements: each year's days are real, its own, and worked days are weekends", () => {
    for (const [year, { off, work }] of Object.entries(holidays)) {
      const days = [...off, ...work];
      expect(new Set(days).size).toBe(days.length);
      expect(days.every((d) => isDate(d) && d.startsWith(year))).toBe(true);
      expect(work.every((d) => [0, 6].includes(new Date(d).getUTCDay()))).toBe(true);
    }
    const working = (year: string) => {
      let count = 0;
      for (let d = `${year}-01-01`; d.startsWith(year); d = addDays(d, 1)) if (isWorkingDay(d, holidays)) count += 1;
      return count;
    };
    // 365 days less 104 weekend days less 13 public holidays (全国年节及纪念日放假办法, 2024).
    expect([working('2025'), working('2026')]).toEqual([248, 248]);
  });
});
