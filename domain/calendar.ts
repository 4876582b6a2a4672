// Calendar dates are strings `YYYY-MM-DD` in Asia/Shanghai; instants are RFC 3339 in UTC or milliseconds since the epoch.

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
export const DAY_MS = 86_400_000;
/** China has kept UTC+8 without summer time since 1992; no date the product acts on is older. */
const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

/** A real day of the Gregorian calendar in the years 0001–9999, e.g. a birth date. */
export function isCalendarDate(text: string): boolean {
  return dayNumber(text) !== undefined;
}

/** A real day within 1900–2200: what a date of a case may be. */
export function isDate(text: string): boolean {
  return isCalendarDate(text) && text >= '1900-01-01' && text <= '2200-12-31';
}

/** Negative, zero or positive, as for `Array.sort`. */
export function compareDates(a: string, b: string): number {
  return requireDay(a) - requireDay(b);
}

/** `n` days later (earlier when negative). Throws RangeError on what is no date. */
export function addDays(date: string, n: number): string {
  return toDate(requireDay(date) + requireWhole(n));
}

/**
 * `n` calendar months later, on the same day of the month; where that month has no such day, on its last one
 * (Civil Code 民法典 art. 202): 29 February + 24 months = 28 February. Throws RangeError on what is no date.
 */
export function addMonths(date: string, n: number): string {
  requireDay(date);
  const months = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + requireWhole(n);
  const year = Math.floor(months / 12);
  const month = (months % 12) + 1;
  const day = Math.min(Number(date.slice(8, 10)), daysInMonth(year, month));
  const result = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  if (year < 1 || !isCalendarDate(result)) throw new RangeError('the result is outside the years 0001-9999');
  return result;
}

/** The instant (RFC 3339, UTC) at which the day begins in Asia/Shanghai. */
export function startOfDayShanghai(date: string): string {
  return new Date(requireDay(date) * DAY_MS - SHANGHAI_OFFSET_MS).toISOString();
}

/** The first instant at which the whole day is over in Asia/Shanghai: terms and grace end here. */
export function firstMomentAfter(date: string): string {
  return startOfDayShanghai(addDays(date, 1));
}

/** The day it is in Asia/Shanghai at an instant (ms since the epoch). */
export function shanghaiDate(instantMs: number): string {
  if (!Number.isFinite(instantMs)) throw new RangeError('not an instant: give milliseconds since the epoch');
  return toDate(Math.floor((instantMs + SHANGHAI_OFFSET_MS) / DAY_MS));
}

/** By year: weekdays that are holidays (`off`), and Saturdays and Sundays that are worked in exchange (`work`). */
export type HolidayCalendar = Record<string, { off: string[]; work: string[] }>;

/** The arrangement of a year has not been loaded; guessing it would give a wrong deadline. */
export class UnknownHolidayYear extends Error {
  override name = 'UnknownHolidayYear';
  constructor(readonly year: string) {
    super(`no holiday arrangement for ${year}: add the State Council's notice for that year to the holiday data`);
  }
}

/** Throws UnknownHolidayYear when the day's year is not loaded. */
export function isWorkingDay(date: string, holidays: HolidayCalendar): boolean {
  const weekday = (((requireDay(date) + 4) % 7) + 7) % 7; // 1970-01-01 was a Thursday
  const year = date.slice(0, 4);
  const own = holidays[year];
  if (own === undefined) throw new UnknownHolidayYear(year);
  // A New Year holiday may begin in the last days of December, in the next year's notice.
  const next = holidays[pad(Number(year) + 1, 4)];
  if (own.work.includes(date) || next?.work.includes(date)) return true;
  if (own.off.includes(date) || next?.off.includes(date)) return false;
  return weekday !== 0 && weekday !== 6;
}

/** The `n`-th working day after the date; the date itself never counts. Throws UnknownHolidayYear. */
export function workingDaysAfter(date: string, n: number, holidays: HolidayCalendar): string {
  if (requireWhole(n) < 0) throw new RangeError('working days are counted forwards: give 0 or more');
  let day = addDays(date, 0);
  for (let left = n; left > 0; ) {
    day = addDays(day, 1);
    if (isWorkingDay(day, holidays)) left -= 1;
  }
  return day;
}

function dayNumber(text: string): number | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return utc(year, month, day);
}

function requireDay(date: string): number {
  const day = dayNumber(date);
  // The text is left out: it may be somebody's birth date.
  if (day === undefined) throw new RangeError('not a calendar date: give YYYY-MM-DD');
  return day;
}

function requireWhole(n: number): number {
  if (!Number.isSafeInteger(n)) throw new RangeError('give a whole number');
  return n;
}

function toDate(day: number): string {
  const instant = new Date(day * DAY_MS);
  const year = instant.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new RangeError('the result is outside the years 0001-9999');
  return instant.toISOString().slice(0, 10);
}

function daysInMonth(year: number, month: number): number {
  const lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return lengths[month - 1] ?? 0;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Days since 1970-01-01. `Date.UTC` would take the years 1–99 for 1901–1999. */
function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / DAY_MS;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
