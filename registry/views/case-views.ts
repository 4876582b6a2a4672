import { balance, stateOf } from '../../domain/enforcement.js';
import type { RecordedFact } from '../../domain/facts.js';
import { normaliseNumber } from '../../domain/identity/identifier.js';
import { formatYuan } from '../../domain/money.js';
import { maskName } from '../../domain/name.js';
import type { DefaulterState, EndGround, FactType, Ground, Measure } from '../../domain/vocabulary.js';
import {
  type EnforcementRow,
  type RestrictionRow,
  repaidFen,
  restrictionsJson,
  toEnforcement,
} from '../case/enforcement-rows.js';
import { type TimeCursor, type TimePage, timePage } from '../database/pages.js';
import type { Queryable } from '../database/pool.js';
import { decryptStored, type KeyRing } from '../keys/key-ring.js';
import { progressOf, type RecordProgress } from '../ledger/receipts.js';
import { openName } from '../parties/subjects.js';

export interface RestrictionView {
  id: string;
  measure: Measure;
  asset?: { type: string; number: string };
  inForceAt?: string;
  until?: string;
  endedAt?: string;
  endGround?: EndGround;
}

/** How many departments were sent the last notice of a kind, and how many have acknowledged it. */
export interface NoticeCount {
  sent: number;
  acknowledged: number;
}

export interface DefaulterView {
  id: string;
  /** The party in the identity chain. */
  subject: string;
  state: DefaulterState;
  stayed: boolean;
  /** Masked: the first character only. */
  name: string;
  ground: Ground;
  restrictions: RestrictionView[];
  notices: { publish: NoticeCount; release: NoticeCount };
}

export interface CaseView {
  id: string;
  caseNumber: string;
  court: string;
  judge: string;
  state: 'OPEN' | 'CLOSED';
  /** Yuan, two decimals. */
  obligation: { amount: string; content: string };
  outstanding: string;
  surplus: string;
  defaulters: DefaulterView[];
}

interface CaseRow {
  id: string;
  case_number: string;
  court: string;
  judge: string;
  /** `opened_at` to the microsecond: where a page ends. */
  exact: string;
  closed_at: Date | null;
  obligation_fen: string;
  repaid_fen: string;
  content_sealed: Buffer;
}

interface DefaulterRow extends Omit<EnforcementRow, 'restrictions'> {
  enforcement_case: string;
  name_sealed: Buffer;
  restrictions: (RestrictionRow & { asset_type: string | null; asset_sealed: string | null })[] | null;
}

const CASES = `
  select c.id, c.case_number, c.court, c.judge, c.opened_at::text as exact, c.closed_at,
    c.obligation_fen, with_key(c.content_sealed) as content_sealed,
    ${repaidFen('p.enforcement_case = c.id')} as repaid_fen
  from enforcement_case c`;

const DEFAULTERS = `
  select d.id, d.enforcement_case, d.subject, with_key(s.name_sealed) as name_sealed, d.ground,
    d.term_months, d.grace_until::text, d.stayed, d.stay_told, d.published_at, d.ended_at,
    clock_timestamp() as now, false as notice_pending, null::timestamptz as deadline_at,
    ${restrictionsJson(
      "'asset_type', r.asset_type, 'asset_sealed', encode(with_key(r.asset_sealed), 'hex')",
    )} as restrictions
  from defaulter d
  join subject s on s.id = d.subject
  where d.enforcement_case = any($1)
  order by d.enforcement_case, d.ordinal`;

/** One case as its court sees it; undefined when there is none. */
export async function caseView(q: Queryable, ring: KeyRing, id: string): Promise<CaseView | undefined> {
  const { rows } = await q.query<CaseRow>(
    `${CASES}
  where c.id = $1`,
    [id],
  );
  return (await toViews(q, ring, rows))[0];
}

export interface CaseFilter {
  courts: readonly string[];
  state?: 'OPEN' | 'CLOSED';
  judge?: string;
  /** Part of a case number. */
  q?: string;
  after?: TimeCursor;
  limit: number;
}

/** Cases of these courts, newest first. */
export async function listCases(q: Queryable, ring: KeyRing, filter: CaseFilter): Promise<TimePage<CaseView>> {
  const { rows } = await q.query<CaseRow>(
    `${CASES}
  where c.court = any($1)
    and ($2::boolean is null or (c.closed_at is not null) = $2)
    and ($3::text is null or c.judge = $3)
    and ($4::text is null or position($4 in c.case_number) > 0)
    and ($5::timestamptz is null or (c.opened_at, c.id) < ($5, $6::uuid))
  order by c.opened_at desc, c.id desc
  limit $7`,
    [
      filter.courts,
      filter.state === undefined ? null : filter.state === 'CLOSED',
      filter.judge ?? null,
      filter.q ?? null,
      filter.after?.at ?? null,
      filter.after?.id ?? null,
      filter.limit + 1,
    ],
  );
  const page = timePage(rows, filter.limit, (row) => row);
  return { ...page, items: await toViews(q, ring, page.items) };
}

async function toViews(q: Queryable, ring: KeyRing, cases: readonly CaseRow[]): Promise<CaseView[]> {
  if (cases.length === 0) return [];
  const ids = cases.map((row) => row.id);
  const { rows } = await q.query<DefaulterRow>(DEFAULTERS, [ids]);
  const counts = await noticeCounts(
    q,
    rows.map((row) => row.id),
  );
  return cases.map((row) => {
    const { outstanding, surplus } = balance(BigInt(row.obligation_fen), BigInt(row.repaid_fen));
    const performed = BigInt(row.obligation_fen) > 0n && outstanding === 0n;
    return {
      id: row.id,
      caseNumber: row.case_number,
      court: row.court,
      judge: row.judge,
      state: row.closed_at ? 'CLOSED' : 'OPEN',
      obligation: {
        amount: formatYuan(BigInt(row.obligation_fen)),
        content: decryptStored(
          ring,
          { table: 'enforcement_case', column: 'content_sealed', row: row.id },
          row.content_sealed,
        ),
      },
      outstanding: formatYuan(outstanding),
      surplus: formatYuan(surplus),
      defaulters: rows
        .filter((defaulter) => defaulter.enforcement_case === row.id)
        .map((defaulter) => defaulterView(ring, defaulter, performed, counts.get(defaulter.id) ?? {})),
    };
  });
}

type Counts = { PUBLISH?: NoticeCount; RELEASE?: NoticeCount };
const NONE: NoticeCount = { sent: 0, acknowledged: 0 };

function defaulterView(ring: KeyRing, row: DefaulterRow, performed: boolean, counts: Counts): DefaulterView {
  const enforcement = toEnforcement(row, performed);
  return {
    id: row.id,
    subject: row.subject,
    state: stateOf(enforcement, row.now.getTime()),
    stayed: row.stayed,
    name: maskName(openName(ring, row.subject, row.name_sealed)),
    ground: row.ground,
    restrictions: (row.restrictions ?? []).map((r) => ({
      id: r.id,
      measure: r.measure,
      ...(r.asset_type && r.asset_sealed
        ? {
            asset: {
              type: r.asset_type,
              number: decryptStored(
                ring,
                { table: 'restriction', column: 'asset_sealed', row: r.id },
                Buffer.from(r.asset_sealed, 'hex'),
              ),
            },
          }
        : {}),
      ...instant('inForceAt', r.in_force_at),
      ...instant('until', r.until),
      ...instant('endedAt', r.ended_at),
      ...(r.end_ground ? { endGround: r.end_ground } : {}),
    })),
    notices: { publish: counts.PUBLISH ?? NONE, release: counts.RELEASE ?? NONE },
  };
}

const instant = <K extends string>(member: K, text: string | null): { [P in K]?: string } =>
  text === null ? {} : ({ [member]: new Date(text).toISOString() } as { [P in K]: string });

const NOTICE_COUNTS = `
  with cursor as (
    select d.code, d.joined_position, d.left_position,
      (
        select coalesce(max(up_to), 0)
        from delivery
        where department = d.code
      ) as served,
      (
        select coalesce(max(up_to), 0)
        from acknowledgement
        where department = d.code
      ) as acknowledged
    from department d
  ), last as (
    select distinct on (defaulter, kind) id, defaulter, kind, position
    from notice
    where defaulter = any($1)
      and kind in ('PUBLISH', 'RELEASE')
      and handed_from is null
    order by defaulter, kind, ordering desc
  ), told as (
    select id, defaulter, kind, position, null as department
    from last
    union all
    select l.id, l.defaulter, l.kind, n.position, n.department
    from last l
    join notice n on n.handed_from = l.id
  )
  select t.defaulter, t.kind,
    count(*) filter (where c.served >= t.position)::int as sent,
    count(*) filter (where c.acknowledged >= t.position)::int as acknowledged
  from told t
  left join cursor c on c.joined_position <= t.position
    and (t.department is null or t.department = c.code)
    and (c.left_position is null
      or (t.position < c.left_position and c.acknowledged >= t.position))
  group by t.defaulter, t.kind`;

/**
 * Of the last notice of each kind: a department that has passed it has passed those before. One that left before it acknowledged does not
 * count; its successor does, for the copy it was handed.
 */
async function noticeCounts(q: Queryable, defaulters: readonly string[]): Promise<Map<string, Counts>> {
  const { rows } = await q.query<{
    defaulter: string;
    kind: 'PUBLISH' | 'RELEASE';
    sent: number;
    acknowledged: number;
  }>(NOTICE_COUNTS, [defaulters]);
  const counts = new Map<string, Counts>();
  for (const row of rows) {
    counts.set(row.defaulter, {
      ...counts.get(row.defaulter),
      [row.kind]: { sent: row.sent, acknowledged: row.acknowledged },
    });
  }
  return counts;
}

/** A fact of a case; its type tells what its detail holds. */
export type FactView = RecordedFact & {
  seq: number;
  /** Id of the fact: what a receipt is asked for. */
  fact: string;
  at: string;
  defaulter?: string;
  department?: string;
  service?: string;
};

export type TimelineItem = FactView & {
  /** Where it stands in the record. */
  receipt: RecordProgress;
};

export interface FactRow {
  seq: number;
  id: string;
  at: Date;
  type: FactType;
  defaulter: string | null;
  department: string | null;
  service: string | null;
  detail: object;
}

/** The one place where the record is believed: what `recordFacts` wrote, in this version or an older one, has the shape of its type. */
export const toFactView = (row: FactRow): FactView =>
  ({
    seq: row.seq,
    fact: row.id,
    at: row.at.toISOString(),
    type: row.type,
    ...(row.defaulter ? { defaulter: row.defaulter } : {}),
    ...(row.department ? { department: row.department } : {}),
    ...(row.service ? { service: row.service } : {}),
    detail: row.detail,
  }) as FactView;

/** The facts of a case in order, above `afterSeq`; gap-free. `next` is the seq to go on from. */
export async function timeline(
  q: Queryable,
  caseId: string,
  afterSeq: number,
  limit: number,
): Promise<{ items: TimelineItem[]; next?: number }> {
  const { rows } = await q.query<FactRow>(
    `select seq, id, at, type, defaulter, department, service, detail
     from fact
     where enforcement_case = $1
       and seq > $2
     order by seq
     limit $3`,
    [caseId, afterSeq, limit + 1],
  );
  const shown = rows.slice(0, limit);
  const logIndexes = await progressOf(
    q,
    shown.map((row) => row.id),
  );
  const items = shown.map((row) => ({
    ...toFactView(row),
    receipt: logIndexes.get(row.id) ?? { state: 'accepted' as const },
  }));
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, ...(last ? { next: last.seq } : {}) };
}

/** The part of a case number a search is for, in the form in which numbers are stored. */
export const searchable = (text: string): string =>
  normaliseNumber(text)
    .replace(/[([〔【]/g, '（')
    .replace(/[)\]〕】]/g, '）');
