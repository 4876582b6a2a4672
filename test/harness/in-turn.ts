import { inTransaction, type Transaction } from '../../registry/database/pool.js';
import { eventually } from './eventually.js';
import type { World } from './world.js';

/** Statements of this database that wait for a lock. */
export const waiting = async ({ owner }: World): Promise<number> =>
  (await owner.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
    .rowCount ?? 0;

/** Two at once, in this order: the second begins when the first has done all but commit, and the first commits when the second waits for it. */
export async function atOnce<A, B>(
  world: World,
  first: (tx: Transaction) => Promise<A>,
  second: (tx: Transaction) => Promise<B>,
): Promise<[A, B]> {
  let behind: Promise<B> | undefined;
  const ahead = await inTransaction(world.pool, async (tx) => {
    const done = await first(tx);
    behind = world.tx(second);
    behind.catch(() => undefined);
    await eventually(async () => (await waiting(world)) > 0);
    return done;
  });
  if (!behind) throw new Error('the second never began');
  return [ahead, await behind];
}
