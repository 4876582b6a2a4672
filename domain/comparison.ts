import { type Enforcement, isEffective, isOpen, type Restriction, stateOf } from './enforcement.js';
import { isDoubtful, type MetDefaulter } from './match-ladder.js';
import type { Disposition, Measure, Outcome, SubjectRole } from './vocabulary.js';

/** The rule of a service in effect: who is compared, by which measures, with what disposition. */
export interface ServiceRule {
  readonly subjects: readonly SubjectRole[];
  readonly disposition: Disposition;
  readonly gatedBy: readonly Measure[];
  readonly flags: readonly string[];
  readonly enabled: boolean;
  /** Calendar dates, Asia/Shanghai; null = open. */
  readonly validFrom: string | null;
  readonly validUntil: string | null;
}

/** A defaulter the party may be, with all that decides whether it stops the business. */
export interface JudgedDefaulter extends MetDefaulter {
  readonly enforcement: Enforcement;
  /** Of the restrictions of the life, those on this very subject; the object of a SEAL is compared by the caller. */
  readonly restrictions: readonly (Restriction & { readonly seizesObject: boolean })[];
  readonly exempt: boolean;
  /** The judge has confirmed this service for this defaulter (R6). */
  readonly confirmed: boolean;
  /** The court of this case applies itself, for this very object. */
  readonly courtApplies: boolean;
  /** The court has let this very reference go on (directive ALLOW or PROCEEDS_TO_COURT). */
  readonly allowedByCourt: boolean;
  /** This very reference was held, and its time ran out without the court's refusal: the default is to let go. */
  readonly holdOver: boolean;
}

/** Why a comparison came out clear; kept in the record, never told to the department. */
export type ClearReason =
  | 'NO_MATCH'
  | 'IN_GRACE'
  | 'STAYED'
  | 'EXEMPT'
  | 'SHIELDED'
  | 'REVOKED'
  | 'EXPIRED'
  | 'MEASURE_DOES_NOT_GATE'
  | 'SERVICE_NOT_GATED'
  | 'ROW_RETIRED'
  | 'NO_COURT_ORDER'
  /** The applicant is the listing court itself, by a document it has recorded (judicial auction). */
  | 'COURT_IS_APPLICANT'
  | 'ALLOWED_BY_COURT'
  | 'HOLD_ENDED'
  /** A court has decided that the party at the counter is somebody else. */
  | 'NOT_THIS_PERSON'
  /** R6: not a school of the register of those that charge above the normal standard. */
  | 'INSTITUTION_NOT_GATED'
  /** R6: not a day on which the school enrols for a term that has not begun. */
  | 'DURING_TERM';

export type HitReason = 'ID_EXACT' | 'ID_EXACT_NAME_DIFFERS' | 'ID_ALIAS' | 'ID_15_DIGIT' | 'LEGAL_REP_OF';

export type Judgement =
  | { readonly outcome: 'CLEAR'; readonly reason: ClearReason }
  | {
      readonly outcome: Exclude<Outcome, 'CLEAR'>;
      readonly reasons: readonly HitReason[];
      readonly measures: readonly Measure[];
    };

/** Why the rule itself lets everybody pass on this day, or null when it compares. A retired or switched-off row never blocks. */
export function ruleClears(rule: ServiceRule, today: string): ClearReason | null {
  if (!rule.enabled) return 'SERVICE_NOT_GATED';
  const valid =
    (rule.validFrom === null || rule.validFrom <= today) && (rule.validUntil === null || today <= rule.validUntil);
  return valid ? null : 'ROW_RETIRED';
}

/** The flag of services that touch a child's schooling: R6 holds for them. */
export const TOUCHES_A_CHILD = 'minor';

/** A school of the register of those that charge above the normal standard (法发〔2019〕35号). */
export interface School {
  /** The days on which it enrols for a term that has not begun, both included; null: none are entered. */
  readonly enrols: { readonly from: string; readonly until: string } | null;
}

/**
 * Why a school lets everybody pass on this day, or null when parents may be compared there (R6). Terms differ by school and year, so the days
 * on which something may be held are entered for each school, and every other day counts as term: a pupil who may already sit in class is
 * never touched, and a register nobody keeps up stops nobody.
 */
export function schoolClears(school: School | undefined, today: string): ClearReason | null {
  if (school === undefined) return 'INSTITUTION_NOT_GATED';
  const { enrols } = school;
  return enrols !== null && enrols.from <= today && today <= enrols.until ? null : 'DURING_TERM';
}

const OUTCOME_OF: { readonly [D in Disposition]: Exclude<Outcome, 'CLEAR'> } = {
  BLOCK: 'INTERCEPT',
  REVIEW: 'REVIEW',
  NOTIFY: 'NOTIFY',
  // Gated only by a court's order for this person, so an acting measure is that order.
  ASSIST: 'INTERCEPT',
};

/** Judges one met defaulter at `now` (epoch ms). An exact identifier decides, the name cross-checks (R1); no score. */
export function judge(rule: ServiceRule, met: JudgedDefaulter, now: number): Judgement {
  const clear = (reason: ClearReason): Judgement => ({ outcome: 'CLEAR', reason });
  if (!rule.subjects.includes(met.role)) return clear('SERVICE_NOT_GATED');
  const gating = met.restrictions.filter((r) => gates(rule, met.role, r));
  if (gating.length === 0) return clear(rule.disposition === 'ASSIST' ? 'NO_COURT_ORDER' : 'MEASURE_DOES_NOT_GATE');
  const acting = gating.filter((r) => isEffective(met.enforcement, r, now));
  if (acting.length === 0) return clear(whyNotActing(met.enforcement, gating, now));
  // Only a doubt can be cleared up so: an exact number and name always decide.
  if (met.otherPerson && isDoubtful(met.match)) return clear('NOT_THIS_PERSON');
  if (met.exempt) return clear('EXEMPT');
  if (rule.flags.includes('judge-confirms') && !met.confirmed) return clear('NO_COURT_ORDER');
  if (met.courtApplies) return clear('COURT_IS_APPLICANT');
  if (met.allowedByCourt) return clear('ALLOWED_BY_COURT');
  if (met.holdOver) return clear('HOLD_ENDED');
  const outcome = OUTCOME_OF[rule.disposition];
  const reasons = reasonsOf(met);
  return {
    // Doubt about who it is goes to a human; a step that would go on anyway is not held for it.
    outcome: isDoubtful(met.match) && outcome === 'INTERCEPT' ? 'REVIEW' : outcome,
    reasons,
    measures: [...new Set(acting.map((r) => r.measure))],
  };
}

/** The answer to the department: the strictest outcome of all who are met. */
export function strictest(judgements: readonly Judgement[]): Outcome {
  const order: readonly Outcome[] = ['CLEAR', 'NOTIFY', 'REVIEW', 'INTERCEPT'];
  return order[Math.max(0, ...judgements.map((j) => order.indexOf(j.outcome)))] ?? 'CLEAR';
}

function gates(rule: ServiceRule, role: SubjectRole, r: JudgedDefaulter['restrictions'][number]): boolean {
  if (!rule.gatedBy.includes(r.measure)) return false;
  if (role === 'R') return r.measure === 'CONSUMPTION';
  return r.measure !== 'SEAL' || r.seizesObject;
}

function whyNotActing(enforcement: Enforcement, gating: readonly Restriction[], now: number): ClearReason {
  const open = gating.filter(isOpen);
  if (open.length === 0) return gating.every((r) => r.endGround === 'revoked') ? 'REVOKED' : endedHow(gating);
  if (open.every((r) => r.until !== null && r.until <= now)) return 'EXPIRED';
  if (enforcement.stayed) return 'STAYED';
  return stateOf(enforcement, now) === 'GRACE' ? 'IN_GRACE' : 'MEASURE_DOES_NOT_GATE';
}

const endedHow = (gating: readonly Restriction[]): ClearReason =>
  gating.every((r) => r.endGround === 'expired') ? 'EXPIRED' : 'SHIELDED';

function reasonsOf({ match, role }: JudgedDefaulter): HitReason[] {
  const reasons: HitReason[] = [];
  if (match.fifteenDigits) reasons.push('ID_15_DIGIT');
  if (match.alias) reasons.push('ID_ALIAS');
  if (!match.nameEqual) reasons.push('ID_EXACT_NAME_DIFFERS');
  if (reasons.length === 0) reasons.push('ID_EXACT');
  if (role === 'R') reasons.push('LEGAL_REP_OF');
  return reasons;
}
