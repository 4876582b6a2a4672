import { uuidv7 } from 'uuidv7';
import { Refusal } from '../../domain/refusal.js';
import type { NoticeKind } from '../../domain/vocabulary.js';
import { makeLeaf } from '../../ledger/leaf.js';
import { lockKeyed, tryHold } from '../database/locks.js';
import { send, type Transaction } from '../database/pool.js';
import { type Actor, actorName } from '../inputs.js';
import { leafValues, withLeaf } from '../ledger/leaf-rows.js';

/** From now on the department may acknowledge up to here; when it learnt of a notice is the first row that covers it. */
export function recordDelivery(tx: Transaction, department: string, upTo: bigint): void {
  send(
    tx,
    `insert into delivery (department, up_to, at)
     values ($1, $2, clock_timestamp())
     on conflict (department, up_to) do nothing`,
    [department, upTo.toString()],
  );
}

/** The highest position that a department, given as SQL, has acknowledged; 0: none. */
export const acknowledgedBy = (department: string): string => `(
           select coalesce(max(a.up_to), 0)
           from acknowledgement a
           where a.department = ${department})`;

interface Positions {
  /** Where a department's part of the log begins. */
  start: bigint;
  /** What it is known to have. */
  delivered: bigint;
  /** What it may acknowledge: also a batch that was sent and not yet answered, for it may have it before we know. */
  served: bigint;
  acknowledged: bigint;
}

interface Cursor extends Positions {
  /** The leaf of its last acknowledgement. */
  lastLeaf: Buffer | null;
  now: Date;
}

const CURSOR = `
  with cursor as (
    select greatest(joined_position - 1, 0) as start,
           greatest(joined_position - 1, (
             select coalesce(max(up_to), 0)
             from delivery
             where department = $1)) as delivered,
           coalesce((select sent from endpoint where department = $1), 0) as sent,
           coalesce(last.up_to, 0) as acknowledged, last.leaf_hash as last_leaf
    from department
    left join lateral (
      select a.up_to, l.leaf_hash
      from acknowledgement a
      join ledger_leaf l on l.entry_id = a.entry
      where a.department = code
      order by a.up_to desc
      limit 1) last on true
    where code = $1
  )
  select start, delivered, greatest(delivered, sent) as served, acknowledged, last_leaf,
         clock_timestamp() as now
  from cursor`;

/** What a department was served and has acknowledged. Throws Refusal `not-found`. */
export async function cursorOf(tx: Transaction, department: string): Promise<Cursor> {
  const { rows } = await tx.query<{ [member in keyof Positions]: string } & { last_leaf: Buffer | null; now: Date }>(
    CURSOR,
    [department],
  );
  const row = rows[0];
  if (!row) throw Refusal.notFound('department');
  return {
    start: BigInt(row.start),
    delivered: BigInt(row.delivered),
    served: BigInt(row.served),
    acknowledged: BigInt(row.acknowledged),
    lastLeaf: row.last_leaf,
    now: row.now,
  };
}

/**
 * A department acknowledges all up to a position it was served: one row and one leaf, chained to the department's leaf before.
 * Answers the highest position ever acknowledged. Throws Refusal `invalid` above what was served.
 */
export async function acknowledge(
  tx: Transaction,
  department: string,
  upTo: bigint,
  actor: Actor,
): Promise<{ acknowledged: number }> {
  send(tx, `select ${lockKeyed('department', '$1')}`, [department]);
  const cursor = await cursorOf(tx, department);
  if (upTo > cursor.served) {
    throw Refusal.invalid('upTo 大于已送达的位置。 / "upTo" is above what was served.', '/upTo', 'not-served');
  }
  if (upTo <= cursor.acknowledged || upTo === 0n) return { acknowledged: Number(cursor.acknowledged) };
  if (upTo > cursor.delivered) recordDelivery(tx, department, upTo);
  const id = uuidv7();
  const key = `acknowledged:${department}:${upTo}`;
  const leaf = makeLeaf({
    id,
    key,
    type: 'acknowledged',
    at: cursor.now.toISOString(),
    dept: department,
    actor: actorName(actor),
    ...(cursor.lastLeaf ? { prev: cursor.lastLeaf.toString('hex') } : {}),
    ...(actor.trace ? { trace: actor.trace } : {}),
  });
  send(
    tx,
    withLeaf(
      `insert into acknowledgement (department, up_to, at, entry)
       select $5, $6, $7, entry_id
       from leaf`,
    ),
    [...leafValues(id, key, leaf), department, upTo.toString(), cursor.now],
  );
  return { acknowledged: Number(upTo) };
}

/**
 * What each department has passed: what it has acknowledged, or what was before its time. The smallest decides. One that has left is not waited
 * for: what it had open went to its successor, as notices of its own, or was settled with a reason.
 */
const PASSED_BY_ALL = `
  with passed as materialized (
    select d.code,
           greatest(d.joined_position - 1, (
             select max(a.up_to)
             from acknowledgement a
             where a.department = d.code)) as up_to
    from department d
    where d.left_position is null
  )
  (select n.id, n.kind, n.enforcement_case, n.defaulter, n.position
   from notice n
   where n.department is null
     and n.settled_at is null
     and n.position <= (select coalesce(min(up_to), 9223372036854775807) from passed)
   order by n.position
   limit 200)
  union all
  (select n.id, n.kind, n.enforcement_case, n.defaulter, n.position
   from notice n
   where n.department is not null
     and n.settled_at is null
     and n.position is not null
     and not exists (
       select from passed p
       where p.code = n.department and p.up_to < n.position)
   order by n.position
   limit 200)
  order by enforcement_case, position`;

export interface SettledNotice {
  id: string;
  kind: NoticeKind;
  enforcementCase: string;
  defaulter: string;
  position: number;
}

/** Notices that every department in scope has passed, by case; only one settler works at a time. */
export async function passedByAll(tx: Transaction): Promise<SettledNotice[]> {
  if (!(await tryHold(tx, 'settler'))) return [];
  const { rows } = await tx.query<{
    id: string;
    kind: NoticeKind;
    enforcement_case: string;
    defaulter: string;
    position: string;
  }>(PASSED_BY_ALL);
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    enforcementCase: row.enforcement_case,
    defaulter: row.defaulter,
    position: Number(row.position),
  }));
}
