import { type Checkpoint, openCheckpoint } from '../ledger/checkpoint.js';
import { leafHash } from '../ledger/leaf.js';
import { type LogReader, LogUnreadable, reasonOf, splitBundle } from '../ledger/log-reader.js';
import { NoteError, type VerifierKey, verifiedSignatures } from '../ledger/note.js';
import type { Policy } from '../ledger/policy.js';
import { RightEdge } from '../ledger/tile-tree.js';
import { HASH_BYTES, hashesAt, type ServedTile, TILE_WIDTH, tilePath, widthIn } from '../ledger/tiles.js';
import { LeafBook } from './leaf-book.js';

export interface FullCheckOptions {
  log: LogReader;
  logKeys: readonly VerifierKey[];
  policy?: Policy;
  /** Entries read so far, and in all. */
  progress?: (done: number, all: number) => void;
  /** Bundles fetched side by side. */
  atOnce?: number;
}

export interface FullCheck {
  size: number;
  root: Buffer;
  /** Names of the policy's witnesses that have cosigned the checkpoint. */
  witnesses: string[];
  isQuorum: boolean;
  /** What does not hold, each naming its place; empty when all does. */
  problems: string[];
}

/** So many are told; a log that is wrong everywhere need not be listed. */
const PROBLEMS_AT_MOST = 50;

/**
 * Reads a whole log and holds it against its signed checkpoint: every entry against its place in its tile, every tile against what it is made
 * of, the root against the signature; no key twice, and every leaf's predecessor there. Throws NoteError where there is no checkpoint to hold it
 * against, LogUnreadable where the checkpoint cannot be had.
 */
export async function checkLog({ log, logKeys, policy, progress, atOnce = 8 }: FullCheckOptions): Promise<FullCheck> {
  const checkpoint = openCheckpoint(await log.checkpoint(), logKeys);
  const problems: string[] = [];
  const report = (problem: string): void => {
    if (problems.length < PROBLEMS_AT_MOST) problems.push(problem);
  };
  const witnesses = policy ? cosigners(checkpoint, policy, report) : [];
  const { size } = checkpoint;
  const edge = new RightEdge(0, []);
  const book = new LeafBook(report);
  const bundles = Math.ceil(size / TILE_WIDTH);
  const ahead: Promise<Part>[] = [];
  for (let index = 0; index < bundles; index++) {
    while (ahead.length < atOnce && index + ahead.length < bundles)
      ahead.push(fetchPart(log, index + ahead.length, size));
    const part = await ahead.shift();
    if (!part) break;
    const hashes = takeEntries(part, index * TILE_WIDTH, book, report);
    for (const hash of hashes) edge.append(hash);
    progress?.(Math.min(size, (index + 1) * TILE_WIDTH), size);
  }
  book.close();
  await checkAbove(log, size, edge, report);
  if (edge.size === size && !edge.root().equals(checkpoint.root)) {
    report(`checkpoint: its root is not that of the ${size} entries`);
  }
  return {
    size,
    root: checkpoint.root,
    witnesses,
    isQuorum: policy ? policy.isQuorum(new Set(witnesses)) : true,
    problems,
  };
}

function cosigners(checkpoint: Checkpoint, policy: Policy, report: (problem: string) => void): string[] {
  const names: string[] = [];
  for (const { name, key } of policy.witnesses) {
    try {
      if (verifiedSignatures(checkpoint.note, [key]).length > 0) names.push(name);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      report(`checkpoint: ${error.message}`);
    }
  }
  return names;
}

interface Part {
  bundle: ServedTile;
  entries: Buffer[] | undefined;
  tile: Buffer | undefined;
  problems: string[];
}

async function fetchPart(log: LogReader, index: number, size: number): Promise<Part> {
  const width = widthIn(size, 0, index);
  const bundle: ServedTile = { level: 'entries', index, width };
  const problems: string[] = [];
  const read = (tile: ServedTile): Promise<Buffer | undefined> =>
    log.read(tile).catch((error: unknown) => {
      problems.push(error instanceof LogUnreadable ? error.message : `${tilePath(tile)}: ${reasonOf(error)}`);
      return undefined;
    });
  const [bytes, tile] = await Promise.all([read(bundle), read({ ...bundle, level: 0 })]);
  return { bundle, entries: bytes && splitBundle(bytes), tile, problems };
}

/** The hashes the entries really have; where one cannot be read, the tile's, so that what comes after is still checked. */
function takeEntries(part: Part, first: number, book: LeafBook, report: (problem: string) => void): Buffer[] {
  const { bundle, entries, tile } = part;
  for (const problem of part.problems) report(problem);
  const tileName = tilePath({ ...bundle, level: 0 });
  const hashes: Buffer[] = [];
  for (let nth = 0; nth < bundle.width; nth++) {
    const listed = tile?.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES);
    const entry = entries?.[nth];
    const hash = entry ? leafHash(entry) : listed;
    if (!hash) return hashes;
    if (entry) book.add(first + nth, entry, hash);
    if (listed && !listed.equals(hash)) {
      report(`entry ${first + nth}: ${tilePath(bundle)} and ${tileName} do not agree`);
    }
    hashes.push(hash);
  }
  return hashes;
}

/** Tiles above level 0 against the hashes of the full tiles below, as they came out. */
async function checkAbove(
  log: LogReader,
  size: number,
  edge: RightEdge,
  report: (problem: string) => void,
): Promise<void> {
  const made: Buffer[][] = [];
  for (const { level, index, hash } of edge.completed) {
    made[level] ??= [];
    made[level][index] = hash;
  }
  for (let level = 1; hashesAt(level, size) > 0; level++) {
    for (let index = 0; index * TILE_WIDTH < hashesAt(level, size); index++) {
      const tile: ServedTile = { level, index, width: widthIn(size, level, index) };
      const from = index * TILE_WIDTH;
      const expected = Buffer.concat((made[level] ?? []).slice(from, from + tile.width));
      const served = await log.read(tile).catch((error: unknown) => {
        report(reasonOf(error));
        return undefined;
      });
      if (!served || served.equals(expected)) continue;
      const at = Array.from({ length: tile.width }, (_, nth) => nth).find(
        (nth) =>
          !served
            .subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES)
            .equals(expected.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES)),
      );
      report(`${tilePath(tile)}: hash ${at ?? 0} is not that of the tile below`);
    }
  }
}
