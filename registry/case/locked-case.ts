import { balance, type Enforcement, isPerformed } from '../../domain/enforcement.js';
import { Refusal } from '../../domain/refusal.js';
import type { Transaction } from '../database/pool.js';
import { decryptStored, type KeyRing } from '../keys/key-ring.js';
import {
  DEADLINE,
  type EnforcementRow,
  NOTICE_PENDING,
  RELEASES_SETTLED,
  repaidFen,
  restrictionsJson,
  toEnforcement,
} from './enforcement-rows.js';
import type { RecordHead } from './facts.js';

/** One defaulter of a locked case: its enforcement by the rules, and what its record needs. */
export interface LockedDefaulter {
  readonly id: string;
  readonly subject: string;
  readonly canonicalSubject: string;
  enforcement: Enforcement;
  readonly lastSignalSeq: number;
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
  const defaulter = locked?.defaulters.find(({ id }) => id === defaulterId);
  if (!locked || !defaulter) throw new Error(`no defaulter ${defaulterId}`);
  return { locked, defaulter };
}

/** Locks the case of an interception, to answer it. Throws Refusal `not-found`. */
export async function lockInterception(
  tx: Transaction,
  ring: KeyRing,
  id: string,
): Promise<{ locked: LockedCase; defaulter: LockedDefaulter; department: string; service: string }> {
  const { rows } = await tx.query<{ enforcement_case: string; defaulter: string; department: string; service: string }>(
    `select enforcement_case, defaulter, department, service
     from interception
     where id = $1`,
    [id],
  );
  const row = rows[0];
  const locked = row && (await lockCase(tx, ring, row.enforcement_case));
  const defaulter = locked?.defaulters.find(({ id }) => id === row?.defaulter);
  if (!row || !locked || !defaulter) throw Refusal.notFound('interception');
  return { locked, defaulter, department: row.department, service: row.service };
}

interface Locking {
  lock: string;
  read: string;
}

/** `whose`: a condition on the id of the case, which stands in a column of another name in either statement. */
const locking = (whose: (caseId: string) => string, how: string): Locking => ({
  lock: `
    select id, case_number, court, judge, obligation_fen, closed_at, last_seq, last_leaf_hash,
      active_key(id) as sealed_by
    from enforcement_case
    where ${whose('id')}
    order by id
    for update ${how}`,
  read: `
    select d.id, d.enforcement_case, d.subject, with_key(s.canonical_sealed) as canonical_sealed,
      d.ground, d.term_months, d.grace_until::text, d.stayed, d.stay_told, d.published_at,
      d.ended_at, d.last_life_seq, clock_timestamp() as now, d.liable_for_fen, d.performed_at,
      ${NOTICE_PENDING} as notice_pending,
      ${DEADLINE} as deadline_at,
      ${RELEASES_SETTLED} as releases_settled,
      ${repaidFen('p.payer_defaulter = d.id')} as paid_fen,
      ${repaidFen('p.enforcement_case = d.enforcement_case')} as repaid_fen,
      ${restrictionsJson()} as restrictions
    from defaulter d
    join subject s on s.id = d.subject
    where ${whose('d.enforcement_case')}
    order by d.enforcement_case, d.ordinal`,
});

const given = (caseId: string): string => `${caseId} = any($1::uuid[])`;
const LOCK_CASES = locking(given, '');
const LOCK_FREE_CASES = locking(given, 'skip locked');
const CASE_OF = '(select enforcement_case from defaulter where id = $1)';
const LOCK_CASE_OF = locking((caseId) => `${caseId} = ${CASE_OF}`, '');

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
    lastSignalSeq: row.last_life_seq,
    releasesSettled: row.releases_settled,
  };
}

/** What is owed and what came in beyond it, in fen, as the locked case stands. */
export const balanceOf = (locked: LockedCase): { outstanding: bigint; surplus: bigint } =>
  balance(locked.obligationFen, locked.repaidFen);
