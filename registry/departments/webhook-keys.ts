import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

// Standard Webhooks 1.0, the asymmetric scheme `v1a`: Ed25519 over `id.timestamp.body`. Keys are 32 bytes in base64 behind a prefix that says
// which of the two they are.

const PRIVATE = 'whsk_';
const PUBLIC = 'whpk_';
/** PKCS #8 of an Ed25519 key (RFC 8410) up to its 32 bytes. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface WebhookKey {
  /** `whsk_…`: ours, never shown. */
  privateKey: string;
  /** `whpk_…`: anybody may have it, and check with it who signed. */
  publicKey: string;
}

export function newWebhookKey(): WebhookKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8.length);
  return { privateKey: PRIVATE + seed.toString('base64'), publicKey: PUBLIC + rawPublicKey(privateKey) };
}

export const isWebhookKey = (key: string): boolean => key.startsWith(PRIVATE);

/** `v1a,<base64>` for a message sent at an instant. */
export function signatureOf(privateKey: string, id: string, at: Date, body: string): string {
  const seed = Buffer.from(privateKey.slice(PRIVATE.length), 'base64');
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const signed = `${id}.${Math.floor(at.getTime() / 1_000)}.${body}`;
  return `v1a,${sign(null, Buffer.from(signed, 'utf8'), key).toString('base64')}`;
}

const rawPublicKey = (key: KeyObject): string =>
  Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
