import { AWAITED_NOTICE_KINDS, type NoticeKind } from '../../domain/vocabulary.js';
import { LAST_STOP } from '../case/deadlines.js';
import { type Ending, endEnforcements, mayEnd } from '../case/end-enforcements.js';
import { RELEASES_SETTLED } from '../case/enforcement-rows.js';
import { type NewFact, recordFactsOf } from '../case/facts.js';
import { itemKeySql } from '../case/inbox.js';
import { type LockedCase, lockFreeCases } from '../case/locked-case.js';
import { enqueueManySignals, UNSENT } from '../case/outbox.js';
import { inTransaction, type Pool, send, type Transaction } from '../database/pool.js';
import { passedByAll, type SettledNotice } from '../departments/acknowledgements.js';
import { SETTLER } from '../inputs.js';
import type { KeyRing } from '../keys/key-ring.js';

/**
 * Marks the notices that every department in scope has acknowledged and records it; a RELEASE is handed to its life. Where that was all
 * the life still waited for, it ends here, and its process is told to end. A case that somebody holds just now is left for the next round,
 * so nobody waits for the settler and it waits for nobody.
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
        `update notice n
         set settled_at = s.at
         from unnest($1::uuid[], $2::timestamptz[]) as s(id, at)
         where n.id = s.id`,
        [settled.map(({ notice }) => notice.id), settled.map(({ locked }) => new Date(locked.now))],
      );
      const ending = await endingWith(tx, settled);
      // Only a release is waited for by its life; the others are facts on the timeline.
      enqueueManySignals(
        tx,
        'acknowledged',
        settled.filter(isAwaited).map(({ defaulter, notice }) => ({ defaulter, ref: notice.id })),
      );
      const ended = endEnforcements(tx, ending, SETTLER);
      recordFactsOf(
        tx,
        cases.map((head) => ({
          head,
          facts: [
            ...settled.filter(({ locked }) => locked === head).map(({ fact }) => fact),
            ...ended.filter(({ of }) => of.locked === head).map(({ fact }) => fact),
          ],
        })),
      );
      return settled.length;
    },
    { readsFirst: true },
  );
}

type Settled = ReturnType<typeof settledIn>[number];

const AWAITED_KINDS: ReadonlySet<NoticeKind> = new Set(AWAITED_NOTICE_KINDS);
const isAwaited = ({ notice }: Settled): boolean => AWAITED_KINDS.has(notice.kind);

/**
 * The lives that end with these notices: nothing else is to be acknowledged, and the process has nothing left to do. It has been handed every
 * earlier fact, and the judge knows of every stop; all else it does is read from the life itself. Any other life ends by a step of its process.
 */
async function endingWith(tx: Transaction, settled: readonly Settled[]): Promise<Ending[]> {
  const candidates = [
    ...new Map(settled.filter((one) => isAwaited(one) && mayEnd(one)).map((one) => [one.defaulter.id, one])).values(),
  ];
  if (candidates.length === 0) return [];
  const { rows } = await tx.query<{ id: string }>(NOTHING_LEFT, [candidates.map(({ defaulter }) => defaulter.id)]);
  const nothingLeft = new Set(rows.map(({ id }) => id));
  return candidates.filter(({ defaulter }) => nothingLeft.has(defaulter.id));
}

const NOTHING_LEFT = `
  select d.id
  from defaulter d
  where d.id = any($1::uuid[])
    and ${RELEASES_SETTLED}
    and not exists (
      select
      from outbox o
      where o.defaulter = d.id
        and ${UNSENT})
    and not exists (
      select
      from interception i
      where i.defaulter = d.id
        and not exists (
          select
          from inbox_item n
          where n.key = ${itemKeySql('interception', LAST_STOP)}))`;

function settledIn(locked: LockedCase, passed: readonly SettledNotice[]) {
  return passed
    .filter((notice) => notice.enforcementCase === locked.id)
    .flatMap((notice) => {
      const defaulter = locked.defaulters.find(({ id }) => id === notice.defaulter);
      if (!defaulter) return [];
      const fact: NewFact = {
        type: 'all-acknowledged',
        key: `all-acknowledged:${notice.id}`,
        at: locked.now,
        actor: SETTLER,
        defaulter,
        detail: { notice: notice.id, kind: notice.kind },
      };
      return [{ locked, notice, defaulter, fact }];
    });
}
