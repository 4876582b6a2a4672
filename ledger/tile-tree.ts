import { TILE_WIDTH, Tile, type TileId, tileOf } from './tiles.js';
import { consistencyPath, EMPTY_ROOT, foldSubtrees, inclusionPath, type Range, subtreesOf } from './tree.js';

/** Where tiles are read: the log's own tables, another's log over HTTP, a mirror's files. Throws where one is missing. */
export type ReadTiles = (tiles: readonly TileId[]) => Promise<Buffer[]>;

/** About 20 MB at the most, with the hashes above the tiles'. */
const KEPT_TILES = 1_024;

const nameOf = ({ level, index, width }: TileId): string => `${level}/${index}/${width}`;

/** Roots and proofs of a log, made of its tiles. A tile of a given width never changes, so those read last are kept. */
export class TileTree {
  private readonly kept = new Map<string, Tile>();

  constructor(private readonly read: ReadTiles) {}

  /** The root of the tree as it was at this size. */
  async root(size: number): Promise<Buffer> {
    if (size === 0) return EMPTY_ROOT;
    const [root] = await this.hashes([[0, size]], size);
    return root ?? EMPTY_ROOT;
  }

  /** From the leaf's sibling upwards. Throws RangeError where there is no such leaf. */
  inclusion(index: number, size: number): Promise<Buffer[]> {
    return this.hashes(inclusionPath(index, size), size);
  }

  /** Throws RangeError where `older` is the larger. */
  consistency(older: number, newer: number): Promise<Buffer[]> {
    return this.hashes(consistencyPath(older, newer), newer);
  }

  private async hashes(ranges: readonly Range[], size: number): Promise<Buffer[]> {
    const parts = ranges.map((range) => subtreesOf(range).map((subtree) => tileOf(subtree, size)));
    const tiles = await this.load(parts.flat().map(({ tile }) => tile));
    return parts.map((subtrees) =>
      foldSubtrees(subtrees.map(({ tile, first, height }) => found(tiles, tile).node(height, first))),
    );
  }

  private async load(wanted: readonly TileId[]): Promise<ReadonlyMap<string, Tile>> {
    const loaded = new Map<string, Tile>();
    const missing = new Map<string, TileId>();
    for (const id of wanted) {
      const name = nameOf(id);
      const kept = this.kept.get(name);
      if (kept) loaded.set(name, kept);
      else missing.set(name, id);
    }
    if (missing.size === 0) return loaded;
    const ids = [...missing.values()];
    const bytes = await this.read(ids);
    for (const [nth, id] of ids.entries()) {
      const tile = new Tile(bytes[nth] ?? Buffer.alloc(0), id.width);
      loaded.set(nameOf(id), tile);
      this.keep(nameOf(id), tile);
    }
    return loaded;
  }

  private keep(name: string, tile: Tile): void {
    this.kept.set(name, tile);
    if (this.kept.size <= KEPT_TILES) return;
    const [oldest] = this.kept.keys();
    if (oldest !== undefined) this.kept.delete(oldest);
  }
}

function found(tiles: ReadonlyMap<string, Tile>, id: TileId): Tile {
  const tile = tiles.get(nameOf(id));
  if (!tile) throw new Error(`tile ${nameOf(id)} was not read`);
  return tile;
}

/** A row of `ledger_hash`: the hash of full tile `index` of the level below. */
export interface TileHash {
  level: number;
  index: number;
  hash: Buffer;
}

/** The right edge of a tree: the hashes of the last, partial tile of each level. All that is needed to grow it. */
export class RightEdge {
  /** Tiles that became full since the edge was read. */
  readonly completed: TileHash[] = [];

  /** `levels[l]`: the `⌊size / 256^l⌋ mod 256` hashes of level l's partial tile. Throws RangeError where they are not as many. */
  constructor(
    public size: number,
    private readonly levels: Buffer[][],
  ) {
    for (let level = 0, left = size; left > 0; level++, left = Math.floor(left / TILE_WIDTH)) {
      if ((levels[level]?.length ?? 0) !== left % TILE_WIDTH)
        throw new RangeError(`the edge's level ${level} is not whole`);
    }
  }

  append(leafHash: Buffer): void {
    this.size += 1;
    this.push(0, leafHash);
  }

  root(): Buffer {
    const subtrees = [...this.levels].reverse().flatMap((hashes) => partsOf(hashes));
    return subtrees.length === 0 ? EMPTY_ROOT : foldSubtrees(subtrees);
  }

  private push(level: number, hash: Buffer): void {
    this.levels[level] ??= [];
    const hashes = this.levels[level];
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return;
    this.levels[level] = [];
    const made = new Tile(Buffer.concat(hashes), TILE_WIDTH).hash();
    this.completed.push({
      level: level + 1,
      index: Math.floor(this.size / TILE_WIDTH ** (level + 1)) - 1,
      hash: made,
    });
    this.push(level + 1, made);
  }
}

/** The perfect subtrees of a partial tile, largest first. */
function partsOf(hashes: readonly Buffer[]): Buffer[] {
  const tile = new Tile(Buffer.concat(hashes), hashes.length);
  return subtreesOf([0, hashes.length]).map(({ height, index }) => tile.node(height, index * 2 ** height));
}
