import type { FactType } from '../../domain/vocabulary.js';
import type { TimelineItem } from '../../registry/views/case-views.js';
import { money } from '../text/format.js';
import type { Visit } from '../visit.js';

export type Detail = TimelineItem['detail'];

/** What a fact says beyond its name, as short phrases; what the record doesn't hold is left out. */
type Phrases = (visit: Visit, detail: Detail) => (string | undefined)[];

interface FactView {
  glyph: string;
  /** Colour group: glyph and text say the same. */
  tone: 'court' | 'notice' | 'stop' | 'money' | 'free' | 'warn' | 'quiet';
  phrases: Phrases;
}

/** The word of a closed list; a code the list does not know is shown as it stands in the record. */
const word = (words: { readonly [code: string]: string }, code: unknown): string | undefined =>
  typeof code === 'string' || typeof code === 'number' ? (words[code] ?? String(code)) : undefined;

const words = (list: { readonly [code: string]: string }, codes: unknown): string | undefined =>
  Array.isArray(codes) && codes.length > 0
    ? [...new Set(codes)]
        .map((code) => word(list, code))
        .filter((one) => one !== undefined)
        .join(' · ')
    : undefined;

const yuan = (visit: Visit, value: unknown): string | undefined =>
  typeof value === 'string' ? money(value, visit.language) : undefined;

function phrase<T>(value: T | undefined, say: (value: T) => string): string | undefined {
  return value === undefined ? undefined : say(value);
}

const isNothing = (value: unknown): boolean => value === undefined || value === '0.00';
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const nothing: Phrases = () => [];

/** One view per type of fact: the compiler holds it complete. */
export const FACTS: { readonly [T in FactType]: FactView } = {
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
    phrases: (visit, { judge }) => [phrase(text(judge), visit.text.detail.judge)],
  },
  read: { glyph: '○', tone: 'quiet', phrases: (visit, { kind }) => [word(visit.text.inboxKinds, kind)] },
  escalated: { glyph: '!', tone: 'warn', phrases: (visit, { kind }) => [word(visit.text.inboxKinds, kind)] },
  repayment: {
    glyph: '¥',
    tone: 'money',
    phrases: (visit, { amount, source, receivedOn, outstanding, surplus }) => [
      yuan(visit, amount),
      word(visit.text.sources, source),
      phrase(text(receivedOn), visit.text.detail.receivedOn),
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
    phrases: (visit, { decisionType, ground, measures, measure, amount, judge }) => [
      word(visit.text.decisions, decisionType),
      word(visit.text.endGrounds, ground),
      words(visit.text.measures, measures) ?? word(visit.text.measures, measure),
      yuan(visit, amount),
      phrase(text(judge), visit.text.detail.judge),
    ],
  },
  'hold-ended': { glyph: '◔', tone: 'warn', phrases: nothing },
  'grace-ended': { glyph: '◔', tone: 'notice', phrases: nothing },
  'term-ended': { glyph: '◔', tone: 'free', phrases: (visit, { measures }) => [words(visit.text.measures, measures)] },
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

/** A late fact is named by the signal it would have been; two of those have the name of their fact. */
function lateFact(visit: Visit, fact: unknown): string | undefined {
  const { facts } = visit.text;
  return word({ repayment: facts.repayment, decision: facts.decision, interception: facts['comparison-hit'] }, fact);
}
