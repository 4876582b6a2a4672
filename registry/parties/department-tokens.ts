import {
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import type { IdentifierKey } from '../../domain/identity/identifier.js';
import { Refusal } from '../../domain/refusal.js';
import { makeLeaf } from '../../ledger/leaf.js';
import { lockKeyed } from '../database/locks.js';
import { send, soleRow, type Transaction } from '../database/pool.js';
import { type Actor, actorName } from '../inputs.js';
import { blindIndex, type KeyRing } from '../keys/key-ring.js';
import { leafValues, withLeaf } from '../ledger/leaf-rows.js';

// Tokens by which a department names a person without the number. Each department has keys of its own, quarter by quarter, so that the lists of
// two cannot be joined. The platform derives them from a root that is in no database.

/** HKDF-SHA-256(root, no salt, info `"jec-token/1" 00 dept 00 epoch`, 32 bytes). */
export function departmentKey(root: Buffer, department: string, epoch: string): Buffer {
  return Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), `jec-token/1\0${department}\0${epoch}`, 32));
}

/** The token of a normalised document: the construction of the blind index, under a department's key. */
export const tokenOf = (key: Buffer, { type, country, number }: IdentifierKey): Buffer =>
  blindIndex(key, type, country, number);

/** A key wrapped for somebody's X25519 key. All in base64. */
export interface WrappedKey {
  epoch: string;
  /** Raw X25519 public key of the wrapping, used once. */
  ephemeralKey: string;
  /** IV (12) ‖ ciphertext (32) ‖ tag (16) */
  sealed: string;
}

const X25519_BYTES = 32;

/** X25519 with a key used once, HKDF-SHA-256 over the shared secret bound to both public keys, AES-256-GCM. `recipient`: raw, 32 bytes. */
export function wrapFor(recipient: Buffer, key: Buffer, department: string, epoch: string): WrappedKey {
  const once = generateKeyPairSync('x25519');
  const ephemeral = rawKey(once.publicKey);
  const secret = diffieHellman({ privateKey: once.privateKey, publicKey: publicKey(recipient) });
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey(secret, ephemeral, recipient), iv);
  cipher.setAAD(boundTo(department, epoch));
  const encrypted = Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return { epoch, ephemeralKey: ephemeral.toString('base64'), sealed: encrypted.toString('base64') };
}

/** Throws Refusal `invalid` public-key for 32 bytes by which nothing can be wrapped: a point of low order gives no secret. */
export function requireRecipient(recipient: Buffer): void {
  try {
    wrapFor(recipient, Buffer.alloc(32), '', '');
  } catch {
    throw Refusal.invalid('不是有效的 X25519 公钥。 / Not an X25519 public key.', '/publicKey', 'public-key');
  }
}

/**
 * A department's keys of these quarters, wrapped for its X25519 key, and the leaf that says they were given. Throws Refusal `state-conflict`
 * tokens-off where the key ring has no root.
 */
export async function issueTokenKeys(
  tx: Transaction,
  ring: KeyRing,
  department: string,
  { recipient, epochs }: { recipient: Buffer; epochs: readonly string[] },
  actor: Actor,
): Promise<{ department: string; keys: WrappedKey[]; fact: string }> {
  const { tokenRoot } = ring;
  if (!tokenRoot) throw tokensOff();
  // A statement of its own: what the holder before committed is seen only by a snapshot younger than the lock.
  send(tx, `select ${lockKeyed('tokenKeys', '$1')}`, [department]);
  const { rows } = await tx.query<{ now: Date; prev: Buffer | null }>(
    `select
       clock_timestamp() as now,
       (
         select l.leaf_hash
         from token_key_issue i
         join ledger_leaf l on l.entry_id = i.id
         where i.department = $1
         order by i.at desc, i.id desc
         limit 1
       ) as prev`,
    [department],
  );
  const { now: at, prev } = soleRow(rows);
  const keys = epochs.map((epoch) =>
    wrapFor(recipient, departmentKey(tokenRoot, department, epoch), department, epoch),
  );
  const id = uuidv7();
  const by = actorName(actor);
  const fingerprint = createHash('sha256').update(recipient).digest();
  const key = `token-key.issued:${id}`;
  const leaf = makeLeaf({
    id,
    key,
    type: 'token-key.issued',
    at: at.toISOString(),
    dept: department,
    actor: by,
    // A public key is no secret and not short: its digest needs no salt.
    doc: { sha256: fingerprint.toString('hex') },
    ...(prev ? { prev: prev.toString('hex') } : {}),
    ...(actor.trace ? { trace: actor.trace } : {}),
  });
  await tx.query(
    withLeaf(
      `insert into token_key_issue (id, department, epochs, recipient, at, by)
       select entry_id, $5, $6, $7, $8, $9
       from leaf`,
    ),
    [...leafValues(id, key, leaf), department, epochs, fingerprint, at, by],
  );
  return { department, keys, fact: id };
}

export const tokensOff = (): Refusal =>
  Refusal.conflict('本平台未启用令牌。 / This platform gives out no token keys.', 'tokens-off');

// RFC 8410: what stands before the 32 raw bytes of an X25519 key.
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

const publicKey = (raw: Buffer): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
const rawKey = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-X25519_BYTES);

const wrappingKey = (secret: Buffer, ephemeral: Buffer, recipient: Buffer): Buffer =>
  Buffer.from(
    hkdfSync('sha256', secret, Buffer.alloc(0), Buffer.concat([Buffer.from('jec-wrap/1\0'), ephemeral, recipient]), 32),
  );

const boundTo = (department: string, epoch: string): Buffer =>
  Buffer.from(`jec-token/1\0${department}\0${epoch}`, 'utf8');
