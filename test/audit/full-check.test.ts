// Whoever mirrors the log checks it whole, offline, and finds every place at which it was tampered with.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkLog } from '../../audit/full-check.js';
import { Mirror, MirrorRefusal } from '../../audit/mirror.js';
import { verify } from '../../audit/verify.js';
import { parseCheckpoint, signCheckpoint } from '../../ledger/checkpoint.js';
import { leafHash, makeLeaf } from '../../ledger/leaf.js';
import { folderLog, joinBundle, type LogReader } from '../../ledger/log-reader.js';
import { cosigner, logSigner, NoteError } from '../../ledger/note.js';
import { parsePolicy } from '../../ledger/policy.js';
import { formatProof } from '../../ledger/proof-file.js';
import { RightEdge, TileTree } from '../../ledger/tile-tree.js';
import { TILE_WIDTH, tilePath } from '../../ledger/tiles.js';

const ORIGIN = 'court.example/jec/ledger';
const signer = logSigner(ORIGIN, Buffer.alloc(32, 1));
const logKeys = [signer.verifier];
const SIZE = 700;

let folder: string;
beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  folder = mkdtempSync(join(tmpdir(), 'enforcement-log-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** A chain of leaves, as one case writes them. */
function leavesOf(count: number): Buffer[] {
  const leaves: Buffer[] = [];
  let prev: string | undefined;
  for (let n = 0; n < count; n++) {
    const leaf = makeLeaf({
      id: `id-${n}`,
      key: `repayment:${n}`,
      type: 'repayment',
      at: '2026-01-01T00:00:00.000Z',
      actor: 'clerk:x',
      case: 'c',
      ...(prev ? { prev } : {}),
    });
    prev = leaf.hash.toString('hex');
    leaves.push(leaf.bytes);
  }
  return leaves;
}

const ALL = leavesOf(SIZE);

/** A log in memory that serves entries only: enough for a mirror, which makes the tiles itself. */
function logOf(leaves: readonly Buffer[]): LogReader & { sign(size: number): string } {
  const edgeAt = (size: number): RightEdge => {
    const edge = new RightEdge(0, []);
    for (const leaf of leaves.slice(0, size)) edge.append(leafHash(leaf));
    return edge;
  };
  const sign = (size: number): string => signCheckpoint(ORIGIN, { size, root: edgeAt(size).root() }, [signer]);
  return {
    location: 'memory',
    sign,
    checkpoint: async () => sign(leaves.length),
    read: async ({ index, width }) => joinBundle(leaves.slice(index * TILE_WIDTH, index * TILE_WIDTH + width)),
  };
}

async function mirrored(sizes: readonly number[], leaves: readonly Buffer[] = ALL): Promise<Mirror> {
  const log = logOf(leaves);
  const mirror = new Mirror(log, folder, () => undefined);
  for (const size of sizes) await mirror.update(parseCheckpoint(log.sign(size)));
  return mirror;
}

const check = (): ReturnType<typeof checkLog> => checkLog({ log: folderLog(folder), logKeys });

describe('a mirror', () => {
  it('grown by any steps is a whole log, tiles and all', async () => {
    const mirror = await mirrored([1, 100, 255, 256, 257, 600, SIZE]);
    expect(await mirror.size()).toBe(SIZE);
    expect(await check()).toMatchObject({ size: SIZE, problems: [] });
    const tree = new TileTree((tiles) => Promise.all(tiles.map((tile) => folderLog(folder).read(tile))));
    expect(await tree.root(SIZE)).toEqual(parseCheckpoint(logOf(ALL).sign(SIZE)).root);
  });

  it('does not keep what the log did not sign', async () => {
    const mirror = await mirrored([300]);
    const lying = logOf([...ALL.slice(0, 400), Buffer.from('{}'), ...ALL.slice(401)]);
    const forked = new Mirror(lying, folder, () => undefined);
    await expect(forked.update(parseCheckpoint(logOf(ALL).sign(SIZE)))).rejects.toThrow(MirrorRefusal);
    expect(await mirror.size()).toBe(300);
    await mirror.update(parseCheckpoint(logOf(ALL).sign(SIZE)));
    expect(await check()).toMatchObject({ size: SIZE, problems: [] });
  });
});

describe('the full check', () => {
  const flip = (path: string, at: number): void => {
    const file = join(folder, path);
    const bytes = readFileSync(file);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  };

  it('names the entry or tile in which one byte is another', async () => {
    await mirrored([SIZE]);
    for (const [path, at, expected] of [
      ['tile/entries/001', 700, /entry 25\d: tile\/entries\/001 and tile\/0\/001 do not agree/],
      ['tile/0/001', 40, /entry 257: tile\/entries\/001 and tile\/0\/001 do not agree/],
      ['tile/1/000.p/2', 40, /tile\/1\/000\.p\/2: hash 1 is not that of the tile below/],
      ['tile/0/002.p/188', 0, /entry 512/],
    ] as const) {
      flip(path, at);
      const { problems } = await check();
      expect(problems.join('\n'), path).toMatch(expected);
      flip(path, at);
    }
    expect((await check()).problems).toEqual([]);
    flip('checkpoint', 40);
    await expect(check()).rejects.toThrow(NoteError);
  });

  it('finds a root that is signed and not that of the entries, a tile that is missing, and what a log without entries hides', async () => {
    await mirrored([SIZE]);
    writeFileSync(join(folder, 'checkpoint'), signCheckpoint(ORIGIN, { size: SIZE, root: Buffer.alloc(32) }, [signer]));
    expect((await check()).problems).toEqual([`checkpoint: its root is not that of the ${SIZE} entries`]);
    await mirrored([SIZE]);
    writeFileSync(join(folder, 'checkpoint'), logOf(ALL).sign(SIZE));
    rmSync(join(folder, tilePath({ level: 'entries', index: 1, width: 256 })));
    expect((await check()).problems.join()).toContain('tile/entries/001');
  });

  it('counts keys and follows predecessors: inclusion alone shows neither', async () => {
    const [first, second] = [ALL[0] ?? Buffer.alloc(0), ALL[2] ?? Buffer.alloc(0)];
    await mirrored([4], [first, first, second, Buffer.from('no leaf')]);
    expect((await check()).problems).toEqual([
      'entry 1: its key stands there twice',
      'entry 3: this is no leaf of the record (canonical JSON with v, id, key, type)',
      'entry 2: the leaf before it is not in the log',
    ]);
  });
});

describe('npm run verify', () => {
  const keys = [10, 11, 12].map((n) => cosigner(`w${n}.example`, Buffer.alloc(32, n)));
  const policy = `${keys.map((key, n) => `witness w${n} ${key.verifier.text}`).join('\n')}\ngroup two 2 w0 w1 w2\nquorum two\n`;
  const vkey = signer.verifier.text;

  async function receipt(witnesses: number): Promise<string> {
    const log = logOf(ALL);
    await mirrored([SIZE]);
    const tree = new TileTree((tiles) => Promise.all(tiles.map((tile) => folderLog(folder).read(tile))));
    const note = log.sign(SIZE);
    const { note: parsed } = parseCheckpoint(note);
    const cosigned =
      note +
      keys
        .slice(0, witnesses)
        .map((key) => key.cosign(parsed.body, 1_700_000_000))
        .join('');
    return formatProof(300, await tree.inclusion(300, SIZE), cosigned, ALL[300] ?? Buffer.alloc(0));
  }

  async function verified(text: string, ...more: string[]): Promise<number> {
    const [file, policyFile] = [join(folder, 'receipt'), join(folder, 'policy')];
    writeFileSync(file, text);
    writeFileSync(policyFile, policy);
    return verify([file, '--vkey', vkey, ...more.map((word) => (word === 'POLICY' ? policyFile : word))]);
  }

  it('says of a receipt whether it holds, and whether enough have witnessed it', async () => {
    const good = await receipt(2);
    expect(await verified(good)).toBe(0);
    expect(await verified(good, '--policy', 'POLICY')).toBe(0);
    expect(await verified(await receipt(1), '--policy', 'POLICY')).toBe(1);
    expect(await verified(good.replace('index 300', 'index 301'))).toBe(1);
    expect(await verified(good.replace(/extra .*\n/, ''))).toBe(1);
    for (const at of [60, good.indexOf('index') + 30, good.indexOf(ORIGIN) + 30, good.length - 40, good.length - 150]) {
      const byte = good[at] === 'A' ? 'B' : 'A';
      expect(
        await verified(`${good.slice(0, at)}${byte}${good.slice(at + 1)}`, '--policy', 'POLICY'),
        `byte ${at}`,
      ).toBe(1);
    }
  });

  it('reads a whole log, here a mirror’s folder, and takes a policy’s word on its key', async () => {
    await mirrored([SIZE]);
    expect(await verify(['--log', folder, '--vkey', vkey])).toBe(0);
    writeFileSync(join(folder, 'p'), `log ${vkey}\nquorum none\n`);
    expect(await verify(['--log', folder, '--policy', join(folder, 'p')])).toBe(0);
    expect(parsePolicy(`log ${vkey}\nquorum none\n`).logs).toHaveLength(1);
    writeFileSync(join(folder, 'tile/0/000'), Buffer.alloc(8_192));
    expect(await verify(['--log', folder, '--vkey', vkey])).toBe(1);
  });

  it('says what it needs', async () => {
    expect(await verify([])).toBe(2);
    expect(await verify(['--help'])).toBe(0);
    expect(await verify(['--what'])).toBe(2);
    expect(await verify([join(folder, 'none')])).toBe(2);
    expect(await verified(await receipt(2), '--leaf')).toBe(2);
  });
});
