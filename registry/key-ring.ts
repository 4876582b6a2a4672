import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * The keys that protect people at rest. Every sealed value names its key, so keys can change while old values stay readable.
 * AES-256-GCM with `table, column, row id, key id` as additional data: a value moved to another row does not open.
 */
export interface KeyRing {
  /** Key id with which new values are sealed. */
  active: string;
  /** AES-256 keys by id, 32 bytes. */
  keys: ReadonlyMap<string, Buffer>;
  /** Key id with which identifiers are indexed. */
  activeIndex: string;
  indexKeys: ReadonlyMap<string, Buffer>;
  /** Keys the fingerprints of requests and the cursors of lists. */
  fingerprintKey: Buffer;
  cursorKey: Buffer;
  /** Ed25519 seeds by id: each signs the log's checkpoints. Empty where this process signs nothing and names no log. */
  ledgerKeys: ReadonlyMap<string, Buffer>;
}

/** Where a sealed value stands: part of what it is bound to. */
export interface Place {
  table: string;
  column: string;
  row: string;
}

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

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
  };
}

/** version ‖ key id length ‖ key id ‖ IV ‖ ciphertext ‖ tag */
export function seal(ring: KeyRing, place: Place, text: string): Buffer {
  const id = Buffer.from(ring.active, 'utf8');
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyById(ring.keys, ring.active), iv);
  cipher.setAAD(boundTo(place, ring.active));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.from([VERSION, id.length]), id, iv, sealed, cipher.getAuthTag()]);
}

/** Opens what `seal` made for the same place. Throws when the value was altered, moved, or its key is not on the ring. */
export function unseal(ring: KeyRing, place: Place, value: Buffer): string {
  if (value[0] !== VERSION) throw new Error('sealed value: unknown version');
  const ivAt = 2 + (value[1] ?? 0);
  const id = value.subarray(2, ivAt).toString('utf8');
  const decipher = createDecipheriv('aes-256-gcm', keyById(ring.keys, id), value.subarray(ivAt, ivAt + IV_BYTES));
  decipher.setAAD(boundTo(place, id));
  decipher.setAuthTag(value.subarray(value.length - TAG_BYTES));
  const text = value.subarray(ivAt + IV_BYTES, value.length - TAG_BYTES);
  return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
}

/**
 * The keyed hash under which an identifier or an asset is found: HMAC-SHA-256 over `"jec1" 00 type 00 country 00 number`,
 * first 16 bytes. The number is normalised before.
 */
export function blindIndex(indexKey: Buffer, type: string, country: string, number: string): Buffer {
  return createHmac('sha256', indexKey).update(`jec1\0${type}\0${country}\0${number}`, 'utf8').digest().subarray(0, 16);
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

function boundTo(place: Place, keyId: string): Buffer {
  return Buffer.from([place.table, place.column, place.row, keyId].join('\0'), 'utf8');
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
  return new Map(Object.entries(record(value, name)).map(([id, text]) => [id, key(text, `${name}.${id}`)]));
}

function key(value: unknown, name: string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0);
  if (bytes.length !== 32) throw new Error(`key ring: ${name} must be 32 bytes in base64`);
  return bytes;
}
