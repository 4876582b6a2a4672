import { shanghaiDate } from '../../domain/calendar.js';
import {
  type Identifier,
  type IdentifierType,
  type PartyKind,
  parseIdentifier,
} from '../../domain/identity/identifier.js';
import type { Measure } from '../../domain/vocabulary.js';
import type { DefaulterInput, Party } from '../../registry/inputs.js';
import { creditCode, passportNumber, residentNumber } from './numbers.js';

// Parties as the API hands them to the registry. Who is not named is somebody new, and meets nobody else of the file.

/** The day it is in Shanghai. */
export const today = (): string => shanghaiDate(Date.now());

/** Throws when the product refuses the number. */
export function document(type: IdentifierType, number: string, country?: string): Identifier {
  const parsed = parseIdentifier({ type, number, country }, today());
  if (!parsed.ok) throw new Error(`${type}: ${parsed.code}`);
  return parsed.identifier;
}

/** A resident number as a document: this one, or of somebody new. */
export const identifier = (number = residentNumber()): Identifier => document('resident-id', number);

/** Somebody with these documents, the first being what they are known by. */
export const party = (kind: PartyKind, name: string, ...documents: [IdentifierType, string, string?][]): Party => ({
  kind,
  name,
  identifiers: documents.map((one) => document(...one)),
});

export const person = (name = '甲某', number?: string): Party => ({
  kind: 'person',
  name,
  identifiers: [identifier(number)],
});

/** A person with a Chinese passport and nothing else. */
export const passportHolder = (name: string, number = passportNumber()): Party =>
  party('person', name, ['passport', number, 'CHN']);

export const organisation = (name: string, code = creditCode()): Party => party('organisation', name, ['uscc', code]);

/** What a party is known by. */
export function documentOf({ identifiers: [first] }: Party): Identifier {
  if (!first) throw new Error('no document');
  return first;
}

/** The decision by which a court lists somebody unless a test says otherwise. */
const COURT_DECISION = { number: '（2026）黔0112执1号之一', madeOn: '2026-01-05' };

/** A property unit as a court seizes it and a counter asks about it. */
export const unit = (number: string) => ({ type: 'property-unit', number }) as const;

/** A party (or somebody) to be listed on ground 1, with these measures; `seal` names the unit that is seized. */
export function defaulter(
  listed: Party = person(),
  measures: (Measure | { seal: string })[] = ['LISTING', 'CONSUMPTION'],
): DefaulterInput {
  return {
    ...listed,
    ground: 1,
    conduct: '有履行能力而拒不履行生效法律文书确定义务',
    decision: COURT_DECISION,
    measures: measures.map((measure) =>
      typeof measure === 'string'
        ? { measure, decision: COURT_DECISION }
        : { measure: 'SEAL', decision: COURT_DECISION, asset: unit(measure.seal) },
    ),
    representatives: [],
    student: false,
  };
}

/** Listed on ground 2, for a term. */
export const termDefaulter = (
  listed: Party = person(),
  measures?: Parameters<typeof defaulter>[1],
): DefaulterInput => ({
  ...defaulter(listed, measures),
  ground: 2,
  termMonths: 24,
});
