import type { Measure } from '../../domain/vocabulary.js';
import { STILL_OPEN } from '../case/enforcement-rows.js';
import type { Queryable } from '../database/pool.js';

/** What a release leaves: the measures of this case that are still open, and how many other cases of the same party have any (R10). */
export interface Remaining {
  defaulter: string;
  measures: Measure[];
  otherCases: number;
}

const REMAINING = `
  select d.id,
    array(
      select distinct r.measure
      from restriction r
      where r.defaulter = d.id
        and ${STILL_OPEN}
      order by 1
    ) as measures,
    (
      select count(distinct o.enforcement_case)::int
      from identity_reach(array[d.subject]) p
      join defaulter o on o.subject = p.subject
      join restriction r on r.defaulter = o.id
      where not p.related
        and o.enforcement_case <> d.enforcement_case
        and ${STILL_OPEN}
    ) as other_cases
  from defaulter d
  where d.enforcement_case = $1
    and ($2::uuid is null or d.id = $2)
  order by d.ordinal`;

/** Of one defaulter of a case, or of all. The same party under another record counts, where a court has linked the two. */
export async function remainingOf(q: Queryable, enforcementCase: string, defaulter?: string): Promise<Remaining[]> {
  const { rows } = await q.query<{ id: string; measures: Measure[]; other_cases: number }>(REMAINING, [
    enforcementCase,
    defaulter ?? null,
  ]);
  return rows.map((row) => ({ defaulter: row.id, measures: row.measures, otherCases: row.other_cases }));
}
