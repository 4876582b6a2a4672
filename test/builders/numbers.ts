import { randomInt } from 'node:crypto';
import { DAY_MS } from '../../domain/calendar.js';
import { creditCodeCheck, organisationCheck, residentCheck } from '../../domain/identity/check-digits.js';

// Made-up numbers with right check digits, of nobody (domain handbook §5). A number that is drawn meets no other number
// of its file, drawn or named: people are born before 1960 where they are drawn and after where a test says when,
// organisations have serials from 1000 where they are drawn and below where they are named, passports from E6100000.

let born = randomInt(1_000_000);
let founded = 1_000;
let issued = 6_100_000;

/** Of somebody born on that day (YYYYMMDD), or of somebody new. The sequence, 000, is issued to nobody, and a woman’s by its parity. */
export function residentNumber(birthday = anotherBirthday()): string {
  const body = `520112${birthday}000`;
  return body + residentCheck(body);
}

const anotherBirthday = (): string =>
  new Date(Date.UTC(1930, 0, 1) + (born++ % 10_900) * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');

/** An organisation code of the range that is kept for private use. */
export function organisationCode(serial: number = founded++): string {
  const body = `PDY${String(serial).padStart(5, '0')}`;
  return body + organisationCheck(body);
}

/** What the first digits of a unified social credit code say: whose it is. */
export const REGISTERED_AS = { company: '91520112', individualBusiness: '92520112', village: 'N1520112' } as const;

/** The unified social credit code around the organisation code of this serial, or a new one. */
export function creditCode(serial: number = founded++, prefix: string = REGISTERED_AS.company): string {
  const body = prefix + organisationCode(serial);
  return body + creditCodeCheck(body);
}

/** Of a Chinese passport. */
export const passportNumber = (): string => `E${issued++}`;

export const WUDANG_PERSON = '520112196001010009';
export const OTHER_PERSON = '11010519491231002X';
export const ORGANISATION = creditCode(18);
export const OTHER_ORGANISATION = creditCode(1);
