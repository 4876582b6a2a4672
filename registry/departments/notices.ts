import { uuidv7 } from 'uuidv7';
import { Refusal } from '../../domain/refusal.js';
import type { DirectiveType, Measure, NoticeKind } from '../../domain/vocabulary.js';
import type { LockedCase, LockedDefaulter } from '../case/locked-case.js';
import { type Queryable, send, type Transaction } from '../database/pool.js';
import { cursorOf, recordDelivery } from './acknowledgements.js';

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

/** Writes one notice for all departments (or, a directive, for one), under the lock of the case; the assigner gives it its position. Returns its id. */
export function writeNotice(
  tx: Transaction,
  locked: LockedCase,
  defaulter: LockedDefaulter,
  notice: NewNotice,
): string {
  const id = uuidv7();
  send(tx, WRITE_NOTICE, [
    id,
    notice.kind,
    locked.id,
    defaulter.id,
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
  insert into notice (
    id, kind, action, enforcement_case, defaulter, department, directive,
    measures, until, at, services, restrictions, interceptions)
  select $1, $2, $2 || ':' || (select count(*) + 1 from notice where defaulter = $4 and kind = $2),
         $3, $4, $5, $6, $7, $8, $9, $10, $11, $12`;

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
    throw Refusal.invalid('after 大于已送达的位置。 / "after" is above what was served.', '/after', 'after-unserved');
  }
  let served = upTo;
  if (cursor.start > served) served = cursor.start;
  if (served > cursor.delivered) recordDelivery(tx, department, served);
  return { items, served: Number(served) };
}

/**
 * The notices of a department above a position and since it joined, from at most `limit` positions of the log, and the last of these
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

// A term that is over has ended, whether or not the process has recorded it.
const ENDED = `(
           select bool_and(r.ended_at is not null or r.until <= clock_timestamp())
           from restriction r
           where r.id = any(n.restrictions))`;

/** A service a department compares for today. */
interface OwnService {
  code: string;
  gated_by: Measure[];
  judge_confirms: boolean;
}

// Together with the page rather than row by row: a page is two hundred notices, a department has a handful of services.
const OWN_SERVICES = `
  select s.code, rule.gated_by, 'judge-confirms' = any(rule.flags) as judge_confirms
  from service s
  join lateral (
    select v.gated_by, v.flags, v.enabled
    from service_rule v
    where v.service = s.code
    order by v.version desc
    limit 1) rule on true
  where s.department = $1 and rule.enabled
  order by s.code`;

const NOTICES_ABOVE = `
  select n.position, n.id, n.kind, n.at, n.defaulter, n.enforcement_case,
         c.case_number, c.court, n.measures, n.until, n.directive,
         d.type as directive_type,
         n.department is null or n.department = $1 as own,
         n.services as limited_to,
         (select array_agg(sc.service)
          from service_confirmation sc
          where sc.defaulter = n.defaulter and sc.told_at is not null) as confirmed,
         n.kind = any($4) and ${ENDED} as ended,
         -- What only blocks frees no business.
         case
           when not n.kind = any($4)
           then (
             select json_agg(json_build_object('id', i.id, 'reference', i.reference) order by i.id)
             from unnest(n.interceptions) freed(id)
             cross join lateral (
               select id, reference, department
               from interception
               where id = freed.id
               limit 1) i
             where i.department = $1) end as interceptions
  from notice n
  -- Row by row, by its key: a page is small whatever the planner believes, and the cases are many.
  cross join lateral (
    select case_number, court
    from enforcement_case
    where id = n.enforcement_case
    limit 1) c
  left join lateral (
    select type
    from directive
    where id = n.directive
    limit 1) d on true
  where n.position > greatest(
    $2::bigint,
    (select joined_position - 1 from department where code = $1))
  order by n.position
  limit $3`;

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
