import { countryCode } from './countries.js';
import { normaliseNumber } from './normalise.js';
import { isCreditCode, isOrganisationCode, isRegistrationNumber, organisationCodeOf } from './organisation.js';
import { birthDateOf, eighteenDigits, isForeignCardNumber, sexOf } from './resident-id.js';

export { normaliseNumber } from './normalise.js';
export { isMinor } from './resident-id.js';

export const IDENTIFIER_TYPES = [
  'resident-id',
  'uscc',
  'organisation-code',
  'business-registration',
  'hk-macau-permit',
  'taiwan-permit',
  'foreign-resident-card',
  'passport',
  'other',
] as const;

export type IdentifierType = (typeof IDENTIFIER_TYPES)[number];
export type PartyKind = 'person' | 'organisation';

/** As the caller wrote it. The caller states the type; it is never guessed. */
export interface RawIdentifier {
  type: IdentifierType;
  number: string;
  country?: string | undefined;
}

/** What a document is indexed under; `country` is the passport's three letters, '' for every other type. */
export interface IdentifierKey {
  type: IdentifierType;
  number: string;
  country: string;
}

/** A checked document. `birthDate` and `sex` are what the number itself says; `aliases` what else the document is indexed under. */
export interface Identifier extends IdentifierKey {
  birthDate?: string;
  sex?: 'male' | 'female';
  /** Given as a department's token (16 bytes, hex) instead of the number, which is then ''. */
  token?: { value: string; epoch: string };
  flags: 'ID_15_DIGIT'[];
  warnings: ('W02' | 'W05')[];
  aliases: IdentifierKey[];
}

/** E01: the number breaks its type's rule. E02: the type is missing, unknown or not this document's, or its country is. */
export type ParsedIdentifier = { ok: true; identifier: Identifier } | { ok: false; code: 'E01' | 'E02' };

/** Documents without a check or a settled form: an equal number and name still go to a human (REVIEW). */
export const ALWAYS_REVIEWED: ReadonlySet<IdentifierType> = new Set(['taiwan-permit', 'other']);

type Reading = Partial<Omit<Identifier, 'type' | 'country'>> & { number: string };
type Rule = (number: string, today: string) => Reading | 'E01' | 'E02';

const RULES: ReadonlyMap<string, Rule> = new Map<IdentifierType, Rule>([
  ['resident-id', residentId],
  ['uscc', creditCode],
  ['organisation-code', (number) => (isOrganisationCode(number) ? { number } : 'E01')],
  ['business-registration', (number) => (isRegistrationNumber(number) ? { number } : 'E01')],
  // H/M + 8 digits for life, until 2013 followed by 2 that counted renewals.
  ['hk-macau-permit', (number) => (/^[HM]\d{8}(\d{2})?$/.test(number) ? { number: number.slice(0, 9) } : 'E01')],
  ['taiwan-permit', taiwanPermit],
  ['foreign-resident-card', foreignCard],
  ['passport', (number) => (/^[0-9A-Z]{5,17}$/.test(number) ? { number } : 'E01')],
  ['other', (number) => (/^(?=.*[\p{L}\p{N}]).{2,64}$/u.test(number) ? { number } : 'E01')],
]);

/** Which kinds of party may hold a document. A person may: an individual business (个体工商户, 92…) is its operator's. */
const HOLDERS: Record<IdentifierType, readonly PartyKind[]> = {
  'resident-id': ['person'],
  uscc: ['organisation', 'person'],
  'organisation-code': ['organisation'],
  'business-registration': ['organisation', 'person'],
  'hk-macau-permit': ['person'],
  'taiwan-permit': ['person'],
  'foreign-resident-card': ['person'],
  passport: ['person'],
  other: ['person', 'organisation'],
};

/** Checks and normalises a document; `today` is the day in Asia/Shanghai. The value never appears in a failure. */
export function parseIdentifier(raw: RawIdentifier, today: string): ParsedIdentifier {
  const rule = RULES.get(raw.type);
  if (rule === undefined) return { ok: false, code: 'E02' };
  const given = raw.country === undefined || raw.country.trim() === '' ? '' : countryCode(raw.country);
  if (given === undefined || (raw.type === 'passport' && given === '')) return { ok: false, code: 'E02' };
  const reading = rule(normaliseNumber(raw.number), today);
  if (typeof reading === 'string') return { ok: false, code: reading };
  // Only a passport's number needs its country: a country on other documents would split one document into two keys.
  const country = raw.type === 'passport' ? given : '';
  return { ok: true, identifier: { type: raw.type, country, flags: [], warnings: [], aliases: [], ...reading } };
}

/** Reads a document of the record again: no day is too late for the birth date in it. */
export const readRecorded = (recorded: RawIdentifier): ParsedIdentifier => parseIdentifier(recorded, '2200-12-31');

/** The document's own key first, then its aliases: index a listing under all, look a query up under all, and an alias on either side is level L3. */
export function indexKeys(identifier: Identifier): IdentifierKey[] {
  const { type, number, country } = identifier;
  return [{ type, number, country }, ...identifier.aliases];
}

/** Whether such a document can belong to such a party. With a `number`, a person's USCC must be an individual business's (92…). */
export function fitsKind(type: IdentifierType, kind: PartyKind, number?: string): boolean {
  if (type === 'uscc' && kind === 'person' && number !== undefined) return normaliseNumber(number).startsWith('92');
  return HOLDERS[type].includes(kind);
}

/** GB 11643-1999; residence permits of Hong Kong, Macau and Taiwan people (81…, 82…, 83…) follow the same rule. */
function residentId(written: string, today: string): Reading | 'E01' | 'E02' {
  const converted = eighteenDigits(written);
  const number = converted ?? written;
  const birthDate = birthDateOf(number, today);
  if (birthDate === undefined) return 'E01';
  if (isForeignCardNumber(number)) return 'E02';
  if (converted !== undefined) {
    return { number, birthDate, sex: sexOf(number), flags: ['ID_15_DIGIT'], warnings: ['W02'] };
  }
  return { number, birthDate, sex: sexOf(number), warnings: isCreditCode(number) ? ['W05'] : [] };
}

function creditCode(number: string, today: string): Reading | 'E01' {
  if (!isCreditCode(number)) return 'E01';
  return {
    number,
    warnings: typeof residentId(number, today) === 'string' ? [] : ['W05'],
    aliases: [{ type: 'organisation-code', number: organisationCodeOf(number), country: '' }],
  };
}

/** 8 digits; older ones 10 with a letter, often in brackets. */
function taiwanPermit(written: string): Reading | 'E01' {
  const number = written.replace(/[()]/g, '');
  return /^[A-Z]?\d{8,10}[A-Z]{0,2}$/.test(number) ? { number } : 'E01';
}

/** 18 digits with leading 9 since 2023-12-01, before that 3 letters and 12 digits. */
function foreignCard(number: string, today: string): Reading | 'E01' {
  if (/^[A-Z]{3}\d{12}$/.test(number)) return { number };
  const birthDate = number.startsWith('9') ? birthDateOf(number, today) : undefined;
  return birthDate === undefined ? 'E01' : { number, birthDate };
}
