import type { Logger } from 'pino';
import { missingHolidayYear, unknownHolidayYears } from '../../registry/case/deadlines.js';

const LOOK_EVERY_MS = 60_000;
/** A year that is missing is said again this often, until somebody has added it. */
const SAY_EVERY_MS = 6 * 3_600_000;

/** Says loudly, from the start, when the holidays of a year within reach are not loaded, and every time a deadline was not set for it. */
export function watchHolidays(log: Logger, now: () => number = Date.now): void {
  let saidAt = Number.NEGATIVE_INFINITY;
  let counted = 0;
  const look = (): void => {
    const year = missingHolidayYear(now());
    const lost = unknownHolidayYears.count - counted;
    counted += lost;
    if (lost === 0 && (year === null || now() - saidAt < SAY_EVERY_MS)) return;
    saidAt = now();
    log.error(
      { alarm: 'holidays', year, deadlinesNotSet: lost },
      'the holidays of a year are not loaded: add the State Council’s notice to registry/data/holidays.json; until then its deadlines are not set',
    );
  };
  look();
  setInterval(look, LOOK_EVERY_MS).unref();
}
