import { uuidv7 } from 'uuidv7';
import { Refusal } from '../../domain/refusal.js';
import type { DirectiveType, Measure, NoticeKind } from '../../domain/vocabulary.js';
import { makeLeaf } from '../../ledger/leaf.js';
import type { LockedCase, LockedLife } from '../case/locked-case.js';
import { inTransaction, type Pool, type Queryable, send, type Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { leafValues, withLeaf } from '../ledger/leaf-rows.js';

export interface Notice {
  seq: number;
  id: string;
  kind: NoticeKind;
  at: string;
  /** What it puts in force has ended meanwhile: it must not be acted on. */
  void?: true;
  defaulter: string;
  case: { id: string; number: string; court: string };
  measures: Measure[];
  /** The reader's own services that these measures gate. */
  services: string[];
  until?: string;
  interceptions?: { id: string; reference: string }[];
  directive?: { id: string; type: DirectiveType };
}

export interface NewNotice {
  kind: NoticeKind;
  measures: readonly Measure[];
  restrictions: readonly string[];
  /** Epoch ms. */
  until: number | null;
  interceptions?: readonly string[];
  directive?: { id: string; department: string };
  /** Services it is limited to; absent: all that its measures gate. */
  services?: readonly string[];
}

/** Writes one notice for all departments (or, a directive, for one), under the lock of the case; the assigner places it in the log. Returns its id. */
export function writeNotice(tx: Transaction, locked: LockedCase, life: LockedLife, notice: NewNotice): string {
  const id = uuidv7();
  send(tx, WRITE_NOTICE, [
    id,
    notice.kind,
    locked.id,
    life.id,
    notice.directive?.department ?? null,
    notice.directive?.id ?? null,
    [...new Set(notice.measures)],
    notice.until === null ? null : new Date(notice.until),
    new Date(locked.now),
    notice.services ?? null,
    notice.restrictions,
    notice.interceptions ?? [],
  ]);
  return id;
}

const WRITE_NOTICE = `
  insert into notice (id, kind, action, enforcement_case, defaulter, department, directive, measures, until, at, services, restrictions, interceptions)
  select $1, $2, $2 || ':' || (select count(*) + 1 from notice where defaulter = $4 and kind = $2), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12`;

const ASSIGNER_LOCK = 4_201;
const SETTLER_LOCK = 4_202;

/**
 * Gives committed notices their places in the log: contiguous, in the order drawn under the case locks. One holder at a time; the
 * unique index on `position` is the guarantee. Returns how many were placed.
 */
export async function assignPositions(pool: Pool): Promise<number> {
  return inTransaction(
    pool,
    async (tx) => {
      const { rows } = await tx.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [
        ASSIGNER_LOCK,
      ]);
      if (!rows[0]?.held) return 0;
      const placed = await tx.query(
        `with waiting as (
         select id, row_number() over (order by ordering) as n from notice where position is null order by ordering limit 1000
       )
       -- A directive whose department has left meanwhile is its successor's.
       update notice set position = (select coalesce(max(position), 0) from notice) + waiting.n,
         department = coalesce((select d.successor from department d where d.code = notice.department and d.left_position is not null), notice.department)
       from waiting where notice.id = waiting.id`,
        [],
      );
      return placed.rowCount ?? 0;
    },
    { readsFirst: true },
  );
}

interface NoticeRow {
  position: string;
  id: string;
  kind: NoticeKind;
  at: Date;
  ended: boolean;
  defaulter: string;
  enforcement_case: string;
  case_number: string;
  court: string;
  measures: Measure[];
  until: Date | null;
  /** False: it is another department's, passed over but counted. */
  own: boolean;
  /** Services it is limited to; null: all that its measures gate. */
  limited_to: string[] | null;
  /** Services the judge has confirmed for this defaulter; null: none. */
  confirmed: string[] | null;
  interceptions: { id: string; reference: string }[] | null;
  directive: string | null;
  directive_type: DirectiveType | null;
}

const BLOCKING: ReadonlySet<NoticeKind> = new Set(['PUBLISH', 'RESUME', 'EXTEND']);

/**
 * A department's projection of the log above `after`, and the position it has then been served. Positions are contiguous, so what
 * is not the department's is passed over and served too. Throws Refusal `invalid` where `after` was never served.
 */
export async function readNotices(
  tx: Transaction,
  department: string,
  after: bigint | undefined,
  limit: number,
): Promise<{ items: Notice[]; served: number }> {
  const [cursor, { items, upTo }] = await Promise.all([
    cursorOf(tx, department),
    projectNotices(tx, department, after ?? 0n, limit),
  ]);
  if (after !== undefined && after > cursor.served) {
    throw new Refusal('invalid', 'after 大于已送达的位置。 / "after" is above what was served.', [
      { pointer: '/after', code: 'after-unserved' },
    ]);
  }
  let served = upTo;
  if (cursor.start > served) served = cursor.start;
  if (served > cursor.delivered) recordDelivery(tx, department, served);
  return { items, served: Number(served) };
}

/**
 * The notices of a department above a position and since it joined, from at most `limit` places of the log, and the last of these places
 * (`after` when there is none): what a pull and a webhook show alike.
 */
export async function projectNotices(
  q: Queryable,
  department: string,
  after: bigint,
  limit: number,
): Promise<{ items: Notice[]; upTo: bigint }> {
  const [{ rows }, { rows: services }] = await Promise.all([
    q.query<NoticeRow>(NOTICES_ABOVE, [department, after.toString(), limit, [...BLOCKING]]),
    q.query<OwnService>(OWN_SERVICES, [department]),
  ]);
  const last = rows.at(-1);
  return {
    items: rows.filter(({ own }) => own).map((row) => toNotice(row, services)),
    upTo: last ? BigInt(last.position) : after,
  };
}

/** Those of a batch whose end would make it out of date: they block, and are not void yet. */
export const blockingOf = (items: readonly Notice[]): string[] =>
  items.filter((notice) => BLOCKING.has(notice.kind) && !notice.void).map((notice) => notice.id);

/** Whether what one of these notices put in force has ended. */
export async function anyEnded(q: Queryable, notices: readonly string[]): Promise<boolean> {
  const { rows } = await q.query<{ ended: boolean }>(
    `select exists (select from notice n where n.id = any($1) and ${ENDED}) as ended`,
    [notices],
  );
  return rows[0]?.ended ?? false;
}

/** From now on the department may acknowledge up to here; when it learnt of a notice is the first row that covers it. */
export function recordDelivery(tx: Transaction, department: string, upTo: bigint): void {
  send(
    tx,
    'insert into delivery (department, up_to, at) values ($1, $2, clock_timestamp()) on conflict (department, up_to) do nothing',
    [department, upTo.toString()],
  );
}

// A term that is over has ended, whether or not the process has recorded it.
const ENDED = `(select bool_and(r.ended_at is not null or r.until <= clock_timestamp())
  from restriction r where r.id = any(n.restrictions))`;

/** A service a department compares for today. */
interface OwnService {
  code: string;
  gated_by: Measure[];
  judge_confirms: boolean;
}

// Together with the page rather than row by row: a page is two hundred notices, a department has a handful of services.
const OWN_SERVICES = `
  select s.code, rule.gated_by, 'judge-confirms' = any(rule.flags) as judge_confirms
  from service s join lateral (
    select v.gated_by, v.flags, v.enabled from service_rule v where v.service = s.code order by v.version desc limit 1) rule on true
  where s.department = $1 and rule.enabled order by s.code`;

const NOTICES_ABOVE = `
  select n.position, n.id, n.kind, n.at, n.defaulter, n.enforcement_case, c.case_number, c.court, n.measures, n.until, n.directive,
         d.type as directive_type, n.department is null or n.department = $1 as own, n.services as limited_to,
         (select array_agg(sc.service) from service_confirmation sc where sc.defaulter = n.defaulter and sc.told_at is not null) as confirmed,
         n.kind = any($4) and ${ENDED} as ended,
         -- What only blocks frees no business.
         case when not n.kind = any($4) then (select json_agg(json_build_object('id', i.id, 'reference', i.reference) order by i.id)
           from unnest(n.interceptions) freed(id) cross join lateral (select id, reference, department from interception where id = freed.id limit 1) i
           where i.department = $1) end as interceptions
  from notice n
  -- Row by row, by its key: a page is small whatever the planner believes, and the cases are many.
  cross join lateral (select case_number, court from enforcement_case where id = n.enforcement_case limit 1) c
  left join lateral (select type from directive where id = n.directive limit 1) d on true
  where n.position > greatest($2::bigint, (select joined_position - 1 from department where code = $1))
  order by n.position limit $3`;

/** The services that a notice's measures gate. R6: nobody is to stop at one that the judge of this case has not confirmed. */
const servicesOf = (row: NoticeRow, services: readonly OwnService[]): string[] =>
  services
    .filter(
      ({ code, gated_by, judge_confirms }) =>
        gated_by.some((measure) => row.measures.includes(measure)) &&
        (row.limited_to === null || row.limited_to.includes(code)) &&
        (!judge_confirms || row.confirmed?.includes(code) === true),
    )
    .map(({ code }) => code);

function toNotice(row: NoticeRow, services: readonly OwnService[]): Notice {
  return {
    seq: Number(row.position),
    id: row.id,
    kind: row.kind,
    at: row.at.toISOString(),
    ...(row.ended ? { void: true as const } : {}),
    defaulter: row.defaulter,
    case: { id: row.enforcement_case, number: row.case_number, court: row.court },
    measures: row.measures,
    services: servicesOf(row, services),
    ...(row.until ? { until: row.until.toISOString() } : {}),
    ...(row.interceptions ? { interceptions: row.interceptions } : {}),
    ...(row.directive && row.directive_type ? { directive: { id: row.directive, type: row.directive_type } } : {}),
  };
}

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

async function cursorOf(tx: Transaction, department: string): Promise<Cursor> {
  const { rows } = await tx.query<{ [member in keyof Positions]: string } & { last_leaf: Buffer | null; now: Date }>(
    `with cursor as (
       select greatest(joined_position - 1, 0) as start,
              greatest(joined_position - 1, (select coalesce(max(up_to), 0) from delivery where department = $1)) as delivered,
              coalesce((select sent from endpoint where department = $1), 0) as sent,
              coalesce(last.up_to, 0) as acknowledged, last.leaf_hash as last_leaf
       from department left join lateral (
         select a.up_to, l.leaf_hash from acknowledgement a join ledger_leaf l on l.entry_id = a.entry
         where a.department = code order by a.up_to desc limit 1) last on true
       where code = $1
     ) select start, delivered, greatest(delivered, sent) as served, acknowledged, last_leaf, clock_timestamp() as now from cursor`,
    [department],
  );
  const row = rows[0];
  if (!row) throw new Refusal('not-found', '没有此部门。 / No such department.');
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
  send(tx, 'select pg_advisory_xact_lock(hashtextextended($1, 2))', [department]);
  const cursor = await cursorOf(tx, department);
  if (upTo > cursor.served) {
    throw new Refusal('invalid', 'upTo 大于已送达的位置。 / "upTo" is above what was served.', [
      { pointer: '/upTo', code: 'not-served' },
    ]);
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
    actor: `${actor.role}:${actor.id}`,
    ...(cursor.lastLeaf ? { prev: cursor.lastLeaf.toString('hex') } : {}),
    ...(actor.trace ? { trace: actor.trace } : {}),
  });
  send(
    tx,
    withLeaf(`insert into acknowledgement (department, up_to, at, entry) select $5, $6, $7, entry_id from leaf`),
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
    select d.code, greatest(d.joined_position - 1, (select max(a.up_to) from acknowledgement a where a.department = d.code)) as up_to
    from department d where d.left_position is null
  )
  (select n.id, n.kind, n.enforcement_case, n.defaulter, n.position from notice n
   where n.department is null and n.settled_at is null and n.position <= (select coalesce(min(up_to), 9223372036854775807) from passed) order by n.position limit 200)
  union all
  (select n.id, n.kind, n.enforcement_case, n.defaulter, n.position from notice n
   where n.department is not null and n.settled_at is null and n.position is not null
     and not exists (select from passed p where p.code = n.department and p.up_to < n.position) order by n.position limit 200)
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
  const lock = await tx.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [SETTLER_LOCK]);
  if (!lock.rows[0]?.held) return [];
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

/** The head of the log; until the transaction ends nobody else gives places. */
export async function holdLog(tx: Transaction): Promise<number> {
  await tx.query('select pg_advisory_xact_lock($1)', [ASSIGNER_LOCK]);
  return headOfLog(tx);
}

/** The head of the log: the highest place given. */
export async function headOfLog(q: Queryable): Promise<number> {
  const { rows } = await q.query<{ head: string }>('select coalesce(max(position), 0) as head from notice');
  return Number(rows[0]?.head ?? 0);
}
