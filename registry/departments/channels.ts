import { tryLockKeyed } from '../database/locks.js';
import type { Queryable, Transaction } from '../database/pool.js';
import { acknowledgedBy } from './acknowledgements.js';
import { type PausedBy, pausedByOf } from './endpoints.js';

// The channels: one process per department with a webhook. Whether each is there and knows of the last change, and how it fares.

/** A channel whose process has to be there, and whether it has to receive a change. */
export interface ChannelToEnsure {
  department: string;
  change: number;
  changed: boolean;
  paused: boolean;
}

/** How long a process that was there is believed to be there still. */
const BELIEVED_SECONDS = 60;

/** Channels to start or signal, claimed until the transaction ends: another worker does not get the same. `all`: every one. */
export async function channelsToEnsure(tx: Transaction, all: boolean): Promise<ChannelToEnsure[]> {
  // The claim comes first and the row is read after it: what another worker has just told is then seen.
  const claimed = await tx.query<{ department: string }>(
    `with due as materialized (
       select department
       from endpoint
       where $1
          or told_change < change
          or told_at is null
          or told_at < clock_timestamp() - make_interval(secs => $2)
     )
     select department
     from due
     where ${tryLockKeyed('channel', 'department')}
     order by department`,
    [all, BELIEVED_SECONDS],
  );
  if (claimed.rows.length === 0) return [];
  const { rows } = await tx.query<ChannelToEnsure>(
    `select department, change, told_change < change as changed, paused_at is not null as paused
     from endpoint
     where department = any($1)
     order by department`,
    [claimed.rows.map((row) => row.department)],
  );
  return rows;
}

/** The channel's process is there and has received all changes up to this one. */
export async function channelEnsured(tx: Transaction, { department, change }: ChannelToEnsure): Promise<void> {
  await tx.query(
    `update endpoint set
       told_change = greatest(told_change, $2),
       told_at = clock_timestamp()
     where department = $1`,
    [department, change],
  );
}

export interface ChannelHealth {
  department: string;
  failures: number;
  pausedBy: PausedBy | null;
  /** How long the oldest notice that this channel has not delivered has been in existence, in seconds. */
  lagSeconds: number;
}

/** How every channel stands, for the metrics: a pause by the receiver is an alarm. */
export async function channelHealth(q: Queryable): Promise<ChannelHealth[]> {
  const { rows } = await q.query<{ department: string; failures: number; paused_by: string | null; lag: number }>(
    `select e.department, e.failures, e.paused_by,
            coalesce((
              select extract(epoch from clock_timestamp() - n.at)
              from notice n
              where n.position > greatest(e.position, ${acknowledgedBy('e.department')})
                and (n.department is null or n.department = e.department)
              order by n.position
              limit 1), 0)::float8 as lag
     from endpoint e
     order by e.department`,
  );
  return rows.map((row) => ({
    department: row.department,
    failures: row.failures,
    pausedBy: row.paused_by === null ? null : pausedByOf(row.paused_by),
    lagSeconds: Math.max(row.lag, 0),
  }));
}
