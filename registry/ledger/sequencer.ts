import { signCheckpoint } from '../../ledger/checkpoint.js';
import { RightEdge, type TileHash } from '../../ledger/tile-tree.js';
import { hashesAt, TILE_WIDTH } from '../../ledger/tiles.js';
import { EMPTY_ROOT, type Tree } from '../../ledger/tree.js';
import { tryHold } from '../database/locks.js';
import { inTransaction, type Pool, type Queryable, type Transaction } from '../database/pool.js';
import type { Log } from './signed-log.js';

/** Leaves of one round: it must end soon, and give way to the next holder. */
export const LEAVES_AT_ONCE = 1_000;

export interface Round {
  /** Leaves that got their log indexes; 0 where none waited or another process was at it. */
  appended: number;
  size: number;
}

/**
 * One round: gives waiting leaves their log indexes and commits entries, tiles and the signed checkpoint together. The lock gives calm; the primary
 * keys on `seq` and `size` give safety. Rows still waiting are taken, never "ids after the last": transactions commit out of order. Throws
 * RangeError where the tables do not hold the tree that the last checkpoint names.
 */
export async function sequenceRound(pool: Pool, log: Log, { leavesAtOnce = LEAVES_AT_ONCE } = {}): Promise<Round> {
  return inTransaction(pool, async (tx) => {
    await tx.query('set local synchronous_commit = on');
    const held = await tryHold(tx, 'sequencer');
    const tree = await lastTree(tx);
    if (!held) return { appended: 0, size: tree.size };
    const waiting = await tx.query<Waiting>(
      `select p.entry_id, l.leaf_hash
       from ledger_pending p
       join ledger_leaf l using (entry_id)
       order by p.entry_id
       limit $1`,
      [leavesAtOnce],
    );
    if (waiting.rows.length === 0) return { appended: 0, size: tree.size };
    return append(tx, log, tree.size, waiting.rows);
  });
}

interface Waiting {
  entry_id: string;
  leaf_hash: Buffer;
}

/** Appends these leaves to a tree of `size` and signs what it has become. The caller holds the lock. */
async function append(tx: Transaction, log: Log, size: number, leaves: readonly Waiting[]): Promise<Round> {
  const edge = await readEdge(tx, size);
  for (const { leaf_hash } of leaves) edge.append(leaf_hash);
  const tree = { size: edge.size, root: edge.root() };
  await write(tx, leaves, edge.completed, { ...tree, note: signCheckpoint(log.origin, tree, log.signers) });
  return { appended: leaves.length, size: tree.size };
}

async function write(
  tx: Transaction,
  leaves: readonly Waiting[],
  hashes: readonly TileHash[],
  { size, root, note }: Tree & { note: string },
): Promise<void> {
  await tx.query(
    `with entry as (
       insert into ledger_entry (seq, entry_id, leaf_hash)
       select $3::bigint + e.nth - 1, e.id, e.hash
       from unnest($1::uuid[], $2::bytea[]) with ordinality as e(id, hash, nth)
     ), hash as (
       insert into ledger_hash (level, idx, hash)
       select *
       from unnest($4::smallint[], $5::bigint[], $6::bytea[])
     ), checkpoint as (
       insert into ledger_checkpoint (size, root, note)
       values ($7, $8, $9)
     )
     delete from ledger_pending
     where entry_id = any($1)`,
    [
      leaves.map((leaf) => leaf.entry_id),
      leaves.map((leaf) => leaf.leaf_hash),
      size - leaves.length,
      hashes.map((row) => row.level),
      hashes.map((row) => row.index),
      hashes.map((row) => row.hash),
      size,
      root,
      note,
    ],
  );
}

/** The last, partial tile of each level. */
async function readEdge(q: Queryable, size: number): Promise<RightEdge> {
  const levels: Buffer[][] = [];
  const firsts: number[] = [];
  for (let level = 0; hashesAt(level, size) > 0; level++) {
    levels.push([]);
    firsts.push(hashesAt(level, size) - (hashesAt(level, size) % TILE_WIDTH));
  }
  if (levels.length === 0) return new RightEdge(0, []);
  const { rows } = await q.query<{ level: number; hash: Buffer }>(
    `select 0 as level, seq as idx, leaf_hash as hash
     from ledger_entry
     where seq >= $1
     union all
     select h.level, h.idx, h.hash
     from unnest($2::smallint[], $3::bigint[]) as f(level, first)
     join ledger_hash h on h.level = f.level and h.idx >= f.first
     order by level, idx`,
    [firsts[0], firsts.slice(1).map((_, nth) => nth + 1), firsts.slice(1)],
  );
  for (const { level, hash } of rows) levels[level]?.push(hash);
  return new RightEdge(size, levels);
}

/** The tree as the last checkpoint names it. */
export async function lastTree(q: Queryable): Promise<Tree> {
  const { rows } = await q.query<{ size: string; root: Buffer }>(
    `select size, root
     from ledger_checkpoint
     order by size desc
     limit 1`,
  );
  const row = rows[0];
  return row ? { size: Number(row.size), root: row.root } : { size: 0, root: EMPTY_ROOT };
}
