// A witness signs only what grows out of what it signed before, asked directly and over HTTP.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Witness } from '../../audit/witness.js';
import { serveWitnesses } from '../../audit/witness-server.js';
import { WitnessStore } from '../../audit/witness-store.js';
import { parseCheckpoint, signCheckpoint } from '../../ledger/checkpoint.js';
import { originHash } from '../../ledger/log-reader.js';
import { cosigner, logSigner, parseNote, parseSignatureLine, verifiedSignatures } from '../../ledger/note.js';
import { EMPTY_ROOT } from '../../ledger/tree.js';
import * as naive from '../ledger/naive-tree.js';

const ORIGIN = 'court.example/jec/ledger';
const log = logSigner(ORIGIN, Buffer.alloc(32, 1));
const own = cosigner('taxbureau.example/witness', Buffer.alloc(32, 2));
const leaves = Array.from({ length: 20 }, (_, n) => Buffer.from(`leaf ${n}`));
const rootAt = (size: number): Buffer => (size === 0 ? EMPTY_ROOT : naive.root(leaves.slice(0, size)));
const at = (size: number, root = rootAt(size), signer = log): string =>
  signCheckpoint(ORIGIN, { size, root }, [signer]);
const proofLines = (from: number, to: number): string =>
  naive
    .proof(from, leaves.slice(0, to))
    .map((hash) => `${hash.toString('base64')}\n`)
    .join('');
const request = (old: number | string, checkpoint: string, proof = ''): string => `old ${old}\n${proof}\n${checkpoint}`;
const grow = (from: number, to: number): string => request(from, at(to), proofLines(from, to));

let folder: string;
let witness: Witness;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enforcement-witness-'));
  witness = witnessOf();
});
const witnessOf = (): Witness =>
  new Witness(new Map([[ORIGIN, [log.verifier]]]), own, new WitnessStore(folder), undefined, () => 1_700_000_000_999);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const status = async (body: string): Promise<number> => (await witness.addCheckpoint(body)).status;

describe('a witness (C2SP tlog-witness)', () => {
  it('cosigns what begins with all it has seen, and shows what it cosigned last', async () => {
    for (const [from, to] of [
      [0, 3],
      [3, 3],
      [3, 8],
      [8, 19],
    ] as const) {
      const answer = await witness.addCheckpoint(grow(from, to));
      expect([from, to, answer.status]).toEqual([from, to, 200]);
      const { body } = parseNote(at(to));
      const [line] = verifiedSignatures({ body, signatures: [parseSignatureLine(answer.body.trimEnd())] }, [
        own.verifier,
      ]);
      expect(line?.time).toBe(1_700_000_000);
    }
    const held = (await witness.checkpoint(originHash(ORIGIN))) ?? '';
    expect(parseCheckpoint(held).size).toBe(19);
    expect(verifiedSignatures(parseNote(held), [log.verifier, own.verifier])).toHaveLength(2);
    expect(await witness.checkpoint(originHash('other.example'))).toBeUndefined();
  });

  it('remembers across a restart', async () => {
    await witness.addCheckpoint(grow(0, 8));
    witness = witnessOf();
    expect(await status(grow(0, 9))).toBe(409);
    expect(await status(grow(8, 9))).toBe(200);
  });

  it('says which size it holds when asked from another', async () => {
    await witness.addCheckpoint(grow(0, 5));
    expect(await witness.addCheckpoint(grow(3, 8))).toEqual({
      status: 409,
      body: '5\n',
      contentType: 'text/x.tlog.size',
    });
    // Never asked to go back, and never going back.
    expect(await status(request(3, at(4), proofLines(3, 4)))).toBe(409);
  });

  it('answers as the specification says', async () => {
    const other = logSigner(ORIGIN, Buffer.alloc(32, 9));
    const bad = at(4).replace(/.{8}\n$/, 'AAAAAAA=\n');
    expect(
      await status(
        request(
          0,
          signCheckpoint('other.example', { size: 1, root: rootAt(1) }, [
            logSigner('other.example', Buffer.alloc(32, 9)),
          ]),
        ),
      ),
    ).toBe(404);
    expect(await status(request(0, at(4, rootAt(4), other)))).toBe(403);
    expect(await status(request(0, bad))).toBe(403);
    for (const malformed of [
      '',
      'old 0\n',
      'old 00\n\nx',
      `old 0\nxyz\n\n${at(4)}`,
      `old -1\n\n${at(4)}`,
      `${'old 0\n'}${`${rootAt(1).toString('base64')}\n`.repeat(64)}\n${at(4)}`,
      request(0, 'x\n1\n'),
      request(9, at(4)),
    ])
      expect(await status(malformed), malformed).toBe(400);
    expect(await status(request(0, at(4), proofLines(3, 4)))).toBe(422);
    expect(await status(request(0, at(0, rootAt(1))))).toBe(422);
    expect(await status(request(0, at(0)))).toBe(200);
    expect(await status(grow(0, 4))).toBe(200);
    expect(await status(request(4, at(4, rootAt(5))))).toBe(422);
    expect(await status(request(4, at(8), proofLines(3, 8)))).toBe(422);
    expect(await status(request(4, at(8)))).toBe(422);
    expect(await status(request(4, at(8, rootAt(9)), proofLines(4, 8)))).toBe(422);
    expect(await status(grow(4, 8))).toBe(200);
  });

  it('keeps both notes when the log contradicts itself', async () => {
    await witness.addCheckpoint(grow(0, 4));
    await witness.addCheckpoint(request(4, at(4, rootAt(5))));
    const evidence = readdirSync(folder).filter((name) => name.endsWith('.refused'));
    expect(evidence).toHaveLength(1);
    const text = readFileSync(join(folder, evidence[0] ?? ''), 'utf8');
    expect(text).toContain(parseNote(at(4)).body);
    expect(text).toContain(parseNote(at(4, rootAt(5))).body);
  });

  it('asked many things at once, never goes back', async () => {
    await witness.addCheckpoint(grow(0, 2));
    const answers = await Promise.all([8, 5, 12, 19, 6, 3].map((size) => witness.addCheckpoint(grow(2, size))));
    expect(answers.filter(({ status: code }) => code === 200)).toHaveLength(1);
    expect(answers.filter(({ status: code }) => code === 409)).toHaveLength(5);
  });
});

describe('over HTTP', () => {
  let server: ReturnType<typeof serveWitnesses>;
  let url: string;
  beforeAll(async () => {
    const shared = mkdtempSync(join(tmpdir(), 'enforcement-witness-'));
    const served = new Witness(new Map([[ORIGIN, [log.verifier]]]), own, new WitnessStore(shared));
    server = serveWitnesses(new Map([['/TAX', served]]), () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  });
  afterAll(() => void server.close());

  it('serves add-checkpoint and the checkpoint it holds, and nothing else', async () => {
    const post = (path: string, body: string): Promise<Response> => fetch(`${url}${path}`, { method: 'POST', body });
    expect((await post('/TAX/add-checkpoint', grow(0, 4))).status).toBe(200);
    const conflict = await post('/TAX/add-checkpoint', grow(0, 4));
    expect([conflict.status, conflict.headers.get('content-type'), await conflict.text()]).toEqual([
      409,
      'text/x.tlog.size',
      '4\n',
    ]);
    expect((await fetch(`${url}/TAX/${originHash(ORIGIN)}/checkpoint`)).status).toBe(200);
    expect((await fetch(`${url}/TAX/${originHash('x')}/checkpoint`)).status).toBe(404);
    for (const path of ['/', '/TAX', '/add-checkpoint', '/TAX/key', '/TAX/../key', '/AIC/add-checkpoint'])
      expect((await post(path, grow(0, 4))).status, path).toBe(404);
    expect((await fetch(`${url}/TAX/add-checkpoint`)).status).toBe(405);
    expect((await post('/TAX/add-checkpoint', 'x'.repeat(200_000))).status).toBe(413);
  });
});
