import { type Checkpoint, openCheckpoint, parseCheckpoint, parseSize } from './checkpoint.js';
import { leafHash } from './leaf.js';
import { decodeBase64, NoteError, type VerifierKey } from './note.js';
import { HASH_BYTES } from './tiles.js';
import { rootOfInclusion } from './tree.js';

// C2SP tlog-proof: a leaf's log index and proof, in a file that stands without the operator.

const HEADER = 'c2sp.org/tlog-proof@v1';

export interface ProofFile {
  index: number;
  /** From the leaf's sibling upwards. */
  path: Buffer[];
  checkpoint: Checkpoint;
  /** Ours: the leaf itself, so that the file needs no other. Nothing is believed of it that its hash does not prove. */
  extra?: Buffer;
}

/** `checkpoint`: the signed note, verbatim. */
export function formatProof(index: number, path: readonly Buffer[], checkpoint: string, leaf: Buffer): string {
  const lines = [
    HEADER,
    `extra ${leaf.toString('base64')}`,
    `index ${index}`,
    ...path.map((h) => h.toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Throws NoteError where the text is no proof file. */
export function parseProof(text: string): ProofFile {
  const split = text.indexOf('\n\n');
  const [header, ...lines] = text.slice(0, split).split('\n');
  if (split < 0 || header !== HEADER) throw new NoteError(`the file does not begin with ${HEADER}`);
  const [extraLine] = lines[0]?.startsWith('extra ') ? lines.splice(0, 1) : [];
  const extra = extraLine === undefined ? undefined : decodeBase64(extraLine.slice('extra '.length));
  if (extraLine !== undefined && !extra) throw new NoteError('the extra line is not base64');
  const [, indexText = ''] = /^index (\d+)$/.exec(lines.shift() ?? '') ?? [];
  const index = parseSize(indexText);
  if (index === undefined) throw new NoteError('the file names no index');
  const path = lines.map((line) => decodeBase64(line));
  if (!path.every((hash): hash is Buffer => hash?.length === HASH_BYTES))
    throw new NoteError('a line of the proof is no hash');
  return { index, path, checkpoint: parseCheckpoint(text.slice(split + 2)), ...(extra ? { extra } : {}) };
}

/**
 * Whether the leaf stands at the file's index under a checkpoint that the log has signed. Without `leaf`, the file's own is taken. Throws
 * NoteError that says what does not hold.
 */
export function verifyProof(proof: ProofFile, logKeys: readonly VerifierKey[], leaf = proof.extra): Buffer {
  if (!leaf) throw new NoteError('the file carries no leaf: give it too');
  const { size, root, text } = proof.checkpoint;
  openCheckpoint(text, logKeys);
  if (!rootOfInclusion(leafHash(leaf), proof.index, size, proof.path)?.equals(root)) {
    throw new NoteError('the leaf is not at this index under this root');
  }
  return leaf;
}
