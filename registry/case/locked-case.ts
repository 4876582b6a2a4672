import { addMonths, firstMomentAfter, shanghaiDate, startOfDayShanghai } from '../../domain/calendar.js';
import {
  balance,
  type Enforcement,
  type EnforcementEvent,
  everythingEnded,
  type Restriction,
  type Transition,
  transition,
} from '../../domain/enforcement.js';
import { Refusal } from '../../domain/refusal.js';
import type { EndGround, Ground, Measure } from '../../domain/vocabulary.js';
import { send, type Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { decryptStored, type KeyRing } from '../keys/key-ring.js';
import { type NewFact, type RecordHead, recordFacts } from './facts.js';

/** One defaulter of a locked case: its life by the rules, and what its record needs. */
export interface LockedDefaulter {
  readonly id: string;
  readonly subject: string;
  readonly canonicalSubject: string;
  enforcement: Enforcement;
  readonly lastLifeSeq: number;
  /** Every release and correction of it in the log has been acknowledged by all. */
  readonly releasesSettled: boolean;
  /** The share of the debt this defaulter is liable for, and what they paid themselves, in fen. */
  readonly liableForFen: bigint | null;
  readonly paidFen: bigint;
}

/** A case whose row is locked: until the transaction ends nobody else writes anything about it. */
export interface LockedCase extends RecordHead {
  readonly caseNumber: string;
  readonly court: string;
  readonly judge: string;
  readonly obligationFen: bigint;
  readonly repaidFen: bigint;
  readonly closed: boolean;
  /** The wrapped data key of the case's own texts; null for a case of an older version that has none. */
  readonly sealedBy: Buffer | null;
  /** PostgreSQL's clock after the lock was taken, epoch ms. */
  readonly now: number;
  readonly defaulters: LockedDefaulter[];
}

interface CaseRow {
  id: string;
  case_number: string;
  court: string;
  judge: string;
  obligation_fen: string;
  closed_at: Date | null;
  last_seq: number;
  last_leaf_hash: Buffer | null;
  sealed_by: Buffer | null;
}

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
const some = (rows: string): string => `((select true ${rows} limit 1) is not null)`;

/** Whether departments have still to be told of an exemption or a confirmed service of defaulter `d`. */
export const NOTICE_PENDING = `(${some('from exemption e where e.defaulter = d.id and e.told_at is null')}
  or ${some('from service_confirmation sc where sc.defaulter = d.id and sc.told_at is null')})`;

/** The earliest open deadline of defaulter `d`. */
export const DEADLINE = '(select min(due_at) from deadline l where l.defaulter = d.id and l.settled_at is null)';

/** Whether every release and correction of defaulter `d` in the log has been acknowledged by all. */
// Counted over the life's own: `settled_at is null` as a condition would be found by the index of what is open of everybody.
export const RELEASES_SETTLED = `(select coalesce(bool_and(n.settled_at is not null), true) from notice n
  where n.defaulter = d.id and n.kind in ('RELEASE', 'CORRECT'))`;

/** Locks the case, then reads it as it now stands. Undefined when there is no such case. */
export async function lockCase(tx: Transaction, ring: KeyRing, caseId: string): Promise<LockedCase | undefined> {
  const [locked] = await lockAndRead(tx, ring, LOCK_CASES, [[caseId]]);
  return locked;
}

/** Locks those of these cases that nobody holds just now, in id order, and reads them. */
export const lockFreeCases = (tx: Transaction, ring: KeyRing, caseIds: readonly string[]): Promise<LockedCase[]> =>
  lockAndRead(tx, ring, LOCK_FREE_CASES, [caseIds]);

/** Locks the case a defaulter belongs to. Throws when there is none: the process never asks for an unknown one. */
export async function lockDefaulter(
  tx: Transaction,
  ring: KeyRing,
  defaulterId: string,
): Promise<{ locked: LockedCase; defaulter: LockedDefaulter }> {
  const [locked] = await lockAndRead(tx, ring, LOCK_CASE_OF, [defaulterId]);
  const defaulter = locked?.defaulters.find((candidate) => candidate.id === defaulterId);
  if (!locked || !defaulter) throw new Error(`no defaulter ${defaulterId}`);
  return { locked, defaulter };
}

interface Locking {
  lock: string;
  read: string;
}

const locking = (which: string, how: string): Locking => ({
  lock: `select id, case_number, court, judge, obligation_fen, closed_at, last_seq, last_leaf_hash, active_key(id) as sealed_by
         from enforcement_case where ${which} order by id for update ${how}`,
  read: `
    select d.id, d.enforcement_case, d.subject, with_key(s.canonical_sealed) as canonical_sealed, d.ground, d.term_months, d.grace_until::text, d.stayed, d.stay_told,
           d.published_at, d.ended_at, d.last_life_seq, clock_timestamp() as now, d.liable_for_fen, d.performed_at, ${NOTICE_PENDING} as notice_pending, ${DEADLINE} as deadline_at,
           ${RELEASES_SETTLED} as releases_settled,
           (select coalesce(sum(amount_fen), 0) from repayment p where p.payer_defaulter = d.id and p.reversed_at is null) as paid_fen,
           (select coalesce(sum(amount_fen), 0) from repayment p where p.enforcement_case = d.enforcement_case and p.reversed_at is null) as repaid_fen,
           (select json_agg(json_build_object('id', r.id, 'measure', r.measure, 'from_date', r.from_date, 'term_from', r.term_from, 'in_force_at', r.in_force_at,
              'until', r.until, 'ended_at', r.ended_at, 'end_ground', r.end_ground, 'end_told_at', r.end_told_at) order by r.decided_at, r.id)
            from restriction r where r.defaulter = d.id) as restrictions
    from defaulter d join subject s on s.id = d.subject
    where ${which.replace('id', 'd.enforcement_case')} order by d.enforcement_case, d.ordinal`,
});
const LOCK_CASES = locking('id = any($1::uuid[])', '');
const LOCK_FREE_CASES = locking('id = any($1::uuid[])', 'skip locked');
const LOCK_CASE_OF = locking('id = (select enforcement_case from defaulter where id = $1)', '');

/** The reading goes out with the locking: it is judged when the locks are held, so it sees what whoever held them before has written. */
async function lockAndRead(
  tx: Transaction,
  ring: KeyRing,
  { lock, read }: Locking,
  values: readonly unknown[],
): Promise<LockedCase[]> {
  const [cases, defaulters] = await Promise.all([
    tx.query<CaseRow>(lock, [...values]),
    tx.query<EnforcementRow & { enforcement_case: string }>(read, [...values]),
  ]);
  return cases.rows.map((row) =>
    toLockedCase(
      ring,
      row,
      defaulters.rows.filter((defaulter) => defaulter.enforcement_case === row.id),
    ),
  );
}

function toLockedCase(ring: KeyRing, row: CaseRow, defaulters: readonly EnforcementRow[]): LockedCase {
  const [first] = defaulters;
  if (!first) throw new Error(`case ${row.id} has no defaulter`);
  const obligationFen = BigInt(row.obligation_fen);
  const repaidFen = BigInt(first.repaid_fen);
  return {
    id: row.id,
    lastSeq: row.last_seq,
    lastLeafHash: row.last_leaf_hash,
    caseNumber: row.case_number,
    court: row.court,
    judge: row.judge,
    obligationFen,
    repaidFen,
    closed: row.closed_at !== null,
    sealedBy: row.sealed_by,
    now: first.now.getTime(),
    defaulters: defaulters.map((row) => toLockedDefaulter(ring, row, { obligationFen, repaidFen })),
  };
}

function toLockedDefaulter(
  ring: KeyRing,
  row: EnforcementRow,
  sums: { obligationFen: bigint; repaidFen: bigint },
): LockedDefaulter {
  const liableForFen = row.liable_for_fen === null ? null : BigInt(row.liable_for_fen);
  const paidFen = BigInt(row.paid_fen);
  return {
    id: row.id,
    subject: row.subject,
    canonicalSubject: decryptStored(
      ring,
      { table: 'subject', column: 'canonical_sealed', row: row.subject },
      row.canonical_sealed,
    ),
    liableForFen,
    paidFen,
    // Kept as well as counted: an obligation amended to nothing, or paid under the debt's other number, counts to nothing here.
    enforcement: toEnforcement(row, row.performed_at !== null || isPerformed({ ...sums, liableForFen, paidFen })),
    lastLifeSeq: row.last_life_seq,
    releasesSettled: row.releases_settled,
  };
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

/** Rules' view of a stored life; `performed` comes from the case's balance. */
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

/** 00:00 Asia/Shanghai of the day after the last day of a term that counts from a day; null for ground 1 (失信名单规定 art. 2). */
export const termEndOf = (from: string, months: number | null): number | null =>
  months === null ? null : Date.parse(firstMomentAfter(addMonths(from, months)));

const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text));

/**
 * Puts an event into effect for one life: by the rules of `domain/enforcement`, under the lock of its case. Writes the restrictions that
 * changed and one `restriction-ended` fact where any ended. Throws Refusal `state-conflict` where the rules refuse it.
 */
export function applyEvent(
  tx: Transaction,
  locked: LockedCase,
  defaulter: LockedDefaulter,
  event: Exclude<EnforcementEvent, { type: 'impose' }>,
  actor: Actor,
): { changed: Restriction[] } {
  const next = accept(transition(defaulter.enforcement, event, locked.now));
  const before = defaulter.enforcement;
  const changed = next.restrictions.filter((r, i) => r !== before.restrictions[i]);
  defaulter.enforcement = next;
  if (changed.length > 0) writeRestrictions(tx, locked, defaulter, changed);
  if (
    event.type === 'performed' ||
    next.stayed !== before.stayed ||
    next.stayNotified !== before.stayNotified ||
    next.publishedAt !== before.publishedAt ||
    next.endedAt !== before.endedAt
  ) {
    send(
      tx,
      `update defaulter set stayed = $2, stay_told = $3, published_at = $4, ended_at = $5, performed_at = coalesce($6, performed_at)
       where id = $1`,
      [
        defaulter.id,
        next.stayed,
        next.stayNotified,
        date(next.publishedAt),
        date(next.endedAt),
        event.type === 'performed' ? new Date(locked.now) : null,
      ],
    );
  }
  const ended = changed.filter((r) => r.endedAt !== null && !r.endNotified);
  if (ended.length > 0) recordFacts(tx, locked, [restrictionEnded(locked, defaulter, ended, actor)]);
  return { changed };
}

/** The life after the event, or the refusal a court is answered with. */
export function accept(result: Transition): Enforcement {
  if ('enforcement' in result) return result.enforcement;
  throw Refusal.conflict(CONFLICTS[result.conflict], result.conflict);
}

const CONFLICTS = {
  'nothing-to-end': '没有可解除的措施。 / None of these measures is still open.',
  'term-listing-needs-early':
    '有期限的失信名单只能提前删除、撤销或期满（第二条、第十条第二款）。 / A term listing in force leaves by early deletion, revocation or expiry.',
  'already-stayed': '已经暂停。 / It is stayed already.',
  'not-stayed': '并未暂停。 / It is not stayed.',
  'already-imposed': '该措施已经采取。 / This measure is imposed already.',
  ending: '措施已全部解除，需另行立案。 / Every measure has ended: a new listing is needed.',
  'already-performed': '义务已履行完毕，不能再采取措施。 / The obligation is performed: no measure can be imposed.',
  'no-term': '本条理由的失信名单没有期限。 / A listing on ground 1 has no term.',
  'term-too-long': '期限最长五年。 / A term is five years at the most.',
  'nothing-to-extend': '没有仍有效的失信名单可以延长。 / No listing is open that could be extended.',
  're-listing': '再次列入须另行立案并写明前次列入。 / Listing again is a new case that names the previous listing.',
  'not-finished': '解除尚未完成。 / The release is not complete.',
} as const;

function restrictionEnded(locked: LockedCase, defaulter: LockedDefaulter, ended: Restriction[], actor: Actor): NewFact {
  const ids = ended.map((r) => r.id);
  return {
    type: 'restriction-ended',
    key: `restriction-ended:${ids[0]}`,
    at: locked.now,
    actor,
    defaulter,
    detail: {
      measures: ended.map((r) => r.measure),
      ground: ended[0]?.endGround ?? null,
      restrictions: ids,
      allEnded: everythingEnded(defaulter.enforcement),
    },
  };
}

function writeRestrictions(
  tx: Transaction,
  locked: LockedCase,
  defaulter: LockedDefaulter,
  changed: Restriction[],
): void {
  send(
    tx,
    `update restriction r set in_force_at = c.in_force_at, until = c.until, ended_at = c.ended_at, end_ground = c.end_ground,
            end_told_at = case when c.told then coalesce(r.end_told_at, $7) end
     from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::boolean[])
          as c(id, in_force_at, until, ended_at, end_ground, told)
     where r.id = c.id and r.defaulter = $8`,
    [
      changed.map((r) => r.id),
      changed.map((r) => date(r.inForceAt)),
      changed.map((r) => date(r.until)),
      changed.map((r) => date(r.endedAt)),
      changed.map((r) => r.endGround),
      changed.map((r) => r.endNotified),
      new Date(locked.now),
      defaulter.id,
    ],
  );
}

const date = (at: number | null): Date | null => (at === null ? null : new Date(at));

/** What is owed and what came in beyond it, in fen, as the locked case stands. */
export const balanceOf = (locked: LockedCase): { outstanding: bigint; surplus: bigint } =>
  balance(locked.obligationFen, locked.repaidFen);

export async function lockInterception(
  tx: Transaction,
  ring: KeyRing,
  id: string,
): Promise<{ locked: LockedCase; defaulter: LockedDefaulter; department: string; service: string }> {
  const { rows } = await tx.query<{ enforcement_case: string; defaulter: string; department: string; service: string }>(
    'select enforcement_case, defaulter, department, service from interception where id = $1',
    [id],
  );
  const row = rows[0];
  const locked = row && (await lockCase(tx, ring, row.enforcement_case));
  const defaulter = locked?.defaulters.find((candidate) => candidate.id === row?.defaulter);
  if (!row || !locked || !defaulter) throw Refusal.notFound('interception');
  return { locked, defaulter, department: row.department, service: row.service };
}
