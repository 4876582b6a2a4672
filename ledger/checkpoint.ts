import {
  decodeBase64,
  type LogSigner,
  type Note,
  NoteError,
  parseNote,
  type VerifierKey,
  verifiedSignatures,
} from './note.js';
import { HASH_BYTES } from './tiles.js';
import type { Tree } from './tree.js';

// C2SP tlog-checkpoint: what the log says of itself at a size, in three lines.

export interface Checkpoint extends Tree {
  origin: string;
  note: Note;
  /** The note verbatim. */
  text: string;
}

export const checkpointBody = (origin: string, { size, root }: Tree): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`;

/** The signed checkpoint of a tree; with several keys (while one replaces another) each signs. */
export function signCheckpoint(origin: string, tree: Tree, signers: readonly LogSigner[]): string {
  const body = checkpointBody(origin, tree);
  return `${body}\n${signers.map((signer) => signer.sign(body)).join('')}`;
}

/** Throws NoteError where the text is no checkpoint; says nothing of its signatures. */
export function parseCheckpoint(text: string): Checkpoint {
  const note = parseNote(text);
  const [origin = '', sizeText = '', rootText = ''] = note.body.split('\n');
  const size = parseSize(sizeText);
  const root = decodeBase64(rootText);
  if (origin === '' || size === undefined || root?.length !== HASH_BYTES)
    throw new NoteError('the note is no checkpoint');
  return { origin, size, root, note, text };
}

/**
 * A checkpoint of this log, signed by one of its keys. Throws NoteError where it is another's, unsigned, or badly signed by a key of ours.
 */
export function openCheckpoint(text: string, logKeys: readonly VerifierKey[]): Checkpoint {
  const checkpoint = parseCheckpoint(text);
  const ours = logKeys.filter(({ name }) => name === checkpoint.origin);
  if (ours.length === 0) throw new NoteError('the checkpoint is of another log');
  if (verifiedSignatures(checkpoint.note, ours).length === 0)
    throw new NoteError('no key of the log has signed the checkpoint');
  return checkpoint;
}

/** Decimal without leading zeros, within what a number holds exactly. */
export function parseSize(text: string): number | undefined {
  if (!/^(0|[1-9]\d*)$/.test(text)) return undefined;
  const size = Number(text);
  return Number.isSafeInteger(size) ? size : undefined;
}
