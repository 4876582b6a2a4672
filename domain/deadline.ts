import { firstMomentAfter, type HolidayCalendar, shanghaiDate, workingDaysAfter } from './calendar.js';

/** What has to happen by when: the judge reads and answers, a hold ends, departments acknowledge, what stays is decided. */
export const DEADLINE_KINDS = ['read', 'answer', 'hold', 'acknowledge', 'decide'] as const;
export type DeadlineKind = (typeof DEADLINE_KINDS)[number];

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const WORKING_DAYS = /^(\d+) working days?$/;

/**
 * When something is due that is given `within` from `now` (epoch ms): an ISO 8601 duration of days, hours, minutes, seconds (`PT15M`), or
 * `n working days`, which end with the n-th working day in Asia/Shanghai. Throws UnknownHolidayYear where the calendar does not reach,
 * RangeError for another text.
 */
export function dueAt(now: number, within: string, holidays: HolidayCalendar): number {
  const working = WORKING_DAYS.exec(within);
  if (working) return Date.parse(firstMomentAfter(workingDaysAfter(shanghaiDate(now), Number(working[1]), holidays)));
  const duration = DURATION.exec(within);
  if (!duration || within === 'P' || within.endsWith('T'))
    throw new RangeError('neither an ISO 8601 duration nor working days');
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = duration.slice(1).map((part) => Number(part ?? 0));
  return now + ((days * 24 + hours) * 60 + minutes) * 60_000 + Math.round(seconds * 1_000);
}
