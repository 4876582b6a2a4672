import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * The keys that protect people at rest. Every encrypted value names its key, so keys can change while old values stay readable.
 * AES-256-GCM with `table, column, row id, key id` as additional data: a value moved to another row does not open.
 */
export interface KeyRing {
  /** Key id with which new data keys are wrapped. */
  active: string;
  /** Key-encryption keys by id, AES-256, 32 bytes: they wrap the data keys, and encrypt what belongs to no subject and no case. */
  keys: ReadonlyMap<string, Buffer>;
  /** Key id with which identifiers are indexed. */
  activeIndex: string;
  indexKeys: ReadonlyMap<string, Buffer>;
  /** Keys the fingerprints of requests and the cursors of lists. */
  fingerprintKey: Buffer;
  cursorKey: Buffer;
  /** Root of the departments' token keys; absent where no department takes tokens. */
  tokenRoot?: Buffer;
  /** Ed25519 seeds by id: each signs the log's checkpoints. Empty where this process signs nothing and names no log. */
  ledgerKeys: ReadonlyMap<string, Buffer>;
}

/** Encrypts one subject's identity or one case's texts; stored wrapped (`data-keys.ts`). */
export interface DataKey {
  /** UUID. */
  id: string;
  bytes: Buffer;
}

/** The key of a value was destroyed: nobody can read it any more. */
export class ErasedValue extends Error {
  override readonly name = 'ErasedValue';
}

/** Where an encrypted value stands: part of what it is bound to. */
export interface AadContext {
  table: string;
  column: string;
  row: string;
}

/** First byte of a stored value: encrypted by a key of the ring, or by a data key. */
const BY_RING = 1;
const BY_DATA_KEY = 2;
/** First byte of what `with_key` of the database hands out: the wrapped key before the value, or that it was destroyed. */
const KEY_ENCLOSED = 3;
const KEY_DESTROYED = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const UUID_BYTES = 16;
const WRAPPED_BYTES = IV_BYTES + 32 + TAG_BYTES;

/** Reads a key ring file (JSON, base64 keys of 32 bytes). Throws an Error that names the member that is wrong, never a key. */
export function readKeyRing(file: string): KeyRing {
  return parseKeyRing(JSON.parse(readFileSync(file, 'utf8')));
}

export function parseKeyRing(value: unknown): KeyRing {
  const ring = record(value, 'key ring');
  const keys = keyMap(ring.keys, 'keys');
  const indexKeys = keyMap(ring.indexKeys, 'indexKeys');
  const active = String(ring.active);
  const activeIndex = String(ring.activeIndex);
  if (!keys.has(active)) throw new Error('key ring: "active" names no key of "keys"');
  if (!indexKeys.has(activeIndex)) throw new Error('key ring: "activeIndex" names no key of "indexKeys"');
  return {
    active,
    keys,
    activeIndex,
    indexKeys,
    fingerprintKey: key(ring.fingerprintKey, 'fingerprintKey'),
    cursorKey: key(ring.cursorKey, 'cursorKey'),
    ledgerKeys: ring.ledgerKeys === undefined ? new Map() : keyMap(ring.ledgerKeys, 'ledgerKeys'),
    ...(ring.tokenRoot === undefined ? {} : { tokenRoot: key(ring.tokenRoot, 'tokenRoot') }),
  };
}

/**
 * Under a data key: 2 ‖ key id (16 bytes) ‖ IV ‖ ciphertext ‖ tag. Without one, under the ring's active key, for what belongs to no subject
 * and no case: 1 ‖ key id length ‖ key id ‖ IV ‖ ciphertext ‖ tag.
 */
export function encrypt(ring: KeyRing, context: AadContext, text: string, dataKey?: DataKey): Buffer {
  if (dataKey) {
    return encryptBytes(dataKey.bytes, boundTo(context, dataKey.id), text, [
      Buffer.of(BY_DATA_KEY),
      uuidBytes(dataKey.id),
    ]);
  }
  const id = Buffer.from(ring.active, 'utf8');
  return encryptBytes(keyById(ring.keys, ring.active), boundTo(context, ring.active), text, [
    Buffer.of(BY_RING, id.length),
    id,
  ]);
}

/**
 * Opens what `encrypt` made for the same context; a value under a data key as `with_key` of the database gives it. Throws ErasedValue when its key
 * was destroyed, Error when the value was altered, moved, or its key is not there.
 */
export function decrypt(ring: KeyRing, context: AadContext, value: Buffer): string {
  switch (value[0]) {
    case BY_RING: {
      const at = 2 + (value[1] ?? 0);
      const id = value.subarray(2, at).toString('utf8');
      return decryptBytes(keyById(ring.keys, id), boundTo(context, id), value.subarray(at)).toString('utf8');
    }
    case KEY_ENCLOSED: {
      const { dataKey, ciphertext } = opened(ring, value);
      return decryptBytes(dataKey.bytes, boundTo(context, dataKey.id), ciphertext).toString('utf8');
    }
    case KEY_DESTROYED:
      throw new ErasedValue('sealed value: its key was destroyed');
    case BY_DATA_KEY:
      throw new Error('sealed value: read it by with_key(), together with its key');
    default:
      throw new Error('sealed value: unknown version');
  }
}

/** What stands where a value was that nobody is to read again. */
export const ERASED = Buffer.of(KEY_DESTROYED);

/** Whether the key of a value, as `with_key` gives it, was destroyed. */
export const isErased = (value: Buffer): boolean => value[0] === KEY_DESTROYED;

/** As `decrypt`; where the key was destroyed, a dash: the row is kept, what it said is not. */
export function decryptStored(ring: KeyRing, context: AadContext, value: Buffer): string {
  return isErased(value) ? '—' : decrypt(ring, context, value);
}

/** The data key by which a value, as `with_key` gives it, is encrypted; undefined for one that the ring itself has encrypted. */
export function dataKeyIn(ring: KeyRing, value: Buffer): DataKey | undefined {
  return value[0] === KEY_ENCLOSED ? opened(ring, value).dataKey : undefined;
}

/** Under the ring's active key, bound to the data key's id. */
export function wrap(ring: KeyRing, { id, bytes }: DataKey): { kek: string; wrapped: Buffer } {
  return { kek: ring.active, wrapped: encryptBytes(keyById(ring.keys, ring.active), wrapping(id, ring.active), bytes) };
}

/** Throws when the wrapped key was altered, is another's, or its key-encryption key is not on the ring. */
export function unwrap(ring: KeyRing, id: string, kek: string, wrapped: Buffer): DataKey {
  return { id, bytes: decryptBytes(keyById(ring.keys, kek), wrapping(id, kek), wrapped) };
}

const wrapping = (id: string, kek: string): Buffer => boundTo({ table: 'data_key', column: 'wrapped', row: id }, kek);

/** Takes 3 ‖ length ‖ kek ‖ wrapped ‖ (2 ‖ key id ‖ ciphertext) apart. */
function opened(ring: KeyRing, value: Buffer): { dataKey: DataKey; ciphertext: Buffer } {
  const keyAt = 2 + (value[1] ?? 0);
  const valueAt = keyAt + WRAPPED_BYTES;
  const ciphertextAt = valueAt + 1 + UUID_BYTES;
  const id = uuidText(value.subarray(valueAt + 1, ciphertextAt));
  const kek = value.subarray(2, keyAt).toString('utf8');
  return { dataKey: unwrap(ring, id, kek, value.subarray(keyAt, valueAt)), ciphertext: value.subarray(ciphertextAt) };
}

/** Random bytes for many IVs at once: the call costs more than the bytes. Each is given out once. */
let ivs = Buffer.alloc(0);
function freshIv(): Buffer {
  if (ivs.length < IV_BYTES) ivs = randomBytes(256 * IV_BYTES);
  const iv = ivs.subarray(0, IV_BYTES);
  ivs = ivs.subarray(IV_BYTES);
  return iv;
}

/** What stands before it ‖ IV ‖ ciphertext ‖ tag */
function encryptBytes(secret: Buffer, bound: Buffer, plain: Buffer | string, before: readonly Buffer[] = []): Buffer {
  const iv = freshIv();
  const cipher = createCipheriv('aes-256-gcm', secret, iv);
  cipher.setAAD(bound);
  const text = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  return Buffer.concat([...before, iv, text, cipher.final(), cipher.getAuthTag()]);
}

function decryptBytes(secret: Buffer, bound: Buffer, value: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', secret, value.subarray(0, IV_BYTES));
  decipher.setAAD(bound);
  decipher.setAuthTag(value.subarray(value.length - TAG_BYTES));
  return Buffer.concat([decipher.update(value.subarray(IV_BYTES, value.length - TAG_BYTES)), decipher.final()]);
}

const uuidBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');
const uuidText = (bytes: Buffer): string => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/**
 * The keyed hash under which an identifier or an asset is found: HMAC-SHA-256 over `"jec1" 00 type 00 country 00 number`,
 * first 16 bytes. The number is normalised before.
 */
export function blindIndex(indexKey: Buffer, type: string, country: string, number: string): Buffer {
  return createHmac('sha256', indexKey).update(`jec1\0${type}\0${country}\0${number}`, 'utf8').digest().subarray(0, 16);
}

/** The blind index under the active index key. */
export function activeBlind(ring: KeyRing, type: string, country: string, number: string): Buffer {
  const key = ring.indexKeys.get(ring.activeIndex);
  if (!key) throw new Error('key ring: the active index key is missing');
  return blindIndex(key, type, country, number);
}

/** The blind index under every readable index key: the active one first. */
export function blindIndexes(
  ring: KeyRing,
  type: string,
  country: string,
  number: string,
): { indexKey: string; blind: Buffer }[] {
  const ids = [ring.activeIndex, ...[...ring.indexKeys.keys()].filter((id) => id !== ring.activeIndex)];
  return ids.map((id) => ({ indexKey: id, blind: blindIndex(keyById(ring.indexKeys, id), type, country, number) }));
}

/** A keyed hash of a request: a plain one of a body with an identity number could be searched. */
export function fingerprint(ring: KeyRing, ...parts: string[]): Buffer {
  return createHmac('sha256', ring.fingerprintKey).update(parts.join('\0'), 'utf8').digest();
}

function boundTo(context: AadContext, keyId: string): Buffer {
  return Buffer.from([context.table, context.column, context.row, keyId].join('\0'), 'utf8');
}

function keyById(keys: ReadonlyMap<string, Buffer>, id: string): Buffer {
  const found = keys.get(id);
  if (!found) throw new Error(`key ring: no key with id ${id}`);
  return found;
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`key ring: ${name} must be an object`);
  return { ...value };
}

function keyMap(value: unknown, name: string): Map<string, Buffer> {
  const entries = Object.entries(record(value, name));
  // A slash marks the index of a department's tokens.
  for (const [id] of entries) {
    if (!/^[\w.-]{1,64}$/.test(id)) throw new Error(`key ring: ids of ${name} are 1-64 of A-Z a-z 0-9 _ . -`);
  }
  return new Map(entries.map(([id, text]) => [id, key(text, `${name}.${id}`)]));
}

function key(value: unknown, name: string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0);
  if (bytes.length !== 32) throw new Error(`key ring: ${name} must be 32 bytes in base64`);
  return bytes;
}
