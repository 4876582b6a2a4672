import type { EnforcementSignal } from '../../domain/vocabulary.js';
import { tryLockKeyed } from '../database/locks.js';
import { inTransaction, type Pool, send, type Transaction } from '../database/pool.js';

/** What the relay hands over: a fact of a life, in its order. */
export interface OutboxRow {
  defaulter: string;
  seq: number;
  signal: EnforcementSignal;
  ref: string;
  /** The life is over: its process is told so by what ended it, and of nothing else. */
  ended: boolean;
}

/**
 * Claims unsent rows of up to `limit` lives, gives them to `send` (life by life in order; lives side by side), and marks what it
 * returned as sent. Another relay cannot take the same lives meanwhile. What is not marked, because `send` left it out or the process
 * died, goes again: at least once, in order. Returns how many rows were handed over.
 */
export async function relay(
  pool: Pool,
  limit: number,
  send: (rows: readonly OutboxRow[]) => Promise<readonly OutboxRow[]>,
): Promise<{ taken: number; sent: number }> {
  return inTransaction(
    pool,
    async (tx) => {
      const rows = await claim(tx, limit);
      const byDefaulter = new Map<string, OutboxRow[]>();
      for (const row of rows) byDefaulter.set(row.defaulter, [...(byDefaulter.get(row.defaulter) ?? []), row]);
      const sent = (await Promise.all([...byDefaulter.values()].map((inOrder) => send(inOrder)))).flat();
      if (sent.length > 0) {
        await tx.query(
          `update outbox o
           set sent_at = clock_timestamp()
           from unnest($1::uuid[], $2::int[]) as s(defaulter, seq)
           where o.defaulter = s.defaulter
             and o.seq = s.seq`,
          [sent.map((row) => row.defaulter), sent.map((row) => row.seq)],
        );
      }
      return { taken: rows.length, sent: sent.length };
    },
    { readsFirst: true },
  );
}

async function claim(tx: Transaction, limit: number): Promise<OutboxRow[]> {
  // The lives are chosen before the rows are read: rows written while another relay held the life are then seen in full.
  // The limit counts lives that were got, not tried: a relay held up by slow ones leaves the rest to the others.
  // What may free somebody goes before what is up to so much older: the rest waits at a busy hour, never for ever.
  const claimed = await tx.query<{ defaulter: string }>(
    `with waiting as materialized (
       select defaulter, min(created_at - case
         when signal in ('repayment', 'decision') then interval '3 seconds'
         else interval '0' end) as since
       from outbox
       where sent_at is null
       group by defaulter
       order by since
     )
     select defaulter
     from waiting
     where ${tryLockKeyed('relay', 'defaulter::text')}
     limit $1`,
    [limit],
  );
  if (claimed.rows.length === 0) return [];
  const { rows } = await tx.query<OutboxRow>(
    `select o.defaulter, o.seq, o.signal, o.ref, d.ended_at is not null as ended
     from outbox o
     join defaulter d on d.id = o.defaulter
     where ${UNSENT}
       and o.defaulter = any($1)
     order by o.defaulter, o.seq`,
    [claimed.rows.map((row) => row.defaulter)],
  );
  return rows;
}

/**
 * That row `o` was not handed over, where it is found by its life. Not `is null`: the index of what is unsent of everybody would be walked through,
 * with all that was handed over since it was last vacuumed.
 */
export const UNSENT = "coalesce(o.sent_at, 'infinity') = 'infinity'";

/**
 * Marks the facts of open lives unsent, so that they are handed over again: after Temporal's store was lost or restored; and what told a life of
 * its end in the last month, for a store that knows it as still open. Every effect is keyed, so what was received before changes nothing. Returns how many rows will go again.
 */
export async function redrive(pool: Pool, defaulter?: string): Promise<number> {
  const { rowCount } = await pool.query(
    `update outbox o
     set sent_at = null
     from defaulter d
     where d.id = o.defaulter
       and (d.ended_at is null
         or (o.signal = 'acknowledged' and d.ended_at > clock_timestamp() - interval '30 days'))
       and o.sent_at is not null
       and ($1::uuid is null or d.id = $1)`,
    [defaulter ?? null],
  );
  return rowCount ?? 0;
}

/** A life of a locked case, as far as it matters whether it still gets signals. */
interface OpenOrEnded {
  readonly id: string;
  readonly enforcement: { readonly endedAt: number | null };
}

/**
 * Hands a thing to lives in the order in which it happened: one outbox row each, numbered within the life, under the lock of the case.
 * A life that has ended gets no signal; returns the ids of those that were given one.
 */
export function enqueueSignals(
  tx: Transaction,
  defaulters: readonly OpenOrEnded[],
  signal: EnforcementSignal,
  ref: string,
): string[] {
  return enqueueManySignals(
    tx,
    signal,
    defaulters.map((defaulter) => ({ defaulter, ref })),
  );
}

/** The same for several things, each to a life of its own or several to one. */
export function enqueueManySignals(
  tx: Transaction,
  signal: EnforcementSignal,
  things: readonly { defaulter: OpenOrEnded; ref: string }[],
): string[] {
  const open = things.filter(({ defaulter }) => defaulter.enforcement.endedAt === null);
  if (open.length > 0)
    send(tx, ENQUEUE_SIGNALS, [open.map(({ defaulter }) => defaulter.id), open.map(({ ref }) => ref), signal]);
  return open.map(({ defaulter }) => defaulter.id);
}

const ENQUEUE_SIGNALS = `
  with thing as (
    select defaulter, ref, row_number() over (partition by defaulter order by nth) as n
    from unnest($1::uuid[], $2::uuid[]) with ordinality as t(defaulter, ref, nth)
  ), numbered as (
    update defaulter d
    set last_life_seq = d.last_life_seq + t.things
    from (
      select defaulter, count(*)::int as things
      from thing
      group by defaulter
    ) t
    where d.id = t.defaulter
      and d.ended_at is null
    returning d.id, d.last_life_seq - t.things as before
  )
  insert into outbox (defaulter, seq, signal, ref)
  select n.id, n.before + t.n, $3, t.ref
  from numbered n
  join thing t on t.defaulter = n.id`;
