import { existsSync, mkdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Checkpoint, parseCheckpoint } from '../ledger/checkpoint.js';
import { leafHash } from '../ledger/leaf.js';
import { folderLog, joinBundle, type LogReader, splitBundle } from '../ledger/log-reader.js';
import { RightEdge } from '../ledger/tile-tree.js';
import { HASH_BYTES, hashesAt, type ServedTile, TILE_WIDTH, tilePath } from '../ledger/tiles.js';
import { writeDurably } from './witness-store.js';

/** A log that does not hold what it has signed. */
export class MirrorRefusal extends Error {
  override readonly name = 'MirrorRefusal';
}

/**
 * A copy of a log in files, laid out as they are served: entries are fetched, every hash above them is made here, and nothing counts until the
 * root is the one that was signed. The best back-up of the record, for whoever keeps it and for the log itself.
 */
export class Mirror {
  private wanted: Checkpoint | undefined;
  private working: Promise<void> = Promise.resolve();
  private busy = false;

  constructor(
    private readonly log: LogReader,
    readonly folder: string,
    private readonly failed: (error: unknown) => void,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Goes for this checkpoint, or for a later one that came meanwhile. */
  follow(checkpoint: Checkpoint): void {
    if (!this.wanted || checkpoint.size > this.wanted.size) this.wanted = checkpoint;
    if (this.busy) return;
    this.busy = true;
    this.working = this.work().finally(() => {
      this.busy = false;
    });
  }

  /** Resolves when what was asked for is there, or was given up. */
  idle(): Promise<void> {
    return this.working;
  }

  private async work(): Promise<void> {
    for (let next = this.wanted; next; next = this.wanted) {
      this.wanted = undefined;
      await this.update(next).catch(this.failed);
    }
  }

  /** Throws MirrorRefusal where what the log serves is not what it signed, LogUnreadable where it does not serve it. */
  async update(checkpoint: Checkpoint): Promise<void> {
    const size = await this.size();
    if (checkpoint.size <= size) return;
    const edge = await this.edge(size);
    const levels: Buffer[][] = [];
    const first = Math.floor(size / TILE_WIDTH);
    const last = Math.floor((checkpoint.size - 1) / TILE_WIDTH);
    for (let index = first; index <= last; index++) {
      const width = Math.min(TILE_WIDTH, checkpoint.size - index * TILE_WIDTH);
      const tile: ServedTile = { level: 'entries', index, width };
      const bytes = await this.log.read(tile);
      const entries = splitBundle(bytes) ?? [];
      const have = Math.max(0, size - index * TILE_WIDTH);
      const hashes = entries.map(leafHash);
      for (const hash of hashes.slice(have)) edge.append(hash);
      await this.write(tile, joinBundle(entries));
      await this.write({ ...tile, level: 0 }, Buffer.concat(hashes));
    }
    if (!edge.root().equals(checkpoint.root)) {
      throw new MirrorRefusal(`what the log serves for ${checkpoint.size} entries has not the root that it signed`);
    }
    for (const { level, index, hash } of edge.completed) {
      levels[level] ??= [];
      levels[level][index] = hash;
    }
    await this.writeAbove(size, checkpoint.size, levels);
    await writeDurably(join(this.folder, 'checkpoint'), checkpoint.text);
    await this.removePartial(size, checkpoint.size);
  }

  /** How many entries are held. */
  async size(): Promise<number> {
    const file = join(this.folder, 'checkpoint');
    return existsSync(file) ? parseCheckpoint(await readFile(file, 'utf8')).size : 0;
  }

  private async edge(size: number): Promise<RightEdge> {
    const own = folderLog(this.folder);
    const levels: Buffer[][] = [];
    for (let level = 0; hashesAt(level, size) > 0; level++) {
      const width = hashesAt(level, size) % TILE_WIDTH;
      const index = Math.floor(hashesAt(level, size) / TILE_WIDTH);
      const bytes = width === 0 ? Buffer.alloc(0) : await own.read({ level, index, width });
      levels.push(splitHashes(bytes));
    }
    return new RightEdge(size, levels);
  }

  /** The tiles above level 0 that have grown, made of what they held before and of what was completed since. */
  private async writeAbove(before: number, size: number, made: readonly (readonly Buffer[])[]): Promise<void> {
    const own = folderLog(this.folder);
    for (let level = 1; hashesAt(level, size) > 0; level++) {
      const [had, has] = [hashesAt(level, before), hashesAt(level, size)];
      for (let index = Math.floor(had / TILE_WIDTH); index * TILE_WIDTH < has; index++) {
        const from = index * TILE_WIDTH;
        const width = Math.min(TILE_WIDTH, has - from);
        const kept = Math.max(0, Math.min(TILE_WIDTH, had - from));
        const old = kept === 0 ? Buffer.alloc(0) : await own.read({ level, index, width: kept });
        const fresh = (made[level] ?? []).slice(from + kept, from + width);
        await this.write({ level, index, width }, Buffer.concat([old, ...fresh]));
      }
    }
  }

  private async write(tile: ServedTile, bytes: Buffer): Promise<void> {
    const file = join(this.folder, tilePath(tile));
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, bytes, { mode: 0o600 });
  }

  /** What the new size no longer needs of the old one's partial tiles. */
  private async removePartial(before: number, size: number): Promise<void> {
    const levels: (number | 'entries')[] = ['entries', 0];
    for (let level = 1; hashesAt(level, before) > 0; level++) levels.push(level);
    for (const level of levels) {
      const [had, has] = [
        hashesAt(level === 'entries' ? 0 : level, before),
        hashesAt(level === 'entries' ? 0 : level, size),
      ];
      const width = had % TILE_WIDTH;
      if (width === 0 || had === has) continue;
      await rm(join(this.folder, tilePath({ level, index: Math.floor(had / TILE_WIDTH), width })), { force: true });
    }
  }
}

function splitHashes(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, nth) =>
    bytes.subarray(nth * HASH_BYTES, (nth + 1) * HASH_BYTES),
  );
}
