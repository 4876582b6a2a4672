import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
/** A UTF-16 unit is three bytes of UTF-8 at the most. */
const BYTES_A_UNIT = 3;

/** The key xored with the two constants of RFC 2104: the block before the text, and the one before the hash of both. */
interface Pads {
  inner: Buffer;
  outer: Buffer;
}

const padsOfKeys = new WeakMap<Buffer, Pads>();
/** What is hashed stands here while it is. */
let hashed = Buffer.alloc(1_024);
const hashedAgain = Buffer.alloc(BLOCK_BYTES + HASH_BYTES);

/**
 * HMAC-SHA-256 (RFC 2104) of a text, in hex. `createHmac` makes an object of the garbage collector's for each, which costs three times what the hash
 * does, and a comparison needs two: this is the same from two plain hashes. `key`: 64 bytes at the most; its bytes must not change.
 */
export function hmacSha256(key: Buffer, text: string): string {
  const { inner, outer } = padsOf(key);
  const atMost = BLOCK_BYTES + text.length * BYTES_A_UNIT;
  if (hashed.length < atMost) hashed = Buffer.alloc(atMost);
  inner.copy(hashed);
  const end = BLOCK_BYTES + hashed.write(text, BLOCK_BYTES, 'utf8');
  outer.copy(hashedAgain);
  hashedAgain.write(hash('sha256', hashed.subarray(0, end), 'hex'), BLOCK_BYTES, 'hex');
  return hash('sha256', hashedAgain, 'hex');
}

function padsOf(key: Buffer): Pads {
  const known = padsOfKeys.get(key);
  if (known) return known;
  if (key.length > BLOCK_BYTES) throw new Error('an HMAC key is 64 bytes at the most');
  const pad = (constant: number): Buffer =>
    Buffer.from(Uint8Array.from({ length: BLOCK_BYTES }, (_, at) => (key[at] ?? 0) ^ constant));
  const made = { inner: pad(0x36), outer: pad(0x5c) };
  padsOfKeys.set(key, made);
  return made;
}
