import type { Checkpoint } from '../../ledger/checkpoint.js';
import { EMPTY_ROOT, type Tree } from '../../ledger/tree.js';
import type { Queryable } from '../database/pool.js';

/** Where the log stands: what it last signed, and whether somebody was seen to hold more of it than this database. */
export interface LogStatus {
  tree: Tree;
  /** Leaves wait for their log indexes. */
  waiting: boolean;
  isBehind: boolean;
  /** Changes with every start of PostgreSQL, and when a status is recorded: then witnesses are to be asked again. */
  epoch: string;
}

/** One cheap statement, asked several times a second. */
export async function logStatus(q: Queryable): Promise<LogStatus> {
  const { rows } = await q.query<{
    size: string | null;
    root: Buffer | null;
    waiting: boolean;
    state: string | null;
    epoch: string;
  }>({
    name: 'ledger-standing',
    text: `
      select
        c.size, c.root, exists (select from ledger_pending) as waiting, s.state,
        pg_postmaster_start_time()::text || '/' || coalesce(s.number, 0) as epoch
      from (select) as one
      left join lateral (select size, root from ledger_checkpoint order by size desc limit 1) c
        on true
      left join lateral (select number, state from ledger_standing order by number desc limit 1) s
        on true`,
  });
  const row = rows[0];
  if (!row) throw new Error('the standing of the log could not be read');
  const tree = row.root === null ? { size: 0, root: EMPTY_ROOT } : { size: Number(row.size), root: row.root };
  return { tree, waiting: row.waiting, isBehind: row.state === 'behind', epoch: row.epoch };
}

/** The next status; `$1` state, `$2` witness, `$3` size, `$4` note. Two at once cannot both be it. */
const NEXT_STATUS = `
  insert into ledger_standing (number, state, witness, size, note)
  select coalesce(max(number), 0) + 1, $1, $2, $3, $4
  from ledger_standing`;

/** The record is whole again, as far as `witness` holds it by this note. Throws where the status changed meanwhile. */
export async function markLevel(
  q: Queryable,
  witness: string,
  { size, text }: Pick<Checkpoint, 'size' | 'text'>,
): Promise<void> {
  await q.query(NEXT_STATUS, ['level', witness, size, text]);
}

/** Nothing is signed from here on, until the record is recovered: `witness` holds `size`, by this note of our own. Whoever is first has said so. */
export async function markBehind(
  q: Queryable,
  { witness, size, note }: { witness: string; size: number; note?: string },
): Promise<void> {
  await q.query(
    `${NEXT_STATUS}
     having coalesce(
       (select state from ledger_standing order by number desc limit 1), 'level'
     ) <> 'behind'
     on conflict (number) do nothing`,
    ['behind', witness, size, note ?? null],
  );
}

/** What somebody was found to hold, while the record is behind; undefined while it is level. */
export async function behindOf(q: Queryable): Promise<{ size: number; note: string | null } | undefined> {
  const { rows } = await q.query<{ state: string; size: string; note: string | null }>(
    `select state, size, note
     from ledger_standing
     order by number desc
     limit 1`,
  );
  const [row] = rows;
  return row?.state === 'behind' ? { size: Number(row.size), note: row.note } : undefined;
}

/** How the log is doing, for /readyz and the metrics. */
export interface LedgerHealth {
  isBehind: boolean;
  /** Entries published. */
  size: number;
  /** Entries that enough witnesses have cosigned. */
  witnessed: number;
  /** How long the oldest checkpoint has been waiting for enough witnesses, seconds; 0 when none waits. */
  unwitnessedSeconds: number;
}

export async function ledgerHealth(q: Queryable): Promise<LedgerHealth> {
  const { rows } = await q.query<{ behind: boolean; size: string; witnessed: string; seconds: number }>(
    `with seen as (
       select coalesce((select max(size) from ledger_witnessed), 0) as size
     )
     select
       coalesce(
         (select state = 'behind' from ledger_standing order by number desc limit 1), false
       ) as behind,
       coalesce((select max(size) from ledger_checkpoint), 0) as size, seen.size as witnessed,
       coalesce(
         (
           select extract(epoch from clock_timestamp() - at)::float8
           from ledger_checkpoint c
           where c.size > seen.size
           order by c.size
           limit 1
         ),
         0
       ) as seconds
     from seen`,
  );
  const row = rows[0];
  return {
    isBehind: row?.behind ?? false,
    size: Number(row?.size ?? 0),
    witnessed: Number(row?.witnessed ?? 0),
    unwitnessedSeconds: row?.seconds ?? 0,
  };
}

/** The last size that each witness has cosigned lately. */
export async function witnessSizes(q: Queryable): Promise<Map<string, number>> {
  const { rows } = await q.query<{ witness: string; size: string }>(
    `select witness, max(size) as size
     from ledger_cosignature
     where size > (select coalesce(max(size), 0) from ledger_witnessed) - 100000
     group by witness`,
  );
  return new Map(rows.map(({ witness, size }) => [witness, Number(size)]));
}
