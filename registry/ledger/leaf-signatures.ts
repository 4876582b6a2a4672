import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { Refusal } from '../../domain/refusal.js';
import { canonicalJson, type Json } from '../../ledger/canonical-json.js';
import { makeLeaf, SIGNED_PREFIX } from '../../ledger/leaf.js';
import { lockKeyed } from '../database/locks.js';
import { type Queryable, soleRow, type Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { leafValues, withLeaf } from './leaf-rows.js';
import type { Receipt } from './receipts.js';

export interface SigningKey {
  /** First 8 bytes of the SHA-256 of the public key, hex. */
  kid: string;
  /** Ed25519, 32 bytes in base64. */
  publicKey: string;
  /** `department:AIC`, `court:黔0112` */
  owner: string;
  at: string;
}

const LEAF_ALONE = withLeaf('select from leaf');

const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const keyOf = (raw: Buffer): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });

/** What proves that a key is its registrar's: it has signed whose it is. */
const possession = (owner: string): Buffer => Buffer.from(`jec-signing-key/1\n${owner}`, 'utf8');

/** All keys ever registered, in order: of each owner the last is in use. */
export async function signingKeys(q: Queryable): Promise<SigningKey[]> {
  const { rows } = await q.query<{ kid: string; public_key: Buffer; owner: string; at: Date }>(
    'select kid, public_key, owner, at from signing_key order by number',
  );
  return rows.map(({ kid, public_key, owner, at }) => ({
    kid,
    publicKey: public_key.toString('base64'),
    owner,
    at: at.toISOString(),
  }));
}

/**
 * Registers an owner's key, from now on the one in use, with a leaf that names its digest: the operator cannot put another in its place unseen.
 * Throws Refusal `invalid` where the signature is not the key's, `state-conflict` where the key is known already.
 */
export async function registerSigningKey(
  tx: Transaction,
  owner: string,
  { publicKey, value }: { publicKey: Buffer; value: Buffer },
  actor: Actor,
): Promise<{ kid: string }> {
  if (!verify(null, possession(owner), keyOf(publicKey), value)) throw badSignature('/value');
  const digest = createHash('sha256').update(publicKey).digest();
  const kid = digest.subarray(0, 8).toString('hex');
  await tx.query(`select ${lockKeyed('signature', '$1')}`, [kid]);
  const { rows } = await tx.query<{ now: Date; known: boolean }>(
    'select clock_timestamp() as now, exists (select from signing_key where kid = $1) as known',
    [kid],
  );
  const { now, known } = soleRow(rows);
  if (known) {
    throw Refusal.conflict('该公钥已登记。 / This key is registered already.', 'key-registered', '/publicKey');
  }
  const id = uuidv7();
  const leaf = makeLeaf({
    id,
    key: `signing-key:${kid}`,
    type: 'key-registered',
    at: now.toISOString(),
    ...(actor.role === 'department' ? { dept: actor.id } : {}),
    actor: owner,
    doc: { sha256: digest.toString('hex') },
    ...(actor.trace ? { trace: actor.trace } : {}),
  });
  await tx.query(LEAF_ALONE, leafValues(id, `signing-key:${kid}`, leaf));
  await tx.query('insert into signing_key (kid, public_key, owner, entry) values ($1, $2, $3, $4)', [
    kid,
    publicKey,
    owner,
    id,
  ]);
  return { kid };
}

/** The clock of who signs may differ from ours by this much. */
const SKEW_MS = 5 * 60_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * A party's own leaf, of its own making and signed with its key in use, that names the leaf of a fact as the one before it: who did not sign it
 * cannot have it invented for them. `leaf` is the canonical JSON without `sig`; the same party signs a fact once, and hears of the first again.
 * Throws Refusal `invalid` where leaf or signature is not as it must be.
 */
export async function signFact(
  tx: Transaction,
  fact: Receipt,
  owner: string,
  { kid, leaf: unsigned, value }: { kid: string; leaf: Buffer; value: Buffer },
): Promise<{ entryId: string; first: boolean }> {
  const key = await tx.query<{ kid: string; public_key: Buffer; now: Date }>(
    `select kid, public_key, clock_timestamp() as now
     from signing_key
     where owner = $1
     order by number desc
     limit 1`,
    [owner],
  );
  const inUse = key.rows[0];
  if (inUse?.kid !== kid) {
    throw Refusal.invalid('不是该机构现用的公钥。 / This is not the key in use of this office.', '/kid', 'unknown-key');
  }
  const businessKey = `signed:${fact.entryId}:${kid}`;
  const content = readUnsigned(unsigned, owner, businessKey, fact.leafHash, inUse.now);
  if (!verify(null, Buffer.concat([Buffer.from(SIGNED_PREFIX), unsigned]), keyOf(inUse.public_key), value)) {
    throw badSignature('/value');
  }
  await tx.query(`select ${lockKeyed('signature', '$1')}`, [businessKey]);
  const known = await tx.query<{ entry: string }>(
    `select entry
     from leaf_signature
     where signed = $1 and kid = $2`,
    [fact.entryId, kid],
  );
  const earlier = known.rows[0];
  if (earlier) return { entryId: earlier.entry, first: false };
  const leaf = makeLeaf({ ...content, sig: { kid, value: value.toString('base64') } });
  await tx.query(LEAF_ALONE, leafValues(content.id, businessKey, leaf));
  await tx.query('insert into leaf_signature (entry, signed, kid) values ($1, $2, $3)', [
    content.id,
    fact.entryId,
    kid,
  ]);
  return { entryId: content.id, first: true };
}

interface SignedContent {
  id: string;
  key: string;
  type: string;
  at: string;
  actor: string;
  dept?: string;
  prev: string;
}

/** Throws Refusal `invalid`: every member but `id` and `at` is given by what is signed and by whom. */
function readUnsigned(bytes: Buffer, owner: string, key: string, prev: string, now: Date): SignedContent {
  const given = parsed(bytes);
  const { id, at } = given;
  const wrong = (): Refusal =>
    Refusal.invalid(
      '叶子不符合规定格式。 / The leaf is not the one to be signed: see docs/verify.md.',
      '/leaf',
      'invalid',
    );
  if (typeof id !== 'string' || !UUID.test(id) || typeof at !== 'string') throw wrong();
  const instant = Date.parse(at);
  if (!(Math.abs(instant - now.getTime()) <= SKEW_MS) || new Date(instant).toISOString() !== at) throw wrong();
  const [role, office] = [owner.slice(0, owner.indexOf(':')), owner.slice(owner.indexOf(':') + 1)];
  const content = {
    id,
    key,
    type: 'signed',
    at,
    actor: owner,
    ...(role === 'department' ? { dept: office } : {}),
    prev,
  };
  if (canonicalJson({ v: 1, ...content }) !== bytes.toString('utf8')) throw wrong();
  return content;
}

function parsed(bytes: Buffer): { [member: string]: Json } {
  try {
    const content: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof content === 'object' && content !== null && !Array.isArray(content) ? { ...content } : {};
  } catch {
    return {};
  }
}

const badSignature = (pointer: string): Refusal =>
  Refusal.invalid('签名与公钥不符。 / The signature is not by this key.', pointer, 'bad-signature');
