import type { FactType } from '../../domain/vocabulary.js';
import type { Queryable } from '../database/pool.js';

/** How often facts of one type happened in a case, when first and when last. */
export interface FactTimes {
  count: number;
  firstAt: string;
  lastAt: string;
}

/** By type; absent where there is none. */
export async function factTimes(q: Queryable, caseId: string): Promise<{ readonly [T in FactType]?: FactTimes }> {
  const { rows } = await q.query<{ type: FactType; count: number; first_at: Date; last_at: Date }>(
    `select type, count(*)::int as count, min(at) as first_at, max(at) as last_at
     from fact
     where enforcement_case = $1
     group by type`,
    [caseId],
  );
  return Object.fromEntries(
    rows.map((row) => [
      row.type,
      { count: row.count, firstAt: row.first_at.toISOString(), lastAt: row.last_at.toISOString() },
    ]),
  );
}
