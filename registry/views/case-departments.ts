import type { Queryable } from '../database/pool.js';

/** When a department was served the last notice of a kind, and when it acknowledged it: the first row that covers its position. */
export interface Telling {
  deliveredAt?: string;
  acknowledgedAt?: string;
}

/** What one department knows of a case. `publish` and `release` are absent where there is no such notice, or it is not for this department. */
export interface CaseDepartment {
  code: string;
  name: { zh: string; en: string };
  publish?: Telling;
  release?: Telling;
  /** Interceptions it has opened in this case. */
  interceptions: number;
}

interface Row {
  code: string;
  name_zh: string;
  name_en: string;
  told_publish: boolean;
  publish_delivered: Date | null;
  publish_acknowledged: Date | null;
  told_release: boolean;
  release_delivered: Date | null;
  release_acknowledged: Date | null;
  interceptions: number;
}

// A notice that has no position yet stands above every row of delivery: nobody has been served it. A department that left before it
// acknowledged is no longer asked.
const DEPARTMENTS = `
  with defaulters as (
    select id
    from defaulter
    where enforcement_case = $1
  ), last as (
    select distinct on (kind) kind, coalesce(position, 9223372036854775807) as position
    from notice
    where defaulter in (select id from defaulters)
      and kind in ('PUBLISH', 'RELEASE')
      and handed_from is null
    order by kind, ordering desc
  ), told as (
    select d.code, l.kind,
      (
        select v.at
        from delivery v
        where v.department = d.code
          and v.up_to >= l.position
        order by v.up_to
        limit 1
      ) as delivered,
      (
        select a.at
        from acknowledgement a
        where a.department = d.code
          and a.up_to >= l.position
        order by a.up_to
        limit 1
      ) as acknowledged
    from last l
    join department d on d.joined_position <= l.position
      and (d.left_position is null or (l.position < d.left_position and exists (
        select
        from acknowledgement a
        where a.department = d.code
          and a.up_to >= l.position)))
  )
  select d.code, d.name_zh, d.name_en,
    p.code is not null as told_publish,
    p.delivered as publish_delivered, p.acknowledged as publish_acknowledged,
    r.code is not null as told_release,
    r.delivered as release_delivered, r.acknowledged as release_acknowledged,
    (
      select count(*)
      from interception i
      where i.department = d.code
        and i.defaulter in (select id from defaulters)
    )::int as interceptions
  from department d
  left join told p on p.code = d.code
    and p.kind = 'PUBLISH'
  left join told r on r.code = d.code
    and r.kind = 'RELEASE'
  where d.left_position is null
    or p.code is not null
    or r.code is not null
  order by d.ordinal`;

/**
 * The departments in scope of a case in the catalogue's order, with what each was told and did: over all its defaulters, by the last
 * PUBLISH and the last RELEASE. Counts, matrix and table of a page all come from these rows, so they cannot disagree.
 */
export async function caseDepartments(q: Queryable, caseId: string): Promise<CaseDepartment[]> {
  const { rows } = await q.query<Row>(DEPARTMENTS, [caseId]);
  return rows.map((row) => ({
    code: row.code,
    name: { zh: row.name_zh, en: row.name_en },
    ...(row.told_publish ? { publish: telling(row.publish_delivered, row.publish_acknowledged) } : {}),
    ...(row.told_release ? { release: telling(row.release_delivered, row.release_acknowledged) } : {}),
    interceptions: row.interceptions,
  }));
}

const telling = (delivered: Date | null, acknowledged: Date | null): Telling => ({
  ...(delivered ? { deliveredAt: delivered.toISOString() } : {}),
  ...(acknowledged ? { acknowledgedAt: acknowledged.toISOString() } : {}),
});
