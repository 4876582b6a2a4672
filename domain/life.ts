import type { DefaulterState, EndGround, Ground, Measure, ReleaseGround } from './vocabulary.js';

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
  /** Whether departments have been told of its end. */
  readonly endTold: boolean;
}

/** One defaulter's life as the rules see it: everything a transition may read or change. */
export interface Life {
  readonly ground: Ground;
  /** Months of a term listing; null for ground 1 (失信名单规定 art. 2). */
  readonly termMonths: number | null;
  /** First instant after the last free day, if the court granted grace. */
  readonly graceEndsAt: number | null;
  readonly stayed: boolean;
  /** What departments last heard about the stay. */
  readonly stayTold: boolean;
  readonly publishedAt: number | null;
  readonly endedAt: number | null;
  /** An exemption or a confirmed service that the departments have not been told of. */
  readonly untold: boolean;
  /** The earliest deadline that nobody has met or escalated yet. */
  readonly deadlineAt: number | null;
  /** Nothing is owed any more of what once was: nothing may newly come into force. */
  readonly performed: boolean;
  readonly restrictions: readonly Restriction[];
}

/** What can happen to a life. `publish` and `expire` come from the process, the rest from courts. */
export type LifeEvent =
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
  | { readonly type: 'told' }
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

export type Transition = { readonly life: Life } | { readonly conflict: Conflict };

/** A restriction as it is decided: not in force, nothing of it told. */
export const decided = (id: string, measure: Measure): Restriction => ({
  id,
  measure,
  from: null,
  inForceAt: null,
  until: null,
  termEnd: null,
  endedAt: null,
  endGround: null,
  endTold: false,
});

export const isOpen = (r: Restriction): boolean => r.endedAt === null;
export const everythingEnded = (life: Life): boolean => life.restrictions.every((r) => r.endedAt !== null);

/** Whether the restriction acts at `now`: R2, `[from, until)`, in force, not ended, not stayed. */
export function acts(life: Pick<Life, 'stayed'>, r: Restriction, now: number): boolean {
  return (
    !life.stayed &&
    r.inForceAt !== null &&
    r.endedAt === null &&
    (r.from === null || r.from <= now) &&
    (r.until === null || now < r.until)
  );
}

/** The state of the defaulter, derived and never stored. */
export function stateOf(life: Life, now: number): DefaulterState {
  if (life.endedAt !== null) return 'RELEASED';
  if (life.restrictions.every((r) => r.endedAt !== null || (r.until !== null && r.until <= now))) return 'RELEASING';
  if (life.publishedAt !== null) return 'IN_FORCE';
  return life.graceEndsAt !== null && now < life.graceEndsAt ? 'GRACE' : 'PUBLISHING';
}

/** Whether publish may put this restriction in force at `now`. */
export function publishable(life: Life, r: Restriction, now: number): boolean {
  return (
    isOpen(r) &&
    r.inForceAt === null &&
    !life.stayed &&
    !life.performed &&
    life.endedAt === null &&
    (life.graceEndsAt === null || life.graceEndsAt <= now) &&
    (r.from === null || r.from <= now) &&
    (r.termEnd === null || r.termEnd > now)
  );
}

/** When the restriction's term is over: as published, or as it would be for one that takes another's place. */
const overAt = (r: Restriction): number | null => r.until ?? (r.inForceAt === null ? r.termEnd : null);
const isOver = (r: Restriction, now: number): boolean => (overAt(r) ?? Number.POSITIVE_INFINITY) <= now;

/**
 * The one transition function of a life, used by the transaction of every fact and by the steps of the process, both
 * under the lock of the case. It never goes backwards: an ended restriction is returned unchanged by every event.
 */
export function transition(life: Life, event: LifeEvent, now: number): Transition {
  return TRANSITIONS[event.type](life, event as never, now);
}

type Handler<T extends LifeEvent['type']> = (
  life: Life,
  event: Extract<LifeEvent, { type: T }>,
  now: number,
) => Transition;

const TRANSITIONS: { readonly [T in LifeEvent['type']]: Handler<T> } = {
  publish: (life, { termEnd }, now) => {
    const restrictions = life.restrictions.map((r) =>
      publishable(life, r, now) ? { ...r, inForceAt: now, until: termEnd(r) } : r,
    );
    const published = restrictions.some((r, i) => r !== life.restrictions[i]);
    return { life: published ? { ...life, restrictions, publishedAt: life.publishedAt ?? now } : life };
  },
  // A term that is over stays over: an extension reaches only a listing whose term still runs.
  extend: (life, _event, now) => {
    const restrictions = life.restrictions.map((r) => (extendable(r, now) ? { ...r, until: r.termEnd } : r));
    return { life: restrictions.some((r, i) => r !== life.restrictions[i]) ? { ...life, restrictions } : life };
  },
  // The clock has decided already (`until`); this records it, with the instant at which it stopped acting.
  expire: (life, _event, now) => ({
    life: end(
      life,
      (r) => isOver(r, now),
      'expired',
      (r) => overAt(r) ?? now,
    ),
  }),
  // Full performance: LISTING of ground 1, CONSUMPTION, and any LISTING not yet in force (art. 10 ¶1 (1), consumption rule art. 9).
  // What stays and was not yet in force is kept back by `performed`: a payment before publish leaves nobody blocked.
  performed: (life, _event, now) => ({
    life: end(
      { ...life, performed: true },
      (r) => endsByPerformance(life, r),
      'performed',
      () => now,
    ),
  }),
  release: (life, { ground, measures }, now) => {
    const named = (r: Restriction) => isOpen(r) && (measures === null || measures.includes(r.measure));
    if (!life.restrictions.some(named)) return { conflict: 'nothing-to-end' };
    // Art. 10 ¶2: a term listing in force does not leave by the grounds of ¶1.
    const term = life.ground !== 1 && ground !== 'early';
    if (term && life.restrictions.some((r) => named(r) && r.measure === 'LISTING' && r.inForceAt !== null)) {
      return { conflict: 'term-listing-needs-early' };
    }
    return { life: end(life, named, ground, () => now) };
  },
  revoke: (life, _event, now) =>
    life.restrictions.some(isOpen) ? { life: end(life, isOpen, 'revoked', () => now) } : { conflict: 'nothing-to-end' },
  stay: (life, _event, now) => {
    if (isEnding(life, now)) return { conflict: 'ending' };
    return life.stayed ? { conflict: 'already-stayed' } : { life: { ...life, stayed: true } };
  },
  resume: (life, _event, now) => {
    if (isEnding(life, now)) return { conflict: 'ending' };
    return life.stayed ? { life: { ...life, stayed: false } } : { conflict: 'not-stayed' };
  },
  impose: (life, { restriction }, now) => {
    if (isEnding(life, now)) return { conflict: 'ending' };
    if (life.performed) return { conflict: 'already-performed' };
    // Listed again is a new defaulter with `previous`: the bar of art. 10 ¶3 is looked at there.
    if (restriction.measure === 'LISTING' && life.restrictions.some(leftTheList)) return { conflict: 're-listing' };
    return { life: { ...life, restrictions: [...life.restrictions, restriction] } };
  },
  // The old identity is free at once; what replaces it is decided anew and waits for publish like any restriction.
  correct: (life, _event, now) =>
    isEnding(life, now) ? { conflict: 'ending' } : { life: end(life, isOpen, 'corrected', () => now) },
  told: (life) => ({
    life: {
      ...life,
      untold: false,
      stayTold: life.publishedAt === null ? life.stayTold : life.stayed,
      restrictions: life.restrictions.map((r) => (r.endedAt !== null && !r.endTold ? { ...r, endTold: true } : r)),
    },
  }),
  finish: (life, _event, now) => {
    if (!everythingEnded(life) || life.restrictions.some((r) => !r.endTold)) return { conflict: 'not-finished' };
    return { life: life.endedAt === null ? { ...life, endedAt: now } : life };
  },
};

/** Nothing acts any more and nothing ever will: every restriction has ended, be it only by the clock. */
function isEnding(life: Life, now: number): boolean {
  const state = stateOf(life, now);
  return state === 'RELEASING' || state === 'RELEASED';
}

const extendable = (r: Restriction, now: number): boolean =>
  isOpen(r) && r.until !== null && r.until > now && r.termEnd !== null && r.termEnd > r.until;

const leftTheList = (r: Restriction): boolean =>
  r.measure === 'LISTING' && r.endedAt !== null && r.endGround !== 'corrected';

function endsByPerformance(life: Life, r: Restriction): boolean {
  if (r.measure === 'CONSUMPTION') return true;
  return r.measure === 'LISTING' && (life.ground === 1 || r.inForceAt === null);
}

function end(life: Life, which: (r: Restriction) => boolean, ground: EndGround, at: (r: Restriction) => number): Life {
  const restrictions = life.restrictions.map((r) => {
    if (!isOpen(r) || !which(r)) return r;
    // Never before it came into force, whatever a clock says.
    return { ...r, endedAt: Math.max(at(r), r.inForceAt ?? at(r)), endGround: ground };
  });
  return restrictions.some((r, i) => r !== life.restrictions[i]) ? { ...life, restrictions } : life;
}

/** A step the process owes a life. */
export type Step = 'tell' | 'expire' | 'extend' | 'publish' | 'escalate' | 'finish';

/** What the process has to do next for a life, and when to look again by itself (epoch ms). */
export interface Standing {
  readonly due: Step | null;
  readonly wakeAt: number | null;
}

/**
 * What a life stands in need of. Freeing goes before blocking: a release is told before anything is published.
 * `released` says whether every department has acknowledged every release in the log.
 */
export function standing(life: Life, released: boolean, now: number): Standing {
  if (life.endedAt !== null) return { due: null, wakeAt: null };
  const wakeAt = nextClock(life, now);
  if (life.restrictions.some((r) => r.endedAt !== null && !r.endTold)) return { due: 'tell', wakeAt };
  if (life.publishedAt !== null && life.stayed !== life.stayTold && !everythingEnded(life))
    return { due: 'tell', wakeAt };
  if (life.untold && life.publishedAt !== null && !everythingEnded(life)) return { due: 'tell', wakeAt };
  if (life.restrictions.some((r) => isOpen(r) && isOver(r, now))) return { due: 'expire', wakeAt };
  if (life.restrictions.some((r) => extendable(r, now))) return { due: 'extend', wakeAt };
  if (life.restrictions.some((r) => publishable(life, r, now))) return { due: 'publish', wakeAt };
  if (everythingEnded(life) && released) return { due: 'finish', wakeAt };
  return { due: life.deadlineAt !== null && life.deadlineAt <= now ? 'escalate' : null, wakeAt };
}

function nextClock(life: Life, now: number): number | null {
  const open = life.restrictions.filter(isOpen);
  const waiting = open.filter((r) => r.inForceAt === null && !life.stayed && !life.performed);
  const clocks = [
    ...open.map(overAt),
    ...waiting.map((r) => r.from),
    waiting.length > 0 ? life.graceEndsAt : null,
    life.deadlineAt,
  ].filter((at): at is number => at !== null && at > now);
  return clocks.length === 0 ? null : Math.min(...clocks);
}

/** `outstanding` and `surplus` in fen: what is still owed, and what came in beyond it. Never below zero. */
export function balance(obligation: bigint, repaid: bigint): { outstanding: bigint; surplus: bigint } {
  const left = obligation - repaid;
  return left >= 0n ? { outstanding: left, surplus: 0n } : { outstanding: 0n, surplus: -left };
}
