import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NoteError } from './note.js';
import { HASH_BYTES, type ServedTile, TILE_WIDTH, tilePath } from './tiles.js';

/** A log as anybody may read it (C2SP tlog-tiles): over HTTP, or a mirror's folder laid out the same way. */
export interface LogReader {
  /** Where it is, for people. */
  readonly location: string;
  checkpoint(): Promise<string>;
  /** Exactly as many hashes or entries as the width says, also where only the full tile is left. Throws LogUnreadable. */
  read(tile: ServedTile): Promise<Buffer>;
}

/** A part of a log that could not be had; `missing` where the log says that there is none. */
export class LogUnreadable extends Error {
  override readonly name = 'LogUnreadable';
  constructor(
    readonly path: string,
    readonly missing: boolean,
    why: string,
  ) {
    super(`${path}: ${why}`);
  }
}

/** A bundle is at most 256 entries of 64 KiB, a tile 8 KiB. */
const LARGEST_BYTES = 17_000_000;
const ANSWER_MS = 30_000;

/** `prefix`: the log's address, with or without a slash at its end. */
export function httpLog(prefix: string): LogReader {
  const base = prefix.replace(/\/+$/, '');
  const get = async (path: string): Promise<Buffer> => {
    let response: Response;
    try {
      response = await fetch(`${base}/${path}`, { signal: AbortSignal.timeout(ANSWER_MS), redirect: 'error' });
    } catch (error) {
      throw new LogUnreadable(path, false, reasonOf(error));
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new LogUnreadable(path, response.status === 404, `the log answered ${response.status}`);
    }
    const bytes = Buffer.from(await response.arrayBuffer());
    if (bytes.length > LARGEST_BYTES) throw new LogUnreadable(path, false, 'the answer is too large');
    return bytes;
  };
  return readerOf(base, get);
}

/** A mirror: the same paths as files. */
export function folderLog(folder: string): LogReader {
  return readerOf(folder, async (path) => {
    const file = join(folder, path);
    if (!existsSync(file)) throw new LogUnreadable(path, true, 'no such file');
    return readFile(file);
  });
}

/** `http(s)://…`, or a folder. */
export const logAt = (location: string): LogReader =>
  /^https?:\/\//.test(location) ? httpLog(location) : folderLog(location);

function readerOf(location: string, get: (path: string) => Promise<Buffer>): LogReader {
  return {
    location,
    checkpoint: async () => (await get('checkpoint')).toString('utf8'),
    read: async (tile) => {
      const narrowed = (bytes: Buffer): Buffer => narrow(bytes, tile);
      if (tile.width === TILE_WIDTH) return narrowed(await get(tilePath(tile)));
      try {
        return narrowed(await get(tilePath(tile)));
      } catch (error) {
        // A partial tile may be gone once the full one is there.
        if (!(error instanceof LogUnreadable && error.missing)) throw error;
        return get(tilePath({ ...tile, width: TILE_WIDTH })).then(narrowed, () => Promise.reject(error));
      }
    },
  };
}

function narrow(bytes: Buffer, tile: ServedTile): Buffer {
  if (tile.level !== 'entries') {
    if (bytes.length < tile.width * HASH_BYTES) throw new LogUnreadable(tilePath(tile), false, 'the tile is too short');
    return bytes.subarray(0, tile.width * HASH_BYTES);
  }
  const entries = splitBundle(bytes);
  if (!entries || entries.length < tile.width)
    throw new LogUnreadable(tilePath(tile), false, 'the bundle is not whole');
  const length = entries.slice(0, tile.width).reduce((sum, entry) => sum + 2 + entry.length, 0);
  return bytes.subarray(0, length);
}

/** The entries of a bundle; undefined where its lengths do not come out even. */
export function splitBundle(bytes: Buffer): Buffer[] | undefined {
  const entries: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 > bytes.length) return undefined;
    const length = bytes.readUInt16BE(at);
    if (at + 2 + length > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}

/** What a bundle is made of. */
export function joinBundle(entries: readonly Buffer[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > 0xffff) throw new RangeError('an entry is too long for a bundle');
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** How a witness calls a log in its addresses: SHA-256 of the origin, hexadecimal. */
export const originHash = (origin: string): string => createHash('sha256').update(origin, 'utf8').digest('hex');

export function reasonOf(error: unknown): string {
  if (error instanceof NoteError || error instanceof LogUnreadable) return error.message;
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
