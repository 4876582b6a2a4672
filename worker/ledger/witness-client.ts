import { type Checkpoint, openCheckpoint, parseSize } from '../../ledger/checkpoint.js';
import { originHash } from '../../ledger/log-reader.js';
import { NoteError, parseSignatureLine, type VerifierKey, verifiedSignatures } from '../../ledger/note.js';
import type { Witness } from '../../ledger/policy.js';
import type { StoredCheckpoint } from '../../registry/ledger/checkpoints.js';

/** A witness that can be asked. */
export type AskedWitness = Witness & { url: string };

export const canBeAsked = (witness: Witness): witness is AskedWitness => witness.url !== undefined;

/** A witness that did not answer, or not what a witness answers. */
export class WitnessFailed extends Error {
  override readonly name = 'WitnessFailed';
}

/** It answered, and does not cosign: 422 and 403 accuse the log. */
export class WitnessRefused extends Error {
  override readonly name = 'WitnessRefused';
  constructor(readonly status: number) {
    super(`the witness answered ${status}`);
  }
}

const ANSWER_MS = 5_000;
const LARGEST_ANSWER = 100_000;

async function call(url: string, body?: string): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body === undefined ? {} : { body, headers: { 'Content-Type': 'text/plain; charset=utf-8' } }),
    });
    const text = await response.text();
    if (text.length > LARGEST_ANSWER) throw new Error('too long');
    return { status: response.status, text };
  } catch (error) {
    throw new WitnessFailed(error instanceof Error ? error.name : 'unknown', { cause: error });
  }
}

/** The checkpoint of ours that a witness holds; undefined where it has none. Throws WitnessFailed. */
export async function heldCheckpoint(
  witness: AskedWitness,
  origin: string,
  logKeys: readonly VerifierKey[],
): Promise<Checkpoint | undefined> {
  const { status, text } = await call(`${witness.url}/${originHash(origin)}/checkpoint`);
  if (status === 404) return undefined;
  if (status !== 200) throw new WitnessFailed(`it answered ${status}`);
  return believed(() => openCheckpoint(text, logKeys));
}

function believed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof NoteError) throw new WitnessFailed(error.message);
    throw error;
  }
}

/**
 * Asks for a cosignature. `{line}` is the witness's, verified; `{held}`: it holds another size than `old`. Throws WitnessFailed, and
 * WitnessRefused where it found fault.
 */
export async function askForCosignature(
  witness: AskedWitness,
  { note }: StoredCheckpoint,
  old: number,
  proof: readonly Buffer[],
): Promise<{ line: string } | { held: number }> {
  const request = `old ${old}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`;
  const { status, text } = await call(`${witness.url}/add-checkpoint`, request);
  if (status === 409) {
    const held = parseSize(text.trim());
    if (held === undefined) throw new WitnessFailed('it named no size');
    return { held };
  }
  // Only these say something of our log (tlog-witness); anything else is a witness, or what stands before it, in trouble.
  if (status === 403 || status === 422) throw new WitnessRefused(status);
  if (status !== 200) throw new WitnessFailed(`it answered ${status}`);
  const body = note.slice(0, note.lastIndexOf('\n\n') + 1);
  return believed(() => {
    const signatures = text.trimEnd().split('\n').map(parseSignatureLine);
    const [own] = verifiedSignatures({ body, signatures }, [witness.key]);
    if (!own) throw new WitnessFailed('its line is not by its key');
    return { line: `${own.line}\n` };
  });
}
