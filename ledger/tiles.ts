import { foldSubtrees, nodeHash, type Subtree, subtreesOf } from './tree.js';

// Tiles as C2SP tlog-tiles cuts them: 256 hashes wide, eight levels of the tree high.

export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;
export const HASH_BYTES = 32;

export interface TileId {
  level: number;
  index: number;
  /** 256 where it is full. */
  width: number;
}

/** A tile, or with level `entries` a bundle of entries. */
export type ServedTile = Omit<TileId, 'level'> & { level: number | 'entries' };

/** Where a tile, or with level `entries` a bundle of entries, is served below the log's prefix. */
export function tilePath({ index, width, level }: ServedTile): string {
  return `tile/${level}/${groups(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Three digits each, all but the last with an x before: 1234067 is x001/x234/067. */
function groups(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const parts = padded.match(/\d{3}/g) ?? [];
  return parts.map((part, nth) => (nth < parts.length - 1 ? `x${part}` : part)).join('/');
}

const PATH = /^tile\/(0|[1-9]\d?|entries)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** What `tilePath` wrote; undefined for everything else, other spellings of the same tile included. */
export function parseTilePath(path: string): ServedTile | undefined {
  const [, level, digits = '', width] = PATH.exec(path) ?? [];
  if (level === undefined) return undefined;
  const tile: ServedTile = {
    level: level === 'entries' ? 'entries' : Number(level),
    index: Number(digits.replace(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const exists = Number.isSafeInteger(tile.index) && (tile.level === 'entries' || tile.level < 64);
  return exists && tilePath(tile) === path ? tile : undefined;
}

/** How many hashes level `level` of a tree of `size` has. */
export const hashesAt = (level: number, size: number): number => Math.floor(size / TILE_WIDTH ** level);

/** How wide the tile is in a tree of `size`; 0 where there is none. */
export function widthIn(size: number, level: number, index: number): number {
  return Math.max(0, Math.min(TILE_WIDTH, hashesAt(level, size) - index * TILE_WIDTH));
}

/** The tile in which a subtree of a tree of `size` lies, and where: `2^height` of the tile's hashes from `first`. */
export function tileOf({ height, index }: Subtree, size: number): { tile: TileId; first: number; height: number } {
  const level = Math.floor(height / TILE_HEIGHT);
  const within = height % TILE_HEIGHT;
  const first = index * 2 ** within;
  const tile = Math.floor(first / TILE_WIDTH);
  return { tile: { level, index: tile, width: widthIn(size, level, tile) }, first: first % TILE_WIDTH, height: within };
}

/** A tile's hashes, and those above them as far as they were asked for. */
export class Tile {
  private readonly above = new Map<string, Buffer>();

  /** Throws RangeError where the bytes are not `width` hashes. */
  constructor(
    readonly bytes: Buffer,
    readonly width: number,
  ) {
    if (bytes.length !== width * HASH_BYTES)
      throw new RangeError(`a tile of ${bytes.length} bytes is not ${width} wide`);
  }

  /** The hash over `2^height` of the tile's own from `first`, which must all be there. */
  node(height: number, first: number): Buffer {
    if (height === 0) return this.bytes.subarray(first * HASH_BYTES, (first + 1) * HASH_BYTES);
    const key = `${height}/${first}`;
    const known = this.above.get(key);
    if (known) return known;
    const made = nodeHash(this.node(height - 1, first), this.node(height - 1, first + 2 ** (height - 1)));
    this.above.set(key, made);
    return made;
  }

  /** The hash over all of it. */
  hash(): Buffer {
    return foldSubtrees(subtreesOf([0, this.width]).map(({ height, index }) => this.node(height, index * 2 ** height)));
  }
}
