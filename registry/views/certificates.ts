import type { Pool } from '../database/pool.js';
import { checkpointCovering, progressOf, type RecordProgress } from '../ledger/receipts.js';
import { treeOf } from '../ledger/tiles.js';
import { type FactRow, type FactView, toFactView } from './timeline.js';

export type CertifiedFact = RecordProgress &
  FactView & {
    /** base64, byte for byte. */
    leaf: string;
    /** hex */
    leafHash: string;
    /** base64, from the leaf's sibling upwards to the root of the certificate's checkpoint. */
    proof?: string[];
    /** base64: the salt that opens what the leaf commits to, person and details. Absent once erased, or when not asked for. */
    opening?: string;
    /** hex: of the leaf that was written again after a restore, for which this one stands; the next fact may name it as its predecessor. */
    replaced?: string;
  };

/** A case's timeline with all that is needed to check it without the platform. */
export interface CaseCertificate {
  case: { id: string; caseNumber: string; court: string };
  issuedAt: string;
  /** The signed checkpoint that covers all facts that are published, verbatim. */
  checkpoint?: string;
  isWitnessed: boolean;
  facts: CertifiedFact[];
}

interface CertifiedRow extends FactRow {
  salt: Buffer | null;
  leaf: Buffer;
  leaf_hash: Buffer;
  replaced: Buffer | null;
}

/** Undefined when there is no such case. `open`: with the salts, which let a holder show what the leaves commit to. */
export async function caseCertificate(pool: Pool, id: string, open: boolean): Promise<CaseCertificate | undefined> {
  const cases = await pool.query<{ case_number: string; court: string; now: Date }>(
    `select case_number, court, clock_timestamp() as now
     from enforcement_case
     where id = $1`,
    [id],
  );
  const found = cases.rows[0];
  if (!found) return undefined;
  const { rows } = await pool.query<CertifiedRow>(
    `select f.seq, f.id, f.at, f.type, f.defaulter, f.department, f.service, f.detail, f.salt,
       l.leaf, l.leaf_hash,
       (
         select own.leaf_hash
         from ledger_leaf own
         where own.entry_id = s.entry_id
       ) as replaced
     from fact f
     left join ledger_superseded s on s.entry_id = f.id
     join ledger_leaf l on l.entry_id = coalesce(s.by, f.id)
     where f.enforcement_case = $1
     order by f.seq`,
    [id],
  );
  const logIndexes = await progressOf(
    pool,
    rows.map((row) => row.id),
  );
  const last = Math.max(-1, ...[...logIndexes.values()].map(({ index }) => index ?? -1));
  const checkpoint = last < 0 ? undefined : await checkpointCovering(pool, last);
  const facts = await Promise.all(
    rows.map(async (row): Promise<CertifiedFact> => {
      const logged = logIndexes.get(row.id) ?? { state: 'accepted' as const };
      const proof =
        logged.index === undefined || !checkpoint
          ? undefined
          : await treeOf(pool).inclusion(logged.index, checkpoint.size);
      return {
        ...logged,
        ...toFactView(row),
        leaf: row.leaf.toString('base64'),
        leafHash: row.leaf_hash.toString('hex'),
        ...(proof ? { proof: proof.map((hash) => hash.toString('base64')) } : {}),
        ...(row.replaced ? { replaced: row.replaced.toString('hex') } : {}),
        ...(open && row.salt ? { opening: row.salt.toString('base64') } : {}),
      };
    }),
  );
  return {
    case: { id, caseNumber: found.case_number, court: found.court },
    issuedAt: found.now.toISOString(),
    ...(checkpoint ? { checkpoint: checkpoint.note } : {}),
    isWitnessed: checkpoint?.isWitnessed ?? false,
    facts,
  };
}
