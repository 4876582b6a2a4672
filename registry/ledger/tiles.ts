import { type ReadTiles, TileTree } from '../../ledger/tile-tree.js';
import { TILE_WIDTH, type TileId } from '../../ledger/tiles.js';
import type { Pool, Queryable } from '../database/pool.js';

/** Tiles as the tables hold them: level 0 from the entries, above that from the hashes of full tiles. A narrower one is the beginning of it. */
export const readTilesOf =
  (q: Queryable): ReadTiles =>
  async (tiles) => {
    const { rows } = await q.query<{ bytes: Buffer | null }>({ ...TILES, values: wanted(tiles) });
    return rows.map(({ bytes }) => bytes ?? Buffer.alloc(0));
  };

const trees = new WeakMap<Pool, TileTree>();

/** The log's own tree, with the tiles this process has read last. */
export function treeOf(pool: Pool): TileTree {
  const known = trees.get(pool) ?? new TileTree(readTilesOf(pool));
  trees.set(pool, known);
  return known;
}

const wanted = (tiles: readonly TileId[]): unknown[] => [
  tiles.map(({ level }) => level),
  tiles.map(({ index }) => index * TILE_WIDTH),
  tiles.map(({ index, width }) => index * TILE_WIDTH + width),
];

const TILES = {
  name: 'ledger-tiles',
  text: `
    select case when t.level = 0 then (
      select string_agg(e.leaf_hash, ''::bytea order by e.seq)
      from ledger_entry e
      where e.seq >= t.first and e.seq < t.beyond
    ) else (
      select string_agg(h.hash, ''::bytea order by h.idx)
      from ledger_hash h
      where h.level = t.level and h.idx >= t.first and h.idx < t.beyond
    ) end as bytes
    from unnest(
      $1::smallint[], $2::bigint[], $3::bigint[]
    ) with ordinality as t(level, first, beyond, nth)
    order by t.nth`,
};

/** A bundle of entries (C2SP tlog-tiles): each with its length before it, two bytes big-endian. Undefined where not all of them are there. */
export async function readEntryBundle(q: Queryable, index: number, width: number): Promise<Buffer | undefined> {
  const first = index * TILE_WIDTH;
  const { rows } = await q.query<{ bytes: Buffer | null; whole: boolean }>({
    ...BUNDLE,
    values: [first, first + width],
  });
  const row = rows[0];
  return row?.bytes && row.whole ? row.bytes : undefined;
}

const BUNDLE = {
  name: 'ledger-bundle',
  text: `
    select
      string_agg(int2send(octet_length(l.leaf)::int2) || l.leaf, ''::bytea order by e.seq) as bytes,
      count(*) = $2::bigint - $1::bigint as whole
    from ledger_entry e
    join ledger_leaf l using (entry_id)
    where e.seq >= $1::bigint and e.seq < $2::bigint`,
};
