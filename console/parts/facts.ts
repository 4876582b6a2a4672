import type { FactDetails, RecordedDetails, RecordedFact } from '../../domain/facts.js';
import type { FactType, Measure } from '../../domain/vocabulary.js';
import { money } from '../text/format.js';
import type { Visit } from '../visit.js';

/** What the ids and codes of a fact stand for. */
export interface Called {
  /** Masked names by defaulter, names of departments and services by code. */
  names: ReadonlyMap<string, string>;
  /** Of the restrictions of the case. */
  measures: ReadonlyMap<string, Measure>;
}

/** What a fact says beyond its name, as short phrases; what the record doesn't hold is left out. */
type Phrases<T extends FactType> = (visit: Visit, detail: RecordedDetails[T], called: Called) => (string | undefined)[];

interface FactLook<T extends FactType> {
  glyph: string;
  /** Colour group: glyph and text say the same. */
  tone: 'court' | 'notice' | 'stop' | 'money' | 'free' | 'warn' | 'quiet';
  phrases: Phrases<T>;
}

/** The word of a closed list; a code the list does not know (a newer version wrote it) is shown as it stands in the record. */
const word = <C extends string>(
  words: { readonly [code in C]: string },
  code: C | null | undefined,
): string | undefined => (code === null || code === undefined ? undefined : (words[code] ?? String(code)));

const words = <C extends string>(
  list: { readonly [code in C]: string },
  codes: readonly (C | undefined)[] | undefined,
): string | undefined =>
  Array.isArray(codes) && codes.length > 0
    ? [...new Set(codes)]
        .map((code) => word(list, code))
        .filter((one) => one !== undefined)
        .join(' · ')
    : undefined;

const yuan = (visit: Visit, value: string | undefined): string | undefined =>
  typeof value === 'string' ? money(value, visit.language) : undefined;

function phrase<T>(value: T | undefined, say: (value: T) => string): string | undefined {
  return value === undefined ? undefined : say(value);
}

const isNothing = (value: string | undefined): boolean => value === undefined || value === '0.00';
const nothing = (): [] => [];

/** One view per type of fact: the compiler holds it complete. */
export const FACTS: { readonly [T in FactType]: FactLook<T> } = {
  'case-opened': {
    glyph: '●',
    tone: 'court',
    phrases: (visit, { obligation, defaulters }) => [
      phrase(yuan(visit, obligation), visit.text.detail.obligation),
      Array.isArray(defaulters) ? visit.text.detail.defaulters(defaulters.length) : undefined,
    ],
  },
  published: { glyph: '▲', tone: 'notice', phrases: (visit, { measures }) => [words(visit.text.measures, measures)] },
  'comparison-hit': {
    glyph: '◆',
    tone: 'stop',
    phrases: (visit, { outcome, measures, reasons }) => [
      word(visit.text.outcomes, outcome),
      words(visit.text.measures, measures),
      words(visit.text.reasons, reasons),
    ],
  },
  feedback: {
    glyph: '◇',
    tone: 'stop',
    phrases: (visit, { action, identity }) => [word(visit.text.feedback, action), word(visit.text.identity, identity)],
  },
  directive: {
    glyph: '▶',
    tone: 'court',
    phrases: (visit, { directiveType }) => [word(visit.text.directives, directiveType)],
  },
  'judge-notified': {
    glyph: '◎',
    tone: 'quiet',
    phrases: (visit, { judge }) => [phrase(judge, visit.text.detail.judge)],
  },
  read: { glyph: '○', tone: 'quiet', phrases: (visit, { kind }) => [word(visit.text.inboxKinds, kind)] },
  escalated: {
    glyph: '!',
    tone: 'warn',
    phrases: (visit, { deadline, level, missing }, { names }) => [
      word(visit.text.deadlines, deadline),
      phrase(level, visit.text.detail.level),
      stillMissing(visit, missing, names),
    ],
  },
  repayment: {
    glyph: '¥',
    tone: 'money',
    phrases: (visit, { amount, source, receivedOn, outstanding, surplus }) => [
      yuan(visit, amount),
      word(visit.text.sources, source),
      phrase(receivedOn, visit.text.detail.receivedOn),
      phrase(yuan(visit, outstanding), visit.text.detail.outstanding),
      isNothing(surplus) ? undefined : phrase(yuan(visit, surplus), visit.text.detail.surplus),
    ],
  },
  'repayment-reversed': {
    glyph: '↺',
    tone: 'warn',
    phrases: (visit, { amount, outstanding }) => [
      yuan(visit, amount),
      phrase(yuan(visit, outstanding), visit.text.detail.outstanding),
    ],
  },
  'obligation-amended': {
    glyph: '±',
    tone: 'money',
    phrases: (visit, { from, to, outstanding }) => [
      visit.text.detail.fromTo(yuan(visit, from) ?? '', yuan(visit, to) ?? ''),
      phrase(yuan(visit, outstanding), visit.text.detail.outstanding),
    ],
  },
  decision: {
    glyph: '§',
    tone: 'court',
    phrases: (visit, detail) => [word(visit.text.decisions, detail.decisionType), ...decided(visit, detail)],
  },
  'hold-ended': { glyph: '◔', tone: 'warn', phrases: nothing },
  'grace-ended': { glyph: '◔', tone: 'notice', phrases: nothing },
  'term-ended': {
    glyph: '◔',
    tone: 'free',
    phrases: (visit, { restrictions }, { measures }) => [
      words(
        visit.text.measures,
        restrictions?.map((id) => measures.get(id)),
      ),
    ],
  },
  'restriction-ended': {
    glyph: '□',
    tone: 'free',
    phrases: (visit, { measures, ground, allEnded }) => [
      words(visit.text.measures, measures),
      word(visit.text.endGrounds, ground),
      allEnded === true ? visit.text.detail.allEnded : undefined,
    ],
  },
  'release-published': {
    glyph: '△',
    tone: 'free',
    phrases: (visit, { measures, freed }) => [
      words(visit.text.measures, measures),
      Array.isArray(freed) && freed.length > 0 ? visit.text.detail.freed(freed.length) : undefined,
    ],
  },
  'all-acknowledged': { glyph: '✓', tone: 'notice', phrases: (visit, { kind }) => [word(visit.text.notices, kind)] },
  released: {
    glyph: '✓',
    tone: 'free',
    phrases: (visit, { caseClosed }) => [caseClosed === true ? visit.text.detail.caseClosed : undefined],
  },
  'late-fact': { glyph: '!', tone: 'warn', phrases: (visit, { fact }) => [lateFact(visit, fact)] },
};

/** The phrases of one fact. */
export const phrasesOf = <T extends FactType>(visit: Visit, fact: RecordedFact<T>, called: Called): string[] =>
  FACTS[fact.type].phrases(visit, fact.detail, called).filter((one) => one !== undefined);

/** What a decision says beyond its type. */
function decided(visit: Visit, detail: RecordedDetails['decision']): (string | undefined)[] {
  const { text } = visit;
  switch (detail.decisionType) {
    case 'release':
      return [word(text.endGrounds, detail.ground), words(text.measures, detail.measures)];
    case 'impose':
      return [word(text.measures, detail.measure)];
    case 'amend-obligation':
      return [yuan(visit, detail.amount)];
    case 'reassign':
      return [phrase(detail.judge, text.detail.judge)];
    default:
      return [];
  }
}

const MISSING_AT_MOST = 3;

/** The departments that had not acknowledged, by name while they are few. */
function stillMissing(
  visit: Visit,
  missing: readonly string[] | undefined,
  names: Called['names'],
): string | undefined {
  if (missing === undefined || missing.length === 0) return undefined;
  const shown = missing.slice(0, MISSING_AT_MOST).map((code) => names.get(code) ?? code);
  return visit.text.detail.missing(shown.join(visit.language === 'en' ? ', ' : '、'), missing.length - shown.length);
}

/** A late fact is named by the signal it would have been, which has the name of a fact. */
function lateFact(visit: Visit, fact: FactDetails['late-fact']['fact']): string | undefined {
  const { facts } = visit.text;
  return word({ repayment: facts.repayment, decision: facts.decision }, fact);
}
