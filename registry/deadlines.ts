import { firstMomentAfter, shanghaiDate, UnknownHolidayYear, workingDaysAfter } from '../domain/calendar.js';
import holidays from './data/holidays.json' with { type: 'json' };

/** Working days a judge has to decide what stays after full performance (失信名单规定 art. 10: shield within three working days). */
const DECISION_WORKING_DAYS = 3;

/**
 * The end of the third working day after `now` (epoch ms), as an instant. Null where the holidays of that year are not known yet:
 * the task is raised all the same, and `unknownHolidayYears` says so loudly.
 */
export function decisionDeadline(now: number): string | null {
  try {
    return firstMomentAfter(workingDaysAfter(shanghaiDate(now), DECISION_WORKING_DAYS, holidays));
  } catch (error) {
    if (!(error instanceof UnknownHolidayYear)) throw error;
    unknownHolidayYears.count += 1;
    return null;
  }
}

/** How many deadlines could not be set for want of a holiday calendar: a metric that must stay zero. */
export const unknownHolidayYears = { count: 0 };
