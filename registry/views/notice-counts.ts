import type { Queryable } from '../database/pool.js';

/** How many departments were sent the last notice of a kind, and how many have acknowledged it. */
export interface NoticeCount {
  sent: number;
  acknowledged: number;
}

/** Of one defaulter; a kind of which there was no notice is not there. */
export type NoticeCounts = { PUBLISH?: NoticeCount; RELEASE?: NoticeCount };

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
export async function noticeCounts(q: Queryable, defaulters: readonly string[]): Promise<Map<string, NoticeCounts>> {
  const { rows } = await q.query<{
    defaulter: string;
    kind: 'PUBLISH' | 'RELEASE';
    sent: number;
    acknowledged: number;
  }>(NOTICE_COUNTS, [defaulters]);
  const counts = new Map<string, NoticeCounts>();
  for (const row of rows) {
    counts.set(row.defaulter, {
      ...counts.get(row.defaulter),
      [row.kind]: { sent: row.sent, acknowledged: row.acknowledged },
    });
  }
  return counts;
}
