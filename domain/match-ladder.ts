import { ALWAYS_REVIEWED, type IdentifierType, type PartyKind } from './identity/identifier.js';
import { hasPrivateUse, nameEquals } from './name.js';
import type { SubjectRole } from './vocabulary.js';

// The match ladder (domain handbook §5.6): how the documents at a counter meet the record. An equal number brings a subject before the rules, the
// name cross-checks it, and doubt goes to a human. A name alone (L4, L5) is never looked for here.

/** How the party's document and name met a subject on record. */
export interface IdentityMatch {
  readonly nameEqual: boolean;
  /** Met through a number contained in the document, on either side. */
  readonly alias: boolean;
  /** The party's number was written in 15 digits: no check digit, weak evidence. */
  readonly fifteenDigits: boolean;
  /** The document has no check or no settled form. */
  readonly weakDocument: boolean;
}

/** Whether a human has to say if it is the same person (levels L2 and L3 of the match ladder). */
export const isDoubtful = (match: IdentityMatch): boolean =>
  !match.nameEqual || match.fifteenDigits || match.weakDocument;

/** A form of a number given at the counter; numbers are equal when their blind indexes (hex) are. */
export interface AskedNumber {
  readonly blind: string;
  readonly type: IdentifierType;
  /** Contained in the document that was given. */
  readonly alias: boolean;
  readonly fifteenDigits: boolean;
  /** Given as a department's token: the number itself is not known. */
  readonly byToken: boolean;
}

/** A number on record by which the party was met; `link`: the court's link that gave it, null where it is the record's own. */
export interface RecordedNumber {
  readonly blind: string;
  readonly alias: boolean;
  readonly fifteenDigits: boolean;
  readonly link: string | null;
}

/** P and O are defaulters themselves; R is a related person of a restricted organisation. */
export function roleOf({ related, kind }: { related: boolean; kind: PartyKind }): SubjectRole {
  if (related) return 'R';
  return kind === 'person' ? 'P' : 'O';
}

/**
 * How the documents met the record: the strongest of the ways they did, and the court's link it went by. `byOtherRecord`: the defaulter is not
 * the record that was met but one that courts have linked with it.
 */
export function matchOf(met: {
  asked: readonly AskedNumber[];
  recorded: readonly RecordedNumber[];
  byOtherRecord: boolean;
  names: { asked: string; recorded: string };
}): { match: IdentityMatch; link: string | null } {
  const { asked, recorded, byOtherRecord, names } = met;
  const ways = recorded.flatMap((known) =>
    asked
      .filter((given) => given.blind === known.blind)
      .map((given) => ({
        // Another record of the party, or a number a court gave it, is an alias.
        alias: given.alias || known.alias || known.link !== null || byOtherRecord,
        link: known.link,
        // Weak evidence on either side.
        fifteenDigits: known.fifteenDigits || given.fifteenDigits,
        weakDocument: ALWAYS_REVIEWED.has(given.type),
      })),
  );
  const { link, ...best } = ways.sort((a, b) => weakness(a) - weakness(b))[0] ?? NO_NUMBER;
  // A private-use character says nothing about which character is meant.
  const unclear = hasPrivateUse(names.asked) || hasPrivateUse(names.recorded);
  return {
    match: {
      nameEqual: nameEquals(names.recorded, names.asked),
      ...best,
      weakDocument: best.weakDocument || unclear,
    },
    link,
  };
}

/** Where no number is in common nothing is sure. */
const NO_NUMBER = { alias: true, link: null, fifteenDigits: false, weakDocument: true };

const weakness = (way: Omit<IdentityMatch, 'nameEqual'>): number =>
  Number(way.fifteenDigits) * 4 + Number(way.weakDocument) * 2 + Number(way.alias);

/** A number under which a court has said that it is somebody else; `weak`: in its 15-digit form alone. */
export interface ExceptedNumber {
  readonly type: string;
  readonly blind: string;
  readonly weak: boolean;
}

/** Whether the number a court has spoken of is among those given. */
export const isExceptedNumber = (
  excepted: ExceptedNumber,
  asked: readonly AskedNumber[],
  recorded: readonly RecordedNumber[],
): boolean =>
  asked.some(
    (given) =>
      // Met by a token, the number is the record's own: of that type.
      (given.byToken
        ? given.type === excepted.type && recorded.some((known) => known.blind === given.blind)
        : given.blind === excepted.blind) &&
      (!excepted.weak || given.fifteenDigits),
  );

/** A defaulter the party may be, or (role R) whose related person it may be, and how it was met. */
export interface MetDefaulter {
  readonly defaulter: string;
  readonly role: SubjectRole;
  readonly match: IdentityMatch;
  /** A court has said that this number under this name is somebody else ("not this person"). */
  readonly otherPerson: boolean;
}

/** A defaulter may be met in several ways, by number and by links: the clearest speaks, and one that a court has excepted only where no other does. */
export function clearestOf<Met extends MetDefaulter>(found: readonly Met[]): Met[] {
  const clearest = new Map<string, Met>();
  for (const met of found) {
    const known = clearest.get(met.defaulter);
    if (!known || doubt(met) < doubt(known)) clearest.set(met.defaulter, met);
  }
  return [...clearest.values()];
}

const doubt = ({ match, otherPerson, role }: MetDefaulter): number =>
  (otherPerson ? 8 : 0) + (isDoubtful(match) ? 4 : 0) + (role === 'R' ? 2 : 0) + (match.alias ? 1 : 0);
