import { hold, tryHold } from '../database/locks.js';
import { inTransaction, type Pool, type Queryable, type Transaction } from '../database/pool.js';

const ASSIGN_POSITIONS = `
  with waiting as (
    select id, row_number() over (order by ordering) as n
    from notice
    where position is null
    order by ordering
    limit 1000
  )
  update notice set
    position = (select coalesce(max(position), 0) from notice) + waiting.n,
    -- A directive whose department has left meanwhile is its successor's.
    department = coalesce((
      select d.successor
      from department d
      where d.code = notice.department and d.left_position is not null), notice.department)
  from waiting
  where notice.id = waiting.id`;

/**
 * Gives committed notices their positions in the log: contiguous, in the order drawn under the case locks. One holder at a time; the
 * unique index on `position` is the guarantee. Returns how many got one.
 */
export async function assignPositions(pool: Pool): Promise<number> {
  return inTransaction(
    pool,
    async (tx) => {
      if (!(await tryHold(tx, 'assigner'))) return 0;
      const assigned = await tx.query(ASSIGN_POSITIONS, []);
      return assigned.rowCount ?? 0;
    },
    { readsFirst: true },
  );
}

/** The head of the log; until the transaction ends nobody else gives positions. */
export async function holdPositions(tx: Transaction): Promise<number> {
  await hold(tx, 'assigner');
  return lastPosition(tx);
}

/** The head of the log: the highest position given. */
export async function lastPosition(q: Queryable): Promise<number> {
  const { rows } = await q.query<{ head: string }>('select coalesce(max(position), 0) as head from notice');
  return Number(rows[0]?.head ?? 0);
}
