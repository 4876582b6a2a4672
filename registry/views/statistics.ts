import { formatYuan } from '../../domain/money.js';
import { REFUSING } from '../case/closed-lists.js';
import { IN_FORCE, repaidFen } from '../case/enforcement-rows.js';
import type { Queryable } from '../database/pool.js';

/** The platform's figures, each in its unit (domain handbook §1.2, R18). */
export interface Statistics {
  /** 条: accepted defaulter entries, a running total that never falls. */
  entries: number;
  /** Of these, entries with at least one restriction still in force. */
  liveEntries: number;
  /** 次: answered comparisons. */
  comparisons: number;
  /** 次: interceptions that stopped a step. */
  interceptions: number;
  /** 名: distinct subjects stopped at least once. */
  subjectsIntercepted: number;
  /** 人次: defaulters whose obligation was performed in full. */
  performed: number;
  /** 元: repayments that were not reversed. */
  repaid: string;
}

interface Row {
  entries: number;
  live_entries: number;
  comparisons: number;
  interceptions: number;
  subjects_intercepted: number;
  performed: number;
  repaid_fen: string;
}

/** Really stopped: refused outright, or held and then refused by the court or the department (domain handbook §2, Interception). */
const STOPPED = `(i.outcome = 'INTERCEPT' or (i.outcome = 'REVIEW' and (
      exists (
        select
        from directive v
        where v.interception = i.id
          and v.type in ${REFUSING})
      or exists (
        select
        from feedback f
        where f.interception = i.id
          and f.action = 'refused'))))`;

const STATISTICS = `
  select
    (select count(*)::int from defaulter) as entries,
    (
      select count(distinct r.defaulter)::int
      from restriction r
      where ${IN_FORCE}
    ) as live_entries,
    (select count(*)::int from comparison) as comparisons,
    (
      select count(*)::int
      from interception i
      where ${STOPPED}
    ) as interceptions,
    (
      select count(distinct d.subject)::int
      from interception i
      join defaulter d on d.id = i.defaulter
      where ${STOPPED}
    ) as subjects_intercepted,
    (
      select count(distinct defaulter)::int
      from restriction
      where end_ground = 'performed'
    ) as performed,
    ${repaidFen()} as repaid_fen`;

export async function statistics(q: Queryable): Promise<Statistics> {
  const { rows } = await q.query<Row>(STATISTICS);
  const row = rows[0];
  if (!row) throw new Error('statistics gave no row');
  return {
    entries: row.entries,
    liveEntries: row.live_entries,
    comparisons: row.comparisons,
    interceptions: row.interceptions,
    subjectsIntercepted: row.subjects_intercepted,
    performed: row.performed,
    repaid: formatYuan(BigInt(row.repaid_fen)),
  };
}
