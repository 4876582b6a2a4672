// A department and a court sign facts with keys of their own; a stranger cannot in their name.

import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { checkLog } from '../../../audit/full-check.js';
import { canonicalJson } from '../../../ledger/canonical-json.js';
import { createPool, inTransaction } from '../../../registry/database/pool.js';
import { readKeyRing } from '../../../registry/keys/key-ring.js';
import { sequenceRound } from '../../../registry/ledger/sequencer.js';
import { logKeys, openLog } from '../../../registry/ledger/signed-log.js';
import { publish } from '../../../registry/process/steps.js';
import { aCase, personBody } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { WUDANG_PERSON } from '../../builders/numbers.js';
import { SERVICES } from '../../builders/services.js';
import { useApi } from '../../harness/api.js';
import { clerkOf, departmentOf, judgeOf, supervisorOf } from '../../harness/credentials.js';
import { ORIGIN } from '../../harness/ledger.js';
import { tableReader } from '../../harness/table-reader.js';

/** An office's own key, which the platform never sees. */
class Office {
  private readonly key;
  constructor(
    readonly owner: string,
    seed: number,
  ) {
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)]);
    this.key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  }

  get publicKey(): string {
    return createPublicKey(this.key).export({ format: 'der', type: 'spki' }).subarray(12).toString('base64');
  }
  sign = (text: string): string => sign(null, Buffer.from(text), this.key).toString('base64');
  registration = (owner = this.owner) => ({
    publicKey: this.publicKey,
    value: this.sign(`jec-signing-key/1\n${owner}`),
  });

  /** As docs/verify.md says it is made. */
  signature(receipt: { entryId: string; leafHash: string }, kid: string, changes: object = {}) {
    const leaf = canonicalJson({
      v: 1,
      id: uuidv7(),
      key: `signed:${receipt.entryId}:${kid}`,
      type: 'signed',
      at: new Date().toISOString(),
      actor: this.owner,
      ...(this.owner.startsWith('department:') ? { dept: this.owner.slice('department:'.length) } : {}),
      prev: receipt.leafHash,
      ...changes,
    });
    return { kid, leaf: Buffer.from(leaf).toString('base64'), value: this.sign(`jec-leaf/1\n${leaf}`) };
  }
}

const bureau = new Office('department:BDC', 41);
const court = new Office(`court:${COURT}`, 42);
const stranger = new Office('department:BDC', 43);

const api = useApi();
let fact: string;
const bdc = () => departmentOf('BDC').token;
const post = (path: string, body: unknown, token: string) => api.post(path, body, { token });

beforeAll(async () => {
  const opened = await post('/v1/cases', aCase(), clerkOf(COURT).token);
  await inTransaction(api.pool, (tx) => publish(tx, api.ring, opened.body.defaulters[0].id));
  const party = personBody('封某全', WUDANG_PERSON);
  const compared = await post('/v1/comparisons', { service: SERVICES.sale, reference: '过户-1', party }, bdc());
  fact = compared.body.interceptions[0].id;
});

describe('a department or court that signs', () => {
  let kid: string;
  it('registers a key by showing that it has it; nobody else’s, and not twice', async () => {
    expect((await post('/v1/signing-keys', bureau.registration('department:AIC'), bdc())).body.errors[0].code).toBe(
      'bad-signature',
    );
    expect(
      (await post('/v1/signing-keys', { ...bureau.registration(), publicKey: 'AAAA' }, bdc())).body.errors[0].code,
    ).toBe('not-base64');
    const made = await post('/v1/signing-keys', bureau.registration(), bdc());
    expect(made.status).toBe(201);
    kid = made.body.kid;
    expect((await post('/v1/signing-keys', bureau.registration(), bdc())).status).toBe(409);
    expect((await post('/v1/signing-keys', court.registration(), supervisorOf(COURT).token)).status).toBe(201);
    expect((await post('/v1/signing-keys', court.registration(), judgeOf(COURT).token)).status).toBe(404);
    expect((await api.get('/v1/signing-keys')).body.items.map(({ owner }: { owner: string }) => owner)).toEqual([
      bureau.owner,
      court.owner,
    ]);
  });

  it('signs the leaf of a fact with a leaf of its own, once', async () => {
    const receipt = (await api.get(`/v1/receipts/${fact}`, bdc())).body;
    const path = `/v1/receipts/${fact}/signature`;
    const body = bureau.signature(receipt, kid);
    const signed = await post(path, body, bdc());
    expect(signed.status).toBe(201);
    expect(await post(path, bureau.signature(receipt, kid), bdc())).toMatchObject({ status: 200, body: signed.body });
    const own = (await api.get(`/v1/receipts/${signed.body.entryId}`, bdc())).body;
    const leaf = JSON.parse(Buffer.from(own.leaf, 'base64').toString());
    expect(leaf).toMatchObject({
      type: 'signed',
      dept: 'BDC',
      prev: receipt.leafHash,
      sig: { kid, value: body.value },
    });
    // Without `sig` it is, byte for byte, what was signed.
    const { sig, ...unsigned } = leaf;
    expect(Buffer.from(canonicalJson(unsigned)).toString('base64')).toBe(body.leaf);
    expect((await api.get(`/v1/receipts/${fact}`, bdc())).body.signatures).toEqual([
      { entryId: signed.body.entryId, owner: bureau.owner, kid },
    ]);
    expect((await api.get(`/v1/receipts/${signed.body.entryId}`, departmentOf('AIC').token)).status).toBe(404);
  });

  it('cannot have anything signed in its name that it did not sign', async () => {
    const receipt = (await api.get(`/v1/receipts/${fact}`, bdc())).body;
    const path = `/v1/receipts/${fact}/signature`;
    const code = async (body: object): Promise<string> => (await post(path, body, bdc())).body.errors?.[0]?.code;
    expect(await code(stranger.signature(receipt, kid))).toBe('bad-signature');
    expect(await code(bureau.signature(receipt, '0123456789abcdef'))).toBe('unknown-key');
    for (const changes of [
      { prev: '00'.repeat(32) },
      { type: 'repayment' },
      { dept: 'AIC' },
      { key: 'signed:x' },
      { id: 'x' },
      { at: '2020-01-01T00:00:00.000Z' },
      { name: '封某全' },
    ])
      expect(await code(bureau.signature(receipt, kid, changes)), JSON.stringify(changes)).toBe('invalid');
    expect((await post(path, bureau.signature(receipt, kid), departmentOf('AIC').token)).status).toBe(404);
  });

  it('signs with its last key, and what it signed before still stands', async () => {
    const next = new Office('department:BDC', 44);
    const { kid: newKid } = (await post('/v1/signing-keys', next.registration(), bdc())).body;
    const receipt = (await api.get(`/v1/receipts/${fact}`, bdc())).body;
    const path = `/v1/receipts/${fact}/signature`;
    expect((await post(path, bureau.signature(receipt, kid), bdc())).body.errors[0].code).toBe('unknown-key');
    expect((await post(path, next.signature(receipt, newKid), bdc())).status).toBe(201);
    expect((await api.get(`/v1/receipts/${fact}`, bdc())).body.signatures).toHaveLength(2);
  });

  it('is in the record like everything else', async () => {
    const log = openLog(readKeyRing(inject('keyRingFile')), ORIGIN);
    const sequencer = createPool({ connectionString: api.sequencerUrl, applicationName: 'sequencer', max: 1 });
    while ((await sequenceRound(sequencer, log)).appended > 0);
    await sequencer.end();
    expect((await checkLog({ log: tableReader(api.pool), logKeys: logKeys(log) })).problems).toEqual([]);
  });
});
