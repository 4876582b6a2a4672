// The tree over the log: roots, proofs and tiles, against the published vectors and the definition itself.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash } from '../../ledger/leaf.js';
import { RightEdge, type TileHash, TileTree } from '../../ledger/tile-tree.js';
import { parseTilePath, TILE_WIDTH, Tile, type TileId, tilePath, widthIn } from '../../ledger/tiles.js';
import { EMPTY_ROOT, isConsistent, rootOfInclusion } from '../../ledger/tree.js';
import * as naive from './naive-tree.js';

const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => Buffer.from(hex, 'hex'),
);
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** A log in memory, kept as the tables keep it: leaf hashes, and hashes of full tiles. */
class Log {
  readonly leaves: Buffer[] = [];
  readonly levels: Buffer[][] = [[]];
  readonly tree = new TileTree(async (tiles) => tiles.map((tile) => this.tile(tile)));
  private edge = new RightEdge(0, []);

  get size(): number {
    return this.leaves.length;
  }

  append(leaf: Buffer): void {
    this.leaves.push(leaf);
    this.levels[0]?.push(leafHash(leaf));
    this.edge.append(leafHash(leaf));
    for (const made of this.edge.completed.splice(0)) this.keep(made);
  }

  root(): Buffer {
    return this.edge.root();
  }

  tile({ level, index, width }: TileId): Buffer {
    const from = index * TILE_WIDTH;
    return Buffer.concat((this.levels[level] ?? []).slice(from, from + width));
  }

  /** As a sequencer that starts anew reads it. */
  reopened(): RightEdge {
    const widths: Buffer[][] = [];
    for (let level = 0, left = this.size; left > 0; level++, left = Math.floor(left / TILE_WIDTH)) {
      const hashes = this.levels[level] ?? [];
      widths.push(hashes.slice(hashes.length - (left % TILE_WIDTH)));
    }
    return new RightEdge(this.size, widths);
  }

  private keep({ level, index, hash }: TileHash): void {
    this.levels[level] ??= [];
    this.levels[level][index] = hash;
  }
}

const numbered = (n: number): Buffer =>
  createHash('sha256')
    .update(`leaf ${n}`)
    .digest()
    .subarray(0, 1 + (n % 20));

function logOf(leaves: readonly Buffer[]): Log {
  const log = new Log();
  for (const leaf of leaves) log.append(leaf);
  return log;
}

describe('the tree of RFC 6962', () => {
  it('has the known roots', async () => {
    const log = new Log();
    expect(EMPTY_ROOT.toString('hex')).toBe(ROOTS[0]);
    for (const [nth, leaf] of LEAVES.entries()) {
      log.append(leaf);
      expect(log.root().toString('hex')).toBe(ROOTS[nth + 1]);
    }
    const roots = await Promise.all(ROOTS.map(async (_, size) => (await log.tree.root(size)).toString('hex')));
    expect(roots).toEqual(ROOTS);
  });

  it('gives the known proofs', async () => {
    const { tree } = logOf(LEAVES);
    const last = [
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ];
    expect((await tree.inclusion(5, 8)).map((hash) => hash.toString('hex'))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ...last,
    ]);
    expect((await tree.consistency(6, 8)).map((hash) => hash.toString('hex'))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      ...last,
    ]);
  });

  const most = 300;
  const leaves = Array.from({ length: most }, (_, nth) => numbered(nth));
  const log = logOf(leaves);
  const roots = Array.from({ length: most + 1 }, (_, size) => naive.root(leaves.slice(0, size)));
  const rootAt = (size: number): Buffer => roots[size] ?? EMPTY_ROOT;

  it('has the naive tree’s root and consistency proof for every pair of sizes up to 300, and each verifies', async () => {
    for (let n = 0; n <= most; n++) {
      expect((await log.tree.root(n)).equals(rootAt(n)), `root ${n}`).toBe(true);
      for (let m = 0; m <= n; m++) {
        const proof = await log.tree.consistency(m, n);
        const holds = isConsistent({ size: m, root: rootAt(m) }, { size: n, root: rootAt(n) }, proof);
        if (!holds) throw new Error(`consistency ${m} → ${n} does not verify`);
      }
    }
  });

  it('has the naive tree’s inclusion proof for every leaf of every size up to 300, and each verifies', async () => {
    for (let n = 1; n <= most; n++) {
      for (let m = 0; m < n; m++) {
        const proof = await log.tree.inclusion(m, n);
        const leaf = leafHash(leaves[m] ?? Buffer.alloc(0));
        if (!rootOfInclusion(leaf, m, n, proof)?.equals(rootAt(n))) throw new Error(`inclusion ${m} in ${n}`);
      }
    }
  });

  it('gives hash for hash what the naive tree gives, and no altered proof verifies', async () => {
    const sizes = fc
      .integer({ min: 1, max: most })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n - 1 }), fc.constant(n)));
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(255), async ([m, n], at, bit) => {
        const inclusion = await log.tree.inclusion(m, n);
        expect(inclusion).toEqual(naive.path(m, leaves.slice(0, n)));
        const consistency = await log.tree.consistency(m, n);
        expect(consistency).toEqual(naive.proof(m, leaves.slice(0, n)));
        const [older, newer] = [
          { size: m, root: rootAt(m) },
          { size: n, root: rootAt(n) },
        ];
        const leaf = leafHash(leaves[m] ?? Buffer.alloc(0));
        expect(isConsistent(older, newer, [...consistency, newer.root])).toBe(false);
        expect(rootOfInclusion(leaf, m, n, [...inclusion, leaf])).toBeUndefined();
        for (const [proof, holds] of [
          [inclusion, (changed: Buffer[]) => rootOfInclusion(leaf, m, n, changed)?.equals(newer.root) ?? false],
          [consistency, (changed: Buffer[]) => isConsistent(older, newer, changed)],
        ] as const) {
          if (proof.length === 0) continue;
          expect(holds(proof.slice(1))).toBe(false);
          const changed = proof.map((hash) => Buffer.from(hash));
          const touched = changed[at % changed.length];
          if (touched) touched[Math.floor(bit / 8)] = (touched[Math.floor(bit / 8)] ?? 0) ^ (2 ** (bit % 8));
          expect(holds(changed)).toBe(false);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('refuses a larger older tree, another root, and leaves that are not there', async () => {
    const [eight, four] = [
      { size: 8, root: rootAt(8) },
      { size: 4, root: rootAt(4) },
    ];
    expect(isConsistent(eight, four, [])).toBe(false);
    expect(isConsistent(four, { ...eight, root: rootAt(9) }, await log.tree.consistency(4, 8))).toBe(false);
    expect(isConsistent(four, { size: 4, root: rootAt(5) }, [])).toBe(false);
    expect(() => log.tree.inclusion(8, 8)).toThrow(RangeError);
    expect(() => log.tree.consistency(9, 8)).toThrow(RangeError);
  });
});

describe('the right edge', () => {
  it('read again at any size, also at tile borders, grows as one that was never put down', async () => {
    const count = 70_000;
    const log = new Log();
    const hash = Buffer.alloc(32, 7);
    const edge = new RightEdge(0, []);
    for (let n = 0; n < count; n++) {
      log.append(hash.subarray(0, n % 31));
      edge.append(leafHash(hash.subarray(0, n % 31)));
      if ([255, 256, 257, 511, 512, 65_535, 65_536, 65_537, count - 1].includes(n + 1))
        expect(log.reopened().root()).toEqual(edge.root());
    }
    expect((await log.tree.root(count)).equals(edge.root())).toBe(true);
    expect(
      (await log.tree.root(65_536)).equals(new Tile(log.tile({ level: 1, index: 0, width: 256 }), 256).hash()),
    ).toBe(true);
    const [older, newer] = [
      { size: 65_535, root: await log.tree.root(65_535) },
      { size: count, root: edge.root() },
    ];
    expect(isConsistent(older, newer, await log.tree.consistency(older.size, newer.size))).toBe(true);
  });

  it('is not taken for whole where it is not', () => {
    expect(() => new RightEdge(257, [[], [Buffer.alloc(32)]])).toThrow(RangeError);
  });
});

describe('tiles', () => {
  it('stand where C2SP tlog-tiles puts them', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 'entries', index: 0, width: 3 })).toBe('tile/entries/000.p/3');
    expect(tilePath({ level: 0, index: 273, width: 112 })).toBe('tile/0/273.p/112');
    expect(tilePath({ level: 1, index: 0, width: 256 })).toBe('tile/1/000');
    expect(tilePath({ level: 2, index: 0, width: 1 })).toBe('tile/2/000.p/1');
  });

  it('are as wide as the tree fills them', () => {
    expect([widthIn(70_000, 0, 272), widthIn(70_000, 0, 273)]).toEqual([256, 112]);
    expect([widthIn(70_000, 1, 0), widthIn(70_000, 1, 1), widthIn(70_000, 2, 0)]).toEqual([256, 17, 1]);
    expect([widthIn(256, 0, 0), widthIn(256, 1, 0), widthIn(0, 0, 0)]).toEqual([256, 1, 0]);
    expect(widthIn(70_000, 0, 274)).toBe(0);
  });

  it('are read back from their paths, and from no other spelling', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(63), fc.constant('entries' as const)),
        fc.nat({ max: 2 ** 40 }),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width });
        },
      ),
    );
    for (const path of [
      'tile/00/000',
      'tile/64/000',
      'tile/0/0',
      'tile/0/x000/001',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/01',
      'tile/0/001/000',
      'tile/-1/000',
      'tile/0/000/',
      'tile/entries/x1/000',
    ])
      expect(parseTilePath(path), path).toBeUndefined();
  });
});
