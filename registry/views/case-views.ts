import { balance, stateOf } from '../../domain/enforcement.js';
import { normaliseNumber } from '../../domain/identity/identifier.js';
import { formatYuan } from '../../domain/money.js';
import { maskName } from '../../domain/name.js';
import type { DefaulterState, EndGround, Ground, Measure } from '../../domain/vocabulary.js';
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
import { openName } from '../parties/subjects.js';
import { type NoticeCount, type NoticeCounts, noticeCounts } from './notice-counts.js';

export interface RestrictionView {
  id: string;
  measure: Measure;
  asset?: { type: string; number: string };
  inForceAt?: string;
  until?: string;
  endedAt?: string;
  endGround?: EndGround;
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

const NONE: NoticeCount = { sent: 0, acknowledged: 0 };

function defaulterView(ring: KeyRing, row: DefaulterRow, performed: boolean, counts: NoticeCounts): DefaulterView {
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

/** The part of a case number a search is for, in the form in which numbers are stored. */
export const searchable = (text: string): string =>
  normaliseNumber(text)
    .replace(/[([〔【]/g, '（')
    .replace(/[)\]〕】]/g, '）');
