import { createHash, randomBytes } from 'node:crypto';
import { canonicalJson, type Json } from './canonical-json.js';

/** What a leaf says of a fact: ids, type, time, who by role; people and documents only as salted commitments. */
export interface LeafContent {
  /** Entry id: the fact's. */
  id: string;
  /** Business key: the same fact told twice is one leaf. */
  key: string;
  type: string;
  /** RFC 3339, UTC, milliseconds. */
  at: string;
  case?: string;
  dept?: string;
  /** `role:opaque id` */
  actor: string;
  /** Commitment of `commitToSubject`. */
  subject?: string;
  doc?: { sha256: string };
  /** Of `link.made`: what it ties. `a` and `b` are commitments with salts of their own, so that opening one does not open the other. */
  link?: { a: string; b?: string; relation: string; evidence: string; from?: string; to?: string };
  /** Of a counter-fact: the entry it undoes. */
  undoes?: string;
  /** Leaf hash (hex) of the leaf before it in the same case, of the same subject's links, or of the same department's acknowledgements. */
  prev?: string;
  /** 32 hex digits of the W3C trace id. */
  trace?: string;
  /** Of a comparison batch: how many commitments there are under which root (hex, RFC 6962), and the catalogue they were judged by. */
  count?: number;
  root?: string;
  catalogueEdition?: string;
  /** The submitter's Ed25519 (base64) over `SIGNED_PREFIX` + the leaf without this member. */
  sig?: { kid: string; value: string };
}

export interface Leaf {
  bytes: Buffer;
  hash: Buffer;
}

/** What a submitter's signature is over, before the leaf: it signs nothing else with that key. */
export const SIGNED_PREFIX = 'jec-leaf/1\n';

const LARGEST_LEAF = 8192;

/** The leaf's bytes (canonical JSON, RFC 8785) and their RFC 6962 leaf hash, SHA-256(00 ‖ bytes). Throws RangeError above 8 KiB. */
export function makeLeaf(content: LeafContent): Leaf {
  const members: Record<string, Json> = { v: 1 };
  for (const [name, value] of Object.entries(content)) if (value !== undefined) members[name] = value;
  const bytes = Buffer.from(canonicalJson(members), 'utf8');
  if (bytes.length > LARGEST_LEAF) throw new RangeError(`leaf of ${bytes.length} bytes is larger than ${LARGEST_LEAF}`);
  return { bytes, hash: leafHash(bytes) };
}

/** RFC 6962 §2.1: the hash of a leaf, over the bytes as stored, never over a re-serialised copy. */
export function leafHash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(bytes).digest();
}

/** 16 fresh bytes; they stay beside the business row, so erasing them erases the person from the record. */
export const freshSalt = (): Buffer => randomBytes(16);

/** base64url(SHA-256("jec-subject/1\0" ‖ salt ‖ canonical subject)) */
export function commitToSubject(salt: Buffer, canonicalSubject: string): string {
  return createHash('sha256')
    .update('jec-subject/1\0')
    .update(salt)
    .update(canonicalSubject, 'utf8')
    .digest('base64url');
}

/** hex(SHA-256("jec-doc/1\0" ‖ salt ‖ canonical JSON)): binds the fact's details without showing them. */
export function commitToDocument(salt: Buffer, document: Json): string {
  return createHash('sha256').update('jec-doc/1\0').update(salt).update(canonicalJson(document), 'utf8').digest('hex');
}
