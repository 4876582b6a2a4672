import { type EnforcementEvent, transition } from '../../domain/enforcement.js';
import { applyEvent } from '../case/apply-event.js';
import { type LockedCase, type LockedDefaulter, lockCase } from '../case/locked-case.js';
import { enqueueSignals } from '../case/outbox.js';
import { send, type Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import type { KeyRing } from '../keys/key-ring.js';
import { sameParty } from '../parties/identity-links.js';

// A resumed case (执恢) is the same debt under a new number: what ends on one number ends on the other, or a released person stays stopped.

const SAME_DEBT = `
  with recursive same as (
    select id, case_number, former_case, court
    from enforcement_case
    where id = $1
    union
    -- Each side by an index of its own: joined by one condition,
    -- all cases of the court would be walked through.
    select c.id, c.case_number, c.former_case, c.court
    from same s
    cross join lateral (
      select id, case_number, former_case, court
      from enforcement_case
      where case_number = s.former_case
      union all
      select id, case_number, former_case, court
      from enforcement_case
      where former_case = s.case_number
    ) c
    where c.court = s.court
  )
  select id
  from same
  order by id`;

/**
 * Locks the cases of the same debt, this one among them, in id order: as everybody locks. A case that has no other is left to `lockCase`, which
 * follows. Returns the ids of the others.
 */
export async function lockSameDebt(tx: Transaction, caseId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(SAME_DEBT, [caseId]);
  const ids = rows.map((row) => row.id);
  if (ids.length > 1) send(tx, 'select from enforcement_case where id = any($1) order by id for update', [ids]);
  return ids.filter((id) => id !== caseId);
}

/** Applies what has ended for these lives to the same people's lives in the other cases of the same debt, as `lockSameDebt` gave them, where it fits. */
export async function endSameDebt(
  tx: Transaction,
  ring: KeyRing,
  locked: LockedCase,
  others: readonly string[],
  ended: readonly LockedDefaulter[],
  event: Extract<EnforcementEvent, { type: 'performed' | 'release' | 'revoke' }>,
  actor: Actor,
): Promise<void> {
  if (others.length === 0) return;
  // Under the other number the same party may stand in another record.
  const subjects = new Set(
    await sameParty(
      tx,
      ended.map((defaulter) => defaulter.subject),
    ),
  );
  for (const id of others) {
    const other = await lockCase(tx, ring, id);
    if (!other) continue;
    for (const defaulter of other.defaulters) {
      if (!subjects.has(defaulter.subject) || defaulter.enforcement.endedAt !== null) continue;
      if (!('enforcement' in transition(defaulter.enforcement, event, other.now))) continue;
      const { changed } = applyEvent(tx, other, defaulter, event, actor);
      if (changed.length > 0) enqueueSignals(tx, [defaulter], 'decision', locked.id);
    }
  }
}
