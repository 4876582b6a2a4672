import { createDecipheriv, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';
import type { WrappedKey } from '../../registry/parties/department-tokens.js';

// What a department does with the keys it is given, written as it would be there: from the published construction alone.

// RFC 8410: what stands before the 32 raw bytes of an X25519 key.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const TAG_BYTES = 16;

/** Throws when it was wrapped for another key, department or epoch. `privateKey`: raw, 32 bytes. */
export function unwrapWith(privateKey: Buffer, wrapped: WrappedKey, department: string): Buffer {
  const own = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, privateKey]), format: 'der', type: 'pkcs8' });
  const recipient = createPublicKey(own).export({ format: 'der', type: 'spki' }).subarray(-32);
  const ephemeral = Buffer.from(wrapped.ephemeralKey, 'base64');
  const secret = diffieHellman({
    privateKey: own,
    publicKey: createPublicKey({ key: Buffer.concat([SPKI_PREFIX, ephemeral]), format: 'der', type: 'spki' }),
  });
  const info = Buffer.concat([Buffer.from('jec-wrap/1\0'), ephemeral, recipient]);
  const key = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, 32));
  const encrypted = Buffer.from(wrapped.sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, encrypted.subarray(0, 12));
  decipher.setAAD(Buffer.from(`jec-token/1\0${department}\0${wrapped.epoch}`));
  decipher.setAuthTag(encrypted.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(encrypted.subarray(12, -TAG_BYTES)), decipher.final()]);
}
