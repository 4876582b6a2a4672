import type { KeyRing } from './key-ring.js';
import { type LockedCase, lockFreeCases } from './lives.js';
import { passedByAll, type SettledNotice } from './notices.js';
import { inTransaction, type Pool, send } from './pool.js';
import { handAllToLives, type NewFact, recordFactsOf } from './record.js';

/**
 * Marks the notices that every department in scope has acknowledged and records it; a RELEASE is handed to its life, which may then
 * end. A case that somebody holds just now is left for the next round, so nobody waits for the settler and it waits for nobody.
 * Returns how many were settled.
 */
export async function settle(pool: Pool, ring: KeyRing): Promise<number> {
  return inTransaction(
    pool,
    async (tx) => {
      const passed = await passedByAll(tx);
      if (passed.length === 0) return 0;
      const cases = await lockFreeCases(tx, ring, [...new Set(passed.map((notice) => notice.enforcementCase))]);
      const settled = cases.flatMap((locked) => settledIn(locked, passed));
      if (settled.length === 0) return 0;
      send(
        tx,
        `update notice n set settled_at = s.at from unnest($1::uuid[], $2::timestamptz[]) as s(id, at) where n.id = s.id`,
        [settled.map(({ notice }) => notice.id), settled.map(({ locked }) => new Date(locked.now))],
      );
      recordFactsOf(
        tx,
        cases.map((head) => ({
          head,
          facts: settled.filter(({ locked }) => locked === head).map(({ fact }) => fact),
        })),
      );
      // Only a release is waited for by its life; the others are facts on the timeline.
      const awaited = settled.filter(({ notice }) => notice.kind === 'RELEASE' || notice.kind === 'CORRECT');
      handAllToLives(
        tx,
        'acknowledged',
        awaited.map(({ life, notice }) => ({ life, ref: notice.id })),
      );
      return settled.length;
    },
    { readsFirst: true },
  );
}

function settledIn(locked: LockedCase, passed: readonly SettledNotice[]) {
  return passed
    .filter((notice) => notice.enforcementCase === locked.id)
    .flatMap((notice) => {
      const life = locked.lives.find((candidate) => candidate.id === notice.defaulter);
      if (!life) return [];
      const fact: NewFact = {
        type: 'all-acknowledged',
        key: `all-acknowledged:${notice.id}`,
        at: locked.now,
        actor: { role: 'system', id: 'settler' },
        defaulter: life,
        detail: { notice: notice.id, kind: notice.kind },
      };
      return [{ locked, notice, life, fact }];
    });
}
