import type { KeyRing } from './key-ring.js';
import { lockCase } from './lives.js';
import { passedByAll, type SettledNotice } from './notices.js';
import { inTransaction, type Pool } from './pool.js';
import { handToLives, recordFacts } from './record.js';

/**
 * Marks the notices that every department in scope has acknowledged and records it; a RELEASE is handed to its life, which may then
 * end. Cases are locked in id order. Returns how many were settled.
 */
export async function settle(pool: Pool, ring: KeyRing): Promise<number> {
  return inTransaction(pool, async (tx) => {
    const passed = await passedByAll(tx);
    const byCase = new Map<string, SettledNotice[]>();
    for (const notice of passed)
      byCase.set(notice.enforcementCase, [...(byCase.get(notice.enforcementCase) ?? []), notice]);
    for (const [caseId, notices] of byCase) {
      const locked = await lockCase(tx, ring, caseId);
      if (!locked) throw new Error(`case ${caseId} vanished`);
      await tx.query('update notice set settled_at = $2 where id = any($1)', [
        notices.map((n) => n.id),
        new Date(locked.now),
      ]);
      await recordFacts(
        tx,
        locked,
        notices.flatMap((notice) => {
          const life = locked.lives.find((candidate) => candidate.id === notice.defaulter);
          return life
            ? [
                {
                  type: 'all-acknowledged' as const,
                  key: `all-acknowledged:${notice.id}`,
                  at: locked.now,
                  actor: { role: 'system' as const, id: 'settler' },
                  defaulter: life,
                  detail: { notice: notice.id, kind: notice.kind },
                },
              ]
            : [];
        }),
      );
      // Only a release is waited for by its life; the others are facts on the timeline.
      for (const notice of notices) {
        if (notice.kind === 'RELEASE' || notice.kind === 'CORRECT')
          await handToLives(tx, [notice.defaulter], 'acknowledged', notice.id);
      }
    }
    return passed.length;
  });
}
