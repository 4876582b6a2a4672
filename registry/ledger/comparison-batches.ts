import { createHash } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { canonicalJson, type Json } from '../../ledger/canonical-json.js';
import { freshSalt, leafHash, makeLeaf } from '../../ledger/leaf.js';
import { foldSubtrees, inclusionPath, nodeHash, type Range, subtreesOf } from '../../ledger/tree.js';
import { firstIdAt, instantOf } from '../database/ids.js';
import { tryLock } from '../database/locks.js';
import { inTransaction, type Pool, type Queryable, soleRow, type Transaction } from '../database/pool.js';
import { leafValues, withLeaf } from './leaf-rows.js';

/** Comparisons of one round; what is left is taken by the next, at once. */
const AT_ONCE = 2_000;
/** Clocks of api processes, which make the ids, may differ by this much. */
const SKEW_MS = 60_000;

interface ClearRow {
  id: string;
  department: string;
  service: string;
  reference: string;
  outcome: string;
  reasons: string[];
  rule_version: number;
  at: Date;
}

/** How far the look for comparisons that are in no batch has come (epoch ms, as the ids say it). */
export interface Look {
  /** All before it was seen. */
  at: number;
  /** Where to look again once the end is reached: what was under way when this look began may have been passed over. Null as it begins. */
  again: number | null;
}

/** A look at all there is. */
export const WHOLE_LOOK: Look = { at: 0, again: null };

/**
 * Looks at the next comparisons, in the order of their ids, and batches the clear ones that are in none yet: rows are committed out of order, so
 * every look begins where something may have been under way. Resolves to how many were batched, where to go on, and whether there is more to see now.
 */
export async function batchComparisons(
  pool: Pool,
  look: Look,
): Promise<{ batched: number; look: Look; more: boolean }> {
  return inTransaction(pool, async (tx) => {
    const lock = await tx.query<{ held: boolean; oldest: Date }>(
      `select
         ${tryLock('comparisonBatches')} as held,
         (
           select coalesce(min(xact_start), clock_timestamp())
           from pg_stat_activity
           where datname = current_database()
         ) as oldest`,
      [],
    );
    const { held, oldest } = soleRow(lock.rows);
    if (!held) return { batched: 0, look, more: false };
    // A page by the key, those in a batch too: looking only for what is missing would walk all there ever was in one statement.
    const page = await tx.query<ClearRow & { done: boolean }>(
      `select
         c.id, c.department, c.service, c.reference, c.outcome, c.reasons, c.rule_version, c.at,
         c.outcome <> 'CLEAR' or exists (
           select from comparison_seal s
           where s.comparison = c.id
         ) as done
       from comparison c
       where c.id >= $1
       order by c.id
       limit $2`,
      [firstIdAt(look.at), AT_ONCE],
    );
    const rows = page.rows.filter((row) => !row.done);
    const byDepartment = new Map<string, ClearRow[]>();
    for (const row of rows) byDepartment.set(row.department, [...(byDepartment.get(row.department) ?? []), row]);
    const edition = rows.length === 0 ? '' : await catalogueEdition(tx);
    for (const [department, own] of byDepartment) await writeBatch(tx, department, own, edition);
    // What is not visible yet belongs to a transaction that is under way now.
    const again = look.again ?? oldest.getTime() - SKEW_MS;
    const more = page.rows.length === AT_ONCE;
    const last = page.rows.at(-1);
    const next = more && last ? { at: Math.max(instantOf(last.id), look.at + 1), again } : { at: again, again: null };
    return { batched: rows.length, look: next, more };
  });
}

async function catalogueEdition(q: Queryable): Promise<string> {
  const { rows } = await q.query<{ edition: string }>(
    `select edition
     from catalogue_edition
     order by loaded_at desc, edition desc
     limit 1`,
  );
  return rows[0]?.edition ?? '';
}

/** One leaf for these comparisons of a department, chained to its batch before. */
async function writeBatch(
  tx: Transaction,
  department: string,
  rows: readonly ClearRow[],
  edition: string,
): Promise<void> {
  const entries = rows.map((row) => {
    const salt = freshSalt();
    return { id: row.id, salt, commitment: commitToComparison(salt, row) };
  });
  const { rows: moment } = await tx.query<{ now: Date; prev: Buffer | null }>(
    `select
       clock_timestamp() as now,
       (
         select l.leaf_hash
         from seal s
         join ledger_leaf l on l.entry_id = s.id
         where s.department = $1
         order by s.number desc
         limit 1
       ) as prev`,
    [department],
  );
  const { now, prev } = soleRow(moment);
  const id = uuidv7();
  const key = `comparisons.sealed:${id}`;
  const leaf = makeLeaf({
    id,
    key,
    type: 'comparisons.sealed',
    at: now.toISOString(),
    dept: department,
    actor: 'system:sealer',
    count: entries.length,
    root: rangeHash(
      entries.map(({ commitment }) => leafHash(commitment)),
      [0, entries.length],
    ).toString('hex'),
    catalogueEdition: edition,
    ...(prev ? { prev: prev.toString('hex') } : {}),
  });
  await tx.query(
    withLeaf(
      `insert into seal (id, department, count)
       select entry_id, $5, $6
       from leaf`,
    ),
    [...leafValues(id, key, leaf), department, entries.length],
  );
  await tx.query(
    `insert into comparison_seal (comparison, seal, position, commitment, salt)
     select c.id, $1, c.nth - 1, c.commitment, c.salt
     from unnest(
       $2::uuid[], $3::bytea[], $4::bytea[]
     ) with ordinality as c(id, commitment, salt, nth)`,
    [id, entries.map((one) => one.id), entries.map((one) => one.commitment), entries.map((one) => one.salt)],
  );
}

/** SHA-256("jec-comparison/1\0" ‖ salt ‖ canonical JSON of what was recorded): binds the record of a clear comparison without showing it. */
function commitToComparison(salt: Buffer, row: ClearRow): Buffer {
  const record: Json = {
    id: row.id,
    department: row.department,
    service: row.service,
    reference: row.reference,
    outcome: row.outcome,
    reasons: row.reasons,
    ruleVersion: row.rule_version,
    at: row.at.toISOString(),
  };
  return createHash('sha256').update('jec-comparison/1\0').update(salt).update(canonicalJson(record), 'utf8').digest();
}

/** RFC 6962 over hashes that are all here. */
function rangeHash(hashes: readonly Buffer[], range: Range): Buffer {
  const node = (height: number, index: number): Buffer =>
    height === 0
      ? (hashes[index] ?? Buffer.alloc(0))
      : nodeHash(node(height - 1, index * 2), node(height - 1, index * 2 + 1));
  return foldSubtrees(subtreesOf(range).map(({ height, index }) => node(height, index)));
}

/** One comparison opened alone: its place under the root that its batch's leaf names. */
export interface OpenedComparison {
  position: number;
  count: number;
  /** base64 */
  commitment: string;
  /** base64; absent once it was erased. */
  salt?: string;
  /** base64, from the commitment's sibling upwards. */
  proof: string[];
}

/** Undefined where the comparison is in no batch; `batch`: its id. */
export async function openComparison(
  q: Queryable,
  comparison: string,
): Promise<(OpenedComparison & { batch: string }) | undefined> {
  const { rows } = await q.query<{
    batch: string;
    position: number;
    commitment: Buffer;
    salt: Buffer | null;
    own: boolean;
  }>(
    `select s.seal as batch, s.position, s.commitment, s.salt, s.comparison = $1 as own
     from comparison_seal s
     where s.seal = (select seal from comparison_seal where comparison = $1)
     order by s.position`,
    [comparison],
  );
  const own = rows.find((row) => row.own);
  if (!own) return undefined;
  const hashes = rows.map((row) => leafHash(row.commitment));
  return {
    batch: own.batch,
    position: own.position,
    count: rows.length,
    commitment: own.commitment.toString('base64'),
    ...(own.salt ? { salt: own.salt.toString('base64') } : {}),
    proof: inclusionPath(own.position, rows.length).map((range) => rangeHash(hashes, range).toString('base64')),
  };
}
