import { addMonths, firstMomentAfter } from './calendar.js';
import {
  type DefaulterState,
  type EndGround,
  type Ground,
  type Measure,
  type ReleaseGround,
  TERM_MONTHS,
} from './vocabulary.js';

/** One restriction as the rules see it. Instants are epoch ms; null = not yet, or never. */
export interface Restriction {
  readonly id: string;
  readonly measure: Measure;
  /** First instant at which it may act (00:00 Asia/Shanghai of the decided day), if the court set one. */
  readonly from: number | null;
  readonly inForceAt: number | null;
  /** Fixed at publish: the instant from which a term listing no longer acts. */
  readonly until: number | null;
  /** Where the term as decided today ends; beyond `until` once it was extended and not yet published so. Null without a term. */
  readonly termEnd: number | null;
  readonly endedAt: number | null;
  readonly endGround: EndGround | null;
  /** Whether departments have been notified of its end. */
  readonly endNotified: boolean;
}

/** One defaulter's life as the rules see it: everything a transition may read or change. */
export interface Enforcement {
  readonly ground: Ground;
  /** Months of a term listing; null for ground 1 (失信名单规定 art. 2). */
  readonly termMonths: number | null;
  /** First instant after the last free day, if the court granted grace. */
  readonly graceEndsAt: number | null;
  readonly stayed: boolean;
  /** What departments were last notified of about the stay. */
  readonly stayNotified: boolean;
  readonly publishedAt: number | null;
  readonly endedAt: number | null;
  /** An exemption or a confirmed service that the departments have not been notified of. */
  readonly noticePending: boolean;
  /** The earliest deadline that nobody has met or escalated yet. */
  readonly deadlineAt: number | null;
  /** Nothing is owed any more of what once was: nothing may newly come into force. */
  readonly performed: boolean;
  readonly restrictions: readonly Restriction[];
}

/** What can happen to a life. `publish` and `expire` come from the process, the rest from courts. */
export type EnforcementEvent =
  | { readonly type: 'publish'; readonly termEnd: (r: Restriction) => number | null }
  | { readonly type: 'extend' }
  | { readonly type: 'expire' }
  | { readonly type: 'performed' }
  | { readonly type: 'release'; readonly ground: ReleaseGround; readonly measures: readonly Measure[] | null }
  | { readonly type: 'revoke' }
  | { readonly type: 'stay' }
  | { readonly type: 'resume' }
  | { readonly type: 'impose'; readonly restriction: Restriction }
  | { readonly type: 'correct' }
  | { readonly type: 'notified' }
  | { readonly type: 'finish' };

/** Why an event does not fit the life as it stands. */
export type Conflict =
  | 'nothing-to-end'
  | 'term-listing-needs-early'
  | 'already-stayed'
  | 'not-stayed'
  | 'already-imposed'
  | 'ending'
  | 'already-performed'
  | 'no-term'
  | 'term-too-long'
  | 'nothing-to-extend'
  | 're-listing'
  | 'not-finished';

export type Transition = { readonly enforcement: Enforcement } | { readonly conflict: Conflict };

/** A restriction as it is decided: not in force, nobody notified of it. */
export const decided = (id: string, measure: Measure): Restriction => ({
  id,
  measure,
  from: null,
  inForceAt: null,
  until: null,
  termEnd: null,
  endedAt: null,
  endGround: null,
  endNotified: false,
});

/** A life as it begins: nothing published, stayed, paid or told. `termMonths` is null for ground 1; `graceEndsAt` in epoch ms. */
export const opened = (
  ground: Ground,
  termMonths: number | null,
  graceEndsAt: number | null,
  restrictions: readonly Restriction[],
): Enforcement => ({
  ground,
  termMonths,
  graceEndsAt,
  stayed: false,
  stayNotified: false,
  publishedAt: null,
  endedAt: null,
  noticePending: false,
  deadlineAt: null,
  performed: false,
  restrictions,
});

export const isOpen = (r: Restriction): boolean => r.endedAt === null;
/** Open and published; whether it acts now says `isEffective`. */
export const isInForce = (r: Restriction): boolean => isOpen(r) && r.inForceAt !== null;
/** Ended, and departments have not been told. */
export const endUnnotified = (r: Restriction): boolean => !isOpen(r) && !r.endNotified;
export const everythingEnded = (enforcement: Enforcement): boolean =>
  enforcement.restrictions.every((r) => r.endedAt !== null);

/** Whether the restriction acts at `now`: R2, `[from, until)`, in force, not ended, not stayed. */
export function isEffective(enforcement: Pick<Enforcement, 'stayed'>, r: Restriction, now: number): boolean {
  return (
    !enforcement.stayed && isInForce(r) && (r.from === null || r.from <= now) && (r.until === null || now < r.until)
  );
}

/** The state of the defaulter, derived and never stored. */
export function stateOf(enforcement: Enforcement, now: number): DefaulterState {
  if (enforcement.endedAt !== null) return 'RELEASED';
  if (enforcement.restrictions.every((r) => r.endedAt !== null || (r.until !== null && r.until <= now)))
    return 'RELEASING';
  if (enforcement.publishedAt !== null) return 'IN_FORCE';
  return enforcement.graceEndsAt !== null && now < enforcement.graceEndsAt ? 'GRACE' : 'PUBLISHING';
}

/** Whether publish may put this restriction in force at `now`. */
function publishable(enforcement: Enforcement, r: Restriction, now: number): boolean {
  return (
    isOpen(r) &&
    r.inForceAt === null &&
    !enforcement.stayed &&
    !enforcement.performed &&
    enforcement.endedAt === null &&
    (enforcement.graceEndsAt === null || enforcement.graceEndsAt <= now) &&
    (r.from === null || r.from <= now) &&
    (r.termEnd === null || r.termEnd > now)
  );
}

/** When the restriction's term is over: as published, or as it would be for one that takes another's place. */
const finishedAt = (r: Restriction): number | null => r.until ?? (r.inForceAt === null ? r.termEnd : null);
const isFinished = (r: Restriction, now: number): boolean => (finishedAt(r) ?? Number.POSITIVE_INFINITY) <= now;

/**
 * The one transition function of a life, used by the transaction of every fact and by the steps of the process, both
 * under the lock of the case. It never goes backwards: an ended restriction is returned unchanged by every event.
 */
export function transition(enforcement: Enforcement, event: EnforcementEvent, now: number): Transition {
  return TRANSITIONS[event.type](enforcement, event as never, now);
}

type Handler<T extends EnforcementEvent['type']> = (
  enforcement: Enforcement,
  event: Extract<EnforcementEvent, { type: T }>,
  now: number,
) => Transition;

const TRANSITIONS: { readonly [T in EnforcementEvent['type']]: Handler<T> } = {
  publish: (enforcement, { termEnd }, now) => {
    const restrictions = enforcement.restrictions.map((r) =>
      publishable(enforcement, r, now) ? { ...r, inForceAt: now, until: termEnd(r) } : r,
    );
    const published = restrictions.some((r, i) => r !== enforcement.restrictions[i]);
    return {
      enforcement: published
        ? { ...enforcement, restrictions, publishedAt: enforcement.publishedAt ?? now }
        : enforcement,
    };
  },
  // A term that is over stays over: an extension reaches only a listing whose term still runs.
  extend: (enforcement, _event, now) => {
    const restrictions = enforcement.restrictions.map((r) => (extendable(r, now) ? { ...r, until: r.termEnd } : r));
    return {
      enforcement: restrictions.some((r, i) => r !== enforcement.restrictions[i])
        ? { ...enforcement, restrictions }
        : enforcement,
    };
  },
  // The clock has decided already (`until`); this records it, with the instant at which it stopped acting.
  expire: (enforcement, _event, now) => ({
    enforcement: end(
      enforcement,
      (r) => isFinished(r, now),
      'expired',
      (r) => finishedAt(r) ?? now,
    ),
  }),
  // Full performance: LISTING of ground 1, CONSUMPTION, and any LISTING not yet in force (art. 10 ¶1 (1), consumption rule art. 9).
  // What stays and was not yet in force is kept back by `performed`: a payment before publish leaves nobody blocked.
  performed: (enforcement, _event, now) => ({
    enforcement: end(
      { ...enforcement, performed: true },
      (r) => endsByPerformance(enforcement, r),
      'performed',
      () => now,
    ),
  }),
  release: (enforcement, { ground, measures }, now) => {
    const named = (r: Restriction) => isOpen(r) && (measures === null || measures.includes(r.measure));
    if (!enforcement.restrictions.some(named)) return { conflict: 'nothing-to-end' };
    // Art. 10 ¶2: a term listing in force does not leave by the grounds of ¶1.
    const term = enforcement.ground !== 1 && ground !== 'early';
    if (term && enforcement.restrictions.some((r) => named(r) && r.measure === 'LISTING' && r.inForceAt !== null)) {
      return { conflict: 'term-listing-needs-early' };
    }
    return { enforcement: end(enforcement, named, ground, () => now) };
  },
  revoke: (enforcement, _event, now) =>
    enforcement.restrictions.some(isOpen)
      ? { enforcement: end(enforcement, isOpen, 'revoked', () => now) }
      : { conflict: 'nothing-to-end' },
  stay: (enforcement, _event, now) => {
    if (isEnding(enforcement, now)) return { conflict: 'ending' };
    return enforcement.stayed ? { conflict: 'already-stayed' } : { enforcement: { ...enforcement, stayed: true } };
  },
  resume: (enforcement, _event, now) => {
    if (isEnding(enforcement, now)) return { conflict: 'ending' };
    return enforcement.stayed ? { enforcement: { ...enforcement, stayed: false } } : { conflict: 'not-stayed' };
  },
  impose: (enforcement, { restriction }, now) => {
    if (isEnding(enforcement, now)) return { conflict: 'ending' };
    if (enforcement.performed) return { conflict: 'already-performed' };
    // Listed again is a new defaulter with `previous`: the bar of art. 10 ¶3 is looked at there.
    if (restriction.measure === 'LISTING' && enforcement.restrictions.some(leftTheList))
      return { conflict: 're-listing' };
    return { enforcement: { ...enforcement, restrictions: [...enforcement.restrictions, restriction] } };
  },
  // The old identity is free at once; what replaces it is decided anew and waits for publish like any restriction.
  correct: (enforcement, _event, now) =>
    isEnding(enforcement, now)
      ? { conflict: 'ending' }
      : { enforcement: end(enforcement, isOpen, 'corrected', () => now) },
  notified: (enforcement) => ({
    enforcement: {
      ...enforcement,
      noticePending: false,
      stayNotified: enforcement.publishedAt === null ? enforcement.stayNotified : enforcement.stayed,
      restrictions: enforcement.restrictions.map((r) => (endUnnotified(r) ? { ...r, endNotified: true } : r)),
    },
  }),
  finish: (enforcement, _event, now) => {
    if (!everythingEnded(enforcement) || enforcement.restrictions.some((r) => !r.endNotified))
      return { conflict: 'not-finished' };
    return { enforcement: enforcement.endedAt === null ? { ...enforcement, endedAt: now } : enforcement };
  },
};

/** Nothing acts any more and nothing ever will: every restriction has ended, be it only by the clock. */
function isEnding(enforcement: Enforcement, now: number): boolean {
  const state = stateOf(enforcement, now);
  return state === 'RELEASING' || state === 'RELEASED';
}

const extendable = (r: Restriction, now: number): boolean =>
  isOpen(r) && r.until !== null && r.until > now && r.termEnd !== null && r.termEnd > r.until;

/** The longest term in months (失信名单规定 art. 2: two years, one to three more for what is serious). */
const LONGEST_TERM = Math.max(...TERM_MONTHS);

/** Why the term of a life cannot be made longer by so many months, or null where it can: a listing whose term still runs, or has yet to begin. */
export function lengthenable({ termMonths, restrictions }: Enforcement, months: number, now: number): Conflict | null {
  if (termMonths === null) return 'no-term';
  if (termMonths + months > LONGEST_TERM) return 'term-too-long';
  const running = (r: Restriction) => r.measure === 'LISTING' && isOpen(r) && (r.until === null || r.until > now);
  return restrictions.some(running) ? null : 'nothing-to-extend';
}

/** 00:00 Asia/Shanghai of the day after the last day of a term that counts from a day; null for ground 1 (失信名单规定 art. 2). */
export const termEndOf = (from: string, months: number | null): number | null =>
  months === null ? null : Date.parse(firstMomentAfter(addMonths(from, months)));

const leftTheList = (r: Restriction): boolean =>
  r.measure === 'LISTING' && r.endedAt !== null && r.endGround !== 'corrected';

function endsByPerformance(enforcement: Enforcement, r: Restriction): boolean {
  if (r.measure === 'CONSUMPTION') return true;
  return r.measure === 'LISTING' && (enforcement.ground === 1 || r.inForceAt === null);
}

function end(
  enforcement: Enforcement,
  which: (r: Restriction) => boolean,
  ground: EndGround,
  at: (r: Restriction) => number,
): Enforcement {
  const restrictions = enforcement.restrictions.map((r) => {
    if (!isOpen(r) || !which(r)) return r;
    // Never before it came into force, whatever a clock says.
    return { ...r, endedAt: Math.max(at(r), r.inForceAt ?? at(r)), endGround: ground };
  });
  return restrictions.some((r, i) => r !== enforcement.restrictions[i])
    ? { ...enforcement, restrictions }
    : enforcement;
}

/** A step the process owes a life. */
export type Step = 'tell' | 'expire' | 'extend' | 'publish' | 'escalate' | 'finish';

/** What the process has to do next for a life, and when to look again by itself (epoch ms). */
export interface NextStep {
  readonly due: Step | null;
  readonly wakeAt: number | null;
}

/**
 * What a life stands in need of. Freeing goes before blocking: a release is notified before anything is published.
 * `released` says whether every department has acknowledged every release in the log.
 */
export function nextStep(enforcement: Enforcement, released: boolean, now: number): NextStep {
  if (enforcement.endedAt !== null) return { due: null, wakeAt: null };
  const wakeAt = nextClock(enforcement, now);
  if (enforcement.restrictions.some(endUnnotified)) return { due: 'tell', wakeAt };
  if (
    enforcement.publishedAt !== null &&
    enforcement.stayed !== enforcement.stayNotified &&
    !everythingEnded(enforcement)
  )
    return { due: 'tell', wakeAt };
  if (enforcement.noticePending && enforcement.publishedAt !== null && !everythingEnded(enforcement))
    return { due: 'tell', wakeAt };
  if (enforcement.restrictions.some((r) => isOpen(r) && isFinished(r, now))) return { due: 'expire', wakeAt };
  if (enforcement.restrictions.some((r) => extendable(r, now))) return { due: 'extend', wakeAt };
  if (enforcement.restrictions.some((r) => publishable(enforcement, r, now))) return { due: 'publish', wakeAt };
  if (everythingEnded(enforcement) && released) return { due: 'finish', wakeAt };
  return { due: enforcement.deadlineAt !== null && enforcement.deadlineAt <= now ? 'escalate' : null, wakeAt };
}

function nextClock(enforcement: Enforcement, now: number): number | null {
  const open = enforcement.restrictions.filter(isOpen);
  const waiting = open.filter((r) => r.inForceAt === null && !enforcement.stayed && !enforcement.performed);
  const clocks = [
    ...open.map(finishedAt),
    ...waiting.map((r) => r.from),
    waiting.length > 0 ? enforcement.graceEndsAt : null,
    enforcement.deadlineAt,
  ].filter((at): at is number => at !== null && at > now);
  return clocks.length === 0 ? null : Math.min(...clocks);
}

/** `outstanding` and `surplus` in fen: what is still owed, and what came in beyond it. Never below zero. */
export function balance(obligation: bigint, repaid: bigint): { outstanding: bigint; surplus: bigint } {
  const left = obligation - repaid;
  return left >= 0n ? { outstanding: left, surplus: 0n } : { outstanding: 0n, surplus: -left };
}

/** Whether a defaulter owes nothing any more: the debt is paid, or the share they are liable for. Amounts in fen. */
export function isPerformed(sums: {
  obligationFen: bigint;
  repaidFen: bigint;
  liableForFen: bigint | null;
  paidFen: bigint;
}): boolean {
  const debtPaid = sums.obligationFen > 0n && sums.repaidFen >= sums.obligationFen;
  return debtPaid || (sums.liableForFen !== null && sums.paidFen >= sums.liableForFen);
}

/** Whether a payment of `fen` completes the share a defaulter is liable for. Amounts in fen. */
export const paysTheirShare = (
  payer: { enforcement: Pick<Enforcement, 'endedAt'>; liableForFen: bigint | null; paidFen: bigint },
  fen: bigint,
): boolean =>
  payer.enforcement.endedAt === null &&
  payer.liableForFen !== null &&
  payer.paidFen < payer.liableForFen &&
  payer.paidFen + fen >= payer.liableForFen;
