import { openCheckpoint } from '../ledger/checkpoint.js';
import { commitToDocument, leafHash } from '../ledger/leaf.js';
import { decodeBase64, NoteError, type VerifierKey } from '../ledger/note.js';
import { HASH_BYTES } from '../ledger/tiles.js';
import { rootOfInclusion } from '../ledger/tree.js';

/** A certificate of a case's timeline, as `GET /v1/cases/{id}/certificate` gives it: the parts that are checked. */
export interface CaseCertificate {
  case: { id: string; caseNumber: string };
  checkpoint?: string;
  facts: {
    seq: number;
    type: string;
    leaf: string;
    index?: number;
    proof?: string[];
    detail: { [member: string]: never };
    opening?: string;
    replaced?: string;
  }[];
}

export interface CheckedCertificate {
  facts: number;
  /** Facts with a log index under the checkpoint. */
  proven: number;
  size: number;
}

/**
 * Holds each fact's leaf against the signed checkpoint, and the facts against each other: numbered without a gap, each leaf naming the one
 * before it, and details against what the leaf commits to where the certificate opens it. Throws NoteError that names the first fact that fails.
 */
export function checkCertificate(certificate: CaseCertificate, logKeys: readonly VerifierKey[]): CheckedCertificate {
  const checkpoint = certificate.checkpoint === undefined ? undefined : openCheckpoint(certificate.checkpoint, logKeys);
  let before: Buffer | undefined;
  let replaced: string | undefined;
  let proven = 0;
  for (const [nth, fact] of certificate.facts.entries()) {
    const fail = (why: string): never => {
      throw new NoteError(`fact ${fact.seq}: ${why}`);
    };
    if (fact.seq !== nth + 1) fail('the facts are not numbered without a gap');
    const bytes = decodeBase64(fact.leaf) ?? fail('its leaf is not base64');
    const leaf = readLeaf(bytes) ?? fail('its leaf cannot be read');
    if (leaf.case !== certificate.case.id || leaf.type !== fact.type) fail('its leaf is of another case or kind');
    if (leaf.prev !== before?.toString('hex') && (leaf.prev === undefined || leaf.prev !== replaced))
      fail('its leaf does not follow the one before it');
    before = leafHash(bytes);
    replaced = fact.replaced;
    if (fact.opening !== undefined) {
      const salt = Buffer.from(fact.opening, 'base64');
      if (leaf.doc?.sha256 !== commitToDocument(salt, fact.detail)) fail('its details are not those of the leaf');
    }
    if (fact.index === undefined || !fact.proof || !checkpoint) continue;
    const path = fact.proof.map((line) => decodeBase64(line));
    const isPath = path.every((hash): hash is Buffer => hash?.length === HASH_BYTES);
    if (!isPath || !rootOfInclusion(before, fact.index, checkpoint.size, path)?.equals(checkpoint.root)) {
      fail('its leaf is not at this index under the checkpoint');
    }
    proven += 1;
  }
  return { facts: certificate.facts.length, proven, size: checkpoint?.size ?? 0 };
}

interface ReadLeaf {
  case?: string;
  type?: string;
  prev?: string;
  doc?: { sha256?: string };
}

function readLeaf(bytes: Buffer): ReadLeaf | undefined {
  try {
    const content: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof content === 'object' && content !== null ? content : undefined;
  } catch {
    return undefined;
  }
}
