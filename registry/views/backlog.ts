import { AWAITED } from '../case/closed-lists.js';
import type { Queryable } from '../database/pool.js';

/** How long the oldest thing has been waiting for each of the loops behind the API, in seconds; 0 = nothing waits. */
export interface Backlog {
  /** Facts not yet handed to their lives. */
  outbox: number;
  /** Notices without a position. */
  notices: number;
  /** Releases that some department has not acknowledged. */
  releases: number;
  /** Leaves without a log index. */
  ledger: number;
}

const OLDEST = `
  select 'outbox' as part, min(created_at) as since
  from outbox
  where sent_at is null
  union all
  select 'notices', min(at)
  from notice
  where position is null
  union all
  select 'releases', min(at)
  from notice
  where kind in ${AWAITED}
    and settled_at is null
  union all (
    select 'ledger', l.created_at
    from ledger_pending p
    join ledger_leaf l using (entry_id)
    order by p.entry_id
    limit 1)`;

/** One cheap statement: whether PostgreSQL answers, and how far behind it the process is. */
export async function backlog(q: Queryable): Promise<Backlog> {
  const { rows } = await q.query<{ part: keyof Backlog; seconds: number }>(
    `select part, greatest(extract(epoch from now() - since), 0)::float8 as seconds
     from (${OLDEST}) waiting
     where since is not null`,
  );
  const waiting: Backlog = { outbox: 0, notices: 0, releases: 0, ledger: 0 };
  for (const { part, seconds } of rows) waiting[part] = seconds;
  return waiting;
}
