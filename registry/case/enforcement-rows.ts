import { firstMomentAfter, shanghaiDate, startOfDayShanghai } from '../../domain/calendar.js';
import { type Enforcement, type Restriction, termEndOf } from '../../domain/enforcement.js';
import type { EndGround, Ground, Measure } from '../../domain/vocabulary.js';
import { AWAITED } from './closed-lists.js';

// How the rules' view of an enforcement is read: the columns, the SQL that several rooms say alike, and what it turns into.

export interface EnforcementRow {
  id: string;
  subject: string;
  canonical_sealed: Buffer;
  ground: Ground;
  term_months: number | null;
  grace_until: string | null;
  stayed: boolean;
  stay_told: boolean;
  published_at: Date | null;
  ended_at: Date | null;
  last_life_seq: number;
  releases_settled: boolean;
  notice_pending: boolean;
  deadline_at: Date | null;
  performed_at: Date | null;
  liable_for_fen: string | null;
  paid_fen: string;
  repaid_fen: string;
  now: Date;
  restrictions: RestrictionRow[] | null;
}

export interface RestrictionRow {
  id: string;
  measure: Measure;
  from_date: string | null;
  term_from: string | null;
  in_force_at: string | null;
  until: string | null;
  ended_at: string | null;
  end_ground: EndGround | null;
  end_told_at: string | null;
}

/**
 * Whether there is a row of defaulter `d`, found by its index. Not `exists`: over many cases that is planned as one walk through what is open of
 * everybody, which grows with every department that is away.
 */
const some = (rows: string): string => `((
    select true
    ${rows}
    limit 1
  ) is not null)`;

const UNNOTIFIED_EXEMPTION = `from exemption e
    where e.defaulter = d.id
      and e.told_at is null`;
const UNNOTIFIED_CONFIRMATION = `from service_confirmation sc
    where sc.defaulter = d.id
      and sc.told_at is null`;

/** Whether departments have still to be notified of an exemption or a confirmed service of defaulter `d`. */
export const NOTICE_PENDING = `(${some(UNNOTIFIED_EXEMPTION)} or ${some(UNNOTIFIED_CONFIRMATION)})`;

/** The earliest open deadline of defaulter `d`. */
export const DEADLINE = `(
    select min(due_at)
    from deadline l
    where l.defaulter = d.id
      and l.settled_at is null
  )`;

/** Whether every release and correction of defaulter `d` in the log has been acknowledged by all. */
// Counted over the defaulter's own: `settled_at is null` as a condition would be found by the index of what is open of everybody.
export const RELEASES_SETTLED = `(
    select coalesce(bool_and(n.settled_at is not null), true)
    from notice n
    where n.defaulter = d.id
      and n.kind in ${AWAITED}
  )`;

/** The sum of the repayments `p` that were not reversed, in fen: all, or those that a condition chooses (of a case, of a payer). */
export const repaidFen = (...chosen: readonly string[]): string => `(
    select coalesce(sum(p.amount_fen), 0)
    from repayment p
    where ${[...chosen, 'p.reversed_at is null'].join('\n      and ')}
  )`;

/** Restriction `r` has not been ended, nor has its term run out (by PostgreSQL's clock). */
export const STILL_OPEN = `r.ended_at is null
  and (r.until is null or clock_timestamp() < r.until)`;

/** Restriction `r` came into force and is still open; its defaulter may be stayed. */
export const IN_FORCE = `r.in_force_at is not null
  and ${STILL_OPEN}`;

const RESTRICTION_MEMBERS = [
  "'id', r.id, 'measure', r.measure, 'from_date', r.from_date, 'term_from', r.term_from",
  "'in_force_at', r.in_force_at, 'until', r.until, 'ended_at', r.ended_at",
  "'end_ground', r.end_ground, 'end_told_at', r.end_told_at",
];

/** The restrictions of defaulter `d` as JSON, each a `RestrictionRow` and the further members given: pairs of a name and an expression. */
export const restrictionsJson = (...further: readonly string[]): string => `(
    select json_agg(json_build_object(
      ${[...RESTRICTION_MEMBERS, ...further].join(',\n      ')}
    ) order by r.decided_at, r.id)
    from restriction r
    where r.defaulter = d.id
  )`;

/** Rules' view of a stored enforcement; `performed` comes from the case's balance. */
export function toEnforcement(
  row: Pick<
    EnforcementRow,
    | 'ground'
    | 'term_months'
    | 'grace_until'
    | 'stayed'
    | 'stay_told'
    | 'published_at'
    | 'ended_at'
    | 'restrictions'
    | 'notice_pending'
    | 'deadline_at'
  >,
  performed: boolean,
): Enforcement {
  return {
    ground: row.ground,
    termMonths: row.term_months,
    graceEndsAt: row.grace_until === null ? null : Date.parse(firstMomentAfter(row.grace_until)),
    stayed: row.stayed,
    stayNotified: row.stay_told,
    publishedAt: row.published_at?.getTime() ?? null,
    endedAt: row.ended_at?.getTime() ?? null,
    noticePending: row.notice_pending,
    deadlineAt: row.deadline_at?.getTime() ?? null,
    performed,
    restrictions: (row.restrictions ?? []).map((r) => toRestriction(r, row.term_months)),
  };
}

function toRestriction(row: RestrictionRow, termMonths: number | null): Restriction {
  const inForceAt = instant(row.in_force_at);
  const termFrom = row.term_from ?? (inForceAt === null ? null : shanghaiDate(inForceAt));
  return {
    id: row.id,
    measure: row.measure,
    from: row.from_date === null ? null : Date.parse(startOfDayShanghai(row.from_date)),
    inForceAt: instant(row.in_force_at),
    until: instant(row.until),
    termEnd: row.measure === 'LISTING' && termFrom !== null ? termEndOf(termFrom, termMonths) : null,
    endedAt: instant(row.ended_at),
    endGround: row.end_ground,
    endNotified: row.end_told_at !== null,
  };
}

const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text));
