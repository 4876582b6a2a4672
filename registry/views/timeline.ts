import type { RecordedFact } from '../../domain/facts.js';
import type { FactType } from '../../domain/vocabulary.js';
import type { Queryable } from '../database/pool.js';
import { progressOf, type RecordProgress } from '../ledger/receipts.js';

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
