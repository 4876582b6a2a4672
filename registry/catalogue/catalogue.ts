import type { Disposition, Measure, SubjectRole } from '../../domain/vocabulary.js';
import type { Queryable } from '../database/pool.js';

export interface DepartmentView {
  code: string;
  name: { zh: string; en: string };
  sector: string;
}

export async function departments(q: Queryable): Promise<DepartmentView[]> {
  const { rows } = await q.query<{ code: string; name_zh: string; name_en: string; sector: string }>(
    `select code, name_zh, name_en, sector
     from department
     where left_position is null
     order by ordinal`,
  );
  return rows.map((row) => ({ code: row.code, name: { zh: row.name_zh, en: row.name_en }, sector: row.sector }));
}

export interface ServiceView {
  code: string;
  name: { zh: string; en: string };
  department?: string;
  neverGated: boolean;
  enabled?: boolean;
  subjects?: SubjectRole[];
  disposition?: Disposition;
  gatedBy?: Measure[];
  flags?: string[];
  legalBasis?: string;
  edition?: string;
  validFrom?: string;
  validUntil?: string;
  holdDays?: number;
  version?: number;
}

interface ServiceRow {
  code: string;
  name_zh: string;
  name_en: string;
  department: string | null;
  never_gated: boolean;
  enabled: boolean | null;
  subjects: SubjectRole[] | null;
  disposition: Disposition | null;
  gated_by: Measure[] | null;
  flags: string[] | null;
  legal_basis: string | null;
  edition: string | null;
  valid_from: string | null;
  valid_until: string | null;
  hold_days: number | null;
  version: number | null;
}

/** What `toService` reads: of a service `s` and a version `r` of its rule. */
const SERVICE_ROW = `
    s.code, s.name_zh, s.name_en, s.department, s.never_gated, r.enabled, r.subjects, r.disposition,
    r.gated_by, r.flags, r.legal_basis, r.edition, r.valid_from::text, r.valid_until::text,
    r.hold_days, r.version`;

const SERVICES = `
  select ${SERVICE_ROW}
  from service s
  left join lateral (
    select *
    from service_rule v
    where v.service = s.code
    order by v.version desc
    limit 1
  ) r on true`;

/** The catalogue with the version of each row that is in effect; services that are never gated are on it too. */
export async function services(q: Queryable): Promise<ServiceView[]> {
  const { rows } = await q.query<ServiceRow>(`${SERVICES} order by s.code`);
  return rows.map(toService);
}

/** One row of the catalogue as it is in effect; undefined for an unknown service. */
export async function service(q: Queryable, code: string): Promise<ServiceView | undefined> {
  const { rows } = await q.query<ServiceRow>(`${SERVICES} where s.code = $1`, [code]);
  return rows[0] && toService(rows[0]);
}

export interface ServiceVersion extends ServiceView {
  recordedAt: string;
  /** Role and id of who made it; `catalogue` for the first. */
  recordedBy: string;
}

/** The versions of a service's rule below one, the newest first; undefined for an unknown service. One that is never gated has none. */
export async function serviceHistory(
  q: Queryable,
  code: string,
  below: number | undefined,
  limit: number,
): Promise<{ items: ServiceVersion[]; next?: number } | undefined> {
  const { rows } = await q.query<ServiceRow & { recorded_at: Date | null; recorded_by: string | null }>(
    `select ${SERVICE_ROW}, r.recorded_at, r.recorded_by
     from service s
     left join service_rule r on r.service = s.code and ($2::int is null or r.version < $2)
     where s.code = $1
     order by r.version desc
     limit $3`,
    [code, below ?? null, limit + 1],
  );
  if (rows.length === 0) return undefined;
  const items = rows
    .slice(0, limit)
    .flatMap((row) =>
      row.recorded_at && row.recorded_by
        ? [{ ...toService(row), recordedAt: row.recorded_at.toISOString(), recordedBy: row.recorded_by }]
        : [],
    );
  const last = rows.length > limit ? items.at(-1)?.version : undefined;
  return { items, ...(last === undefined ? {} : { next: last }) };
}

const toService = (row: ServiceRow): ServiceView => ({
  code: row.code,
  name: { zh: row.name_zh, en: row.name_en },
  neverGated: row.never_gated,
  ...present({
    department: row.department,
    enabled: row.enabled,
    subjects: row.subjects,
    disposition: row.disposition,
    gatedBy: row.gated_by,
    flags: row.flags,
    legalBasis: row.legal_basis,
    edition: row.edition,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    holdDays: row.hold_days,
    version: row.version,
  }),
});

/** The members that have a value. */
function present<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

/** Judges of each court by number: who they are is the courts' own register. */
export const JUDGES_PER_COURT = 2;

export interface CourtView {
  code: string;
  name: { zh: string; en: string };
  parent?: string;
  contact: string;
}

export async function courts(q: Queryable): Promise<CourtView[]> {
  const { rows } = await q.query<{
    code: string;
    name_zh: string;
    name_en: string;
    parent: string | null;
    contact: string;
  }>('select code, name_zh, name_en, parent, contact from court order by code');
  return rows.map((row) => ({
    code: row.code,
    name: { zh: row.name_zh, en: row.name_en },
    ...(row.parent ? { parent: row.parent } : {}),
    contact: row.contact,
  }));
}

/** A court and all below it: what its supervisor may see. */
export async function courtsBelow(q: Queryable, court: string): Promise<string[]> {
  const { rows } = await q.query<{ code: string }>(
    `with recursive below as (
       select code
       from court
       where code = $1
       union all
       select c.code
       from court c
       join below b on c.parent = b.code
     )
     select code
     from below
     order by code`,
    [court],
  );
  return rows.map((row) => row.code);
}

export async function isCourt(q: Queryable, code: string): Promise<boolean> {
  const { rowCount } = await q.query('select from court where code = $1', [code]);
  return rowCount === 1;
}

/** The court a judge sits at; undefined for an unknown judge. */
export async function judgeCourt(q: Queryable, judge: string): Promise<string | undefined> {
  const { rows } = await q.query<{ court: string }>('select court from judge where id = $1', [judge]);
  return rows[0]?.court;
}
