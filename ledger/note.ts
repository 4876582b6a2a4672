import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

// Signed notes (C2SP signed-note) with Ed25519 log signatures (type 01) and cosignatures (C2SP tlog-cosignature, type 04).

/** The byte that says what a key signs and how. Others may come (06: ML-DSA-44; ff: of one's own name): they are not ours to check. */
export const LOG_KEY = 0x01;
export const WITNESS_KEY = 0x04;

/** Who may have signed a note, as `name+hash+key` says it. */
export interface VerifierKey {
  name: string;
  /** 4 bytes: what signature lines call it. */
  id: Buffer;
  type: number;
  publicKey: KeyObject;
  /** `name+hex8(id)+base64(type ‖ public key)` */
  text: string;
}

export interface SignatureLine {
  name: string;
  keyId: Buffer;
  /** Without the key id. */
  signature: Buffer;
  /** As it stands in the note, without its newline. */
  line: string;
}

export interface Note {
  /** What is signed: ends with its newline. */
  body: string;
  signatures: SignatureLine[];
}

/** A note, key or line that is not what it must be; the message says what is wrong and never repeats it. */
export class NoteError extends Error {
  override readonly name = 'NoteError';
}

const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const KEY_NAME = /^[^\s+]+$/u;
/** As other readers do: a longer note is not read. */
const LARGEST_NOTE = 1_000_000;
const SIGNATURES_AT_MOST = 100;

/** Throws NoteError where the text is no verifier key of a type that is known here. */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = '', id = '', encoded = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.+)$/u.exec(text.trim()) ?? [];
  const bytes = decodeBase64(encoded);
  if (!KEY_NAME.test(name) || !bytes) throw new NoteError('this is no verifier key (name+hash+key)');
  const type = bytes[0] ?? 0;
  if (![LOG_KEY, WITNESS_KEY].includes(type)) throw new NoteError(`keys of type ${type} are not known here`);
  if (bytes.length !== 1 + KEY_BYTES) throw new NoteError('an Ed25519 key has 32 bytes');
  const key = verifierKey(name, type, bytes.subarray(1));
  if (key.id.toString('hex') !== id)
    throw new NoteError('the hash of the verifier key is not that of its name and key');
  return key;
}

function verifierKey(name: string, type: number, raw: Buffer): VerifierKey {
  const typed = Buffer.concat([Buffer.of(type), raw]);
  const id = createHash('sha256').update(`${name}\n`, 'utf8').update(typed).digest().subarray(0, 4);
  return {
    name,
    id,
    type,
    publicKey: createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' }),
    text: `${name}+${id.toString('hex')}+${typed.toString('base64')}`,
  };
}

/** A key that signs, made of its 32-byte seed. Throws NoteError for a name that no note may carry. */
function signingKey(name: string, type: number, seed: Buffer): { verifier: VerifierKey; key: KeyObject } {
  if (!KEY_NAME.test(name)) throw new NoteError('the name of a key has no space and no plus sign, and is not empty');
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  return { verifier: verifierKey(name, type, raw), key };
}

export interface LogSigner {
  verifier: VerifierKey;
  /** The signature line of this body, with its newline. Ed25519 is deterministic: the same body, the same line. */
  sign(body: string): string;
}

export function logSigner(name: string, seed: Buffer): LogSigner {
  const { verifier, key } = signingKey(name, LOG_KEY, seed);
  return {
    verifier,
    sign: (body) => signatureLine(verifier, sign(null, Buffer.from(body, 'utf8'), key)),
  };
}

export interface Cosigner {
  verifier: VerifierKey;
  /** `time`: Unix seconds, never 0. */
  cosign(body: string, time: number): string;
}

export function cosigner(name: string, seed: Buffer): Cosigner {
  const { verifier, key } = signingKey(name, WITNESS_KEY, seed);
  return {
    verifier,
    cosign: (body, time) => {
      const stamp = Buffer.alloc(8);
      stamp.writeBigUInt64BE(BigInt(time));
      return signatureLine(verifier, Buffer.concat([stamp, sign(null, cosigned(body, BigInt(time)), key)]));
    },
  };
}

const cosigned = (body: string, time: bigint): Buffer => Buffer.from(`cosignature/v1\ntime ${time}\n${body}`, 'utf8');

function signatureLine({ name, id }: VerifierKey, signature: Buffer): string {
  return `— ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

/** Throws NoteError where the text is no signed note. */
export function parseNote(text: string): Note {
  if (text.length > LARGEST_NOTE) throw new NoteError('the note is too long');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a note may hold none but newlines.
  if (/[\u0000-\u0009\u000b-\u001f\ufffd]/u.test(text)) throw new NoteError('the note holds control characters');
  const split = text.lastIndexOf('\n\n');
  if (split < 0 || !text.endsWith('\n')) throw new NoteError('the note has no signatures');
  const lines = text.slice(split + 2, -1).split('\n');
  if (lines.length > SIGNATURES_AT_MOST) throw new NoteError('the note has too many signatures');
  return { body: text.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/** Throws NoteError. */
export function parseSignatureLine(line: string): SignatureLine {
  const [, name = '', encoded = ''] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
  const bytes = decodeBase64(encoded);
  if (!KEY_NAME.test(name) || !bytes || bytes.length < 5)
    throw new NoteError('the note has a malformed signature line');
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4), line };
}

export interface Verified extends SignatureLine {
  key: VerifierKey;
  /** Unix seconds, of a cosignature. */
  time?: number;
}

/**
 * The signatures of a note that are by these keys. Those of unknown signers are passed over; one by a known key that does not verify makes
 * the whole note bad: throws NoteError.
 */
export function verifiedSignatures({ body, signatures }: Note, keys: readonly VerifierKey[]): Verified[] {
  return signatures.flatMap((line) => {
    const key = keys.find(({ name, id }) => name === line.name && id.equals(line.keyId));
    if (!key) return [];
    return [{ ...line, key, ...verifyLine(body, line, key) }];
  });
}

function verifyLine(
  body: string,
  { signature, name }: SignatureLine,
  { type, publicKey }: VerifierKey,
): { time?: number } {
  const stamped = type === WITNESS_KEY ? 8 : 0;
  const isWhole = signature.length === stamped + SIGNATURE_BYTES;
  const time = stamped > 0 && isWhole ? signature.readBigUInt64BE(0) : 0n;
  const message = stamped > 0 ? cosigned(body, time) : Buffer.from(body, 'utf8');
  const holds =
    isWhole &&
    (stamped === 0 || (time > 0n && time <= BigInt(Number.MAX_SAFE_INTEGER))) &&
    verify(null, message, publicKey, signature.subarray(stamped));
  if (!holds) throw new NoteError(`the signature of ${name} does not verify`);
  return stamped > 0 ? { time: Number(time) } : {};
}

/** Standard base64 with its padding, written the one right way; undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined;
}
