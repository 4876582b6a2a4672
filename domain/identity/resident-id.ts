import { addMonths, compareDates, isCalendarDate } from '../calendar.js';
import { residentCheck } from './check-digits.js';

const EIGHTEEN = /^\d{17}[\dX]$/;
const FIFTEEN = /^\d{15}$/;
/** Great age is no ground to refuse; before this year nobody with a number can have been born. */
const EARLIEST_BIRTH = '1800-01-01';
// 9 + province of issue: the permanent-residence card since 2023-12-01. No citizen's address code begins with 9.
const FOREIGN_CARD = /^9(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])\d{3}/;

/**
 * Birth date of an 18-digit number with the right check digit (GB 11643-1999): a real day, not after `today`.
 * Undefined otherwise. The address part is never judged: it is where the number was issued, and old codes live on.
 */
export function birthDateOf(number: string, today: string): string | undefined {
  if (!EIGHTEEN.test(number) || residentCheck(number.slice(0, 17)) !== number.charAt(17)) return undefined;
  const birthDate = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`;
  if (!isCalendarDate(birthDate) || birthDate < EARLIEST_BIRTH) return undefined;
  // Calendar dates compare as their texts do.
  return birthDate <= today ? birthDate : undefined;
}

/** The number of a foreigner's permanent-residence card has the citizen's check digit and birth date, but is no citizen's. */
export function isForeignCardNumber(number: string): boolean {
  return FOREIGN_CARD.test(number);
}

/** Of the 18-digit number: an odd sequence is male, an even one female. */
export function sexOf(number: string): 'male' | 'female' {
  return Number(number.charAt(16)) % 2 === 1 ? 'male' : 'female';
}

/** The 18 digits of a 15-digit number of before 1999, undefined when it isn't 15 digits. Sequences 996–999 were kept for people born before 1900. */
export function eighteenDigits(number: string): string | undefined {
  if (!FIFTEEN.test(number)) return undefined;
  const century = number.slice(12) >= '996' ? '18' : '19';
  const body = number.slice(0, 6) + century + number.slice(6);
  return body + residentCheck(body);
}

/** Under 18 on the day `today` (Civil Code 民法典 art. 17, 18); adult from the 18th birthday, for 29 February by art. 202 from the 28th. */
export function isMinor(birthDate: string, today: string): boolean {
  return compareDates(today, addMonths(birthDate, 18 * 12)) < 0;
}
