import { applyEvent } from '../case/apply-event.js';
import type { LockedCase } from '../case/locked-case.js';
import type { Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import type { KeyRing } from '../keys/key-ring.js';
import { endSameDebt } from './same-debt.js';

// What follows for the lives of a case when nothing is owed any more, and when something is owed again.

/** The debt is performed: every life of the case ends what performance ends, and so do the lives of the same debt under its other number. */
export async function endByPerformance(
  tx: Transaction,
  ring: KeyRing,
  locked: LockedCase,
  sameDebt: readonly string[],
  actor: Actor,
): Promise<void> {
  for (const defaulter of locked.defaulters) {
    if (defaulter.enforcement.endedAt === null) applyEvent(tx, locked, defaulter, { type: 'performed' }, actor);
  }
  await endSameDebt(tx, ring, locked, sameDebt, locked.defaulters, { type: 'performed' }, actor);
}

/** Something is owed again: what counts as performed is counted anew. */
export async function notPerformed(tx: Transaction, caseId: string): Promise<void> {
  await tx.query(
    `update defaulter set performed_at = null
     where enforcement_case = $1 and performed_at is not null`,
    [caseId],
  );
}
