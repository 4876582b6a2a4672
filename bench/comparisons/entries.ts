// Made-up people and organisations: who is on a list, and who is on none.
import { creditCodeCheck, organisationCheck, residentCheck } from '../../domain/identity/check-digits.js';
import { parseIdentifier, type RawIdentifier } from '../../domain/identity/identifier.js';
import type { Party } from '../../registry/inputs.js';

const TODAY = '2026-01-01';
const DAYS = 14_000;
const REGIONS = 3_000;
/** Takes the nth to a region and a day, no two to the same (it has no factor in common with both): a list's people are spread over all there are. */
const STRIDE = 25_214_911;
const SURNAMES = Array.from('赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨');
const GIVEN = Array.from('甲乙丙丁戊己庚辛壬癸');
const LETTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY';
/** Of the listed, those who are asked for have a case of their own; the others share one, so that a list is filled within minutes. */
export const ASKED_FOR = 20_000;

/** Days as they stand in a number, made once. */
const BIRTH_DATES = Array.from({ length: DAYS }, (_, day) =>
  new Date(Date.UTC(1960, 0, 1) + day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', ''),
);

export interface Entry {
  kind: 'person' | 'organisation';
  name: string;
  identifier: RawIdentifier;
}

/** The nth made-up person's number: a right check digit and the sequence 000, which is issued to no one. */
export function residentNumber(nth: number): string {
  const spot = (nth * STRIDE) % (DAYS * REGIONS);
  const body = `${100_000 + Math.floor(spot / DAYS)}${BIRTH_DATES[spot % DAYS]}000`;
  return body + residentCheck(body);
}

const nameOf = (nth: number): string => {
  const [surname, first, second] = [
    SURNAMES[nth % 16],
    GIVEN[Math.floor(nth / 16) % 10],
    GIVEN[Math.floor(nth / 160) % 10],
  ];
  // Every fifth has a name with a dot.
  return nth % 5 === 4 ? `${surname}${first}·${second}` : `${surname}${first}${second}`;
};

/** The organisation code of the nth made-up organisation: PDY… is kept for private use. */
function organisationCode(nth: number): string {
  let body = '';
  for (let rest = nth, index = 0; index < 5; index++, rest = Math.floor(rest / 31))
    body = LETTERS.charAt(rest % 31) + body;
  return `PDY${body}${organisationCheck(`PDY${body}`)}`;
}

/** The unified social credit code that contains an organisation code. */
export function creditCode(organisation: string): string {
  const body = `91520112${organisation}`;
  return body + creditCodeCheck(body);
}

/** The nth entry of every list that is long enough; whoever comes after the last is nobody's. */
export function entryAt(nth: number): Entry {
  const name = nameOf(nth);
  const person = (identifier: RawIdentifier): Entry => ({ kind: 'person', name, identifier });
  if (nth < ASKED_FOR) {
    const code = organisationCode(nth);
    const organisation = { kind: 'organisation', name: `${name}公司` } as const;
    switch (nth % 20) {
      case 17:
        return person({ type: 'hk-macau-permit', number: `H${String(nth).padStart(8, '0')}` });
      case 18:
        return { ...organisation, identifier: { type: 'organisation-code', number: code } };
      case 19:
        return { ...organisation, identifier: { type: 'uscc', number: creditCode(code) } };
    }
  }
  return person({ type: 'resident-id', number: residentNumber(nth) });
}

/** Names come again after so many entries. */
export const NAMES = 1_600;
/** So many of the listed had another number before; it is no longer theirs. */
export const FORMER = 2_000;
export const formerNumber = (nth: number): string => residentNumber(40_000_000 + nth);

/** One of those who are on a list and asked for. */
export const listedAt = (nth: number): Entry => entryAt(nth % ASKED_FOR);

/** As the api reads it. Throws on what it would refuse. */
export function partyOf({ kind, name, identifier }: Entry): Party {
  const parsed = parseIdentifier(identifier, TODAY);
  if (!parsed.ok) throw new Error(parsed.code);
  return { kind, name, identifiers: [parsed.identifier] };
}
