import { type Checkpoint, openCheckpoint, parseCheckpoint, parseSize } from '../ledger/checkpoint.js';
import { type Cosigner, decodeBase64, NoteError, type VerifierKey } from '../ledger/note.js';
import { HASH_BYTES } from '../ledger/tiles.js';
import { EMPTY_ROOT, isConsistent } from '../ledger/tree.js';
import type { WitnessStore } from './witness-store.js';

/** What a call is answered with: C2SP tlog-witness. */
export interface WitnessAnswer {
  status: 200 | 400 | 403 | 404 | 409 | 422;
  body: string;
  contentType?: string;
}

/** The logs a witness knows, by origin, with their keys. */
export type KnownLogs = ReadonlyMap<string, readonly VerifierKey[]>;

const PROOF_LINES_AT_MOST = 63;

/**
 * A witness (C2SP tlog-witness): holds one checkpoint per log, and cosigns another only where the log proves that it begins with all of the
 * one held. Checking and keeping are one step: otherwise two requests could roll it back.
 */
export class Witness {
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly logs: KnownLogs,
    private readonly cosigner: Cosigner,
    private readonly store: WitnessStore,
    /** Hears of what was cosigned: a mirror fetches it. */
    private readonly cosigned: (checkpoint: Checkpoint) => void = () => undefined,
    private readonly now: () => number = Date.now,
  ) {}

  /** POST add-checkpoint. */
  async addCheckpoint(body: string): Promise<WitnessAnswer> {
    const request = parseRequest(body);
    if (!request) return { status: 400, body: 'malformed request\n' };
    const keys = this.logs.get(request.checkpoint.origin);
    if (!keys) return { status: 404, body: 'unknown log\n' };
    try {
      openCheckpoint(request.checkpoint.text, keys);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      return { status: 403, body: 'no valid signature by a known key of this log\n' };
    }
    if (request.old > request.checkpoint.size) return { status: 400, body: 'the old size is above the new one\n' };
    return this.inTurn(request.checkpoint.origin, () => this.judge(request));
  }

  /** GET <hex sha256(origin)>/checkpoint: what was cosigned last, with the log's line and ours. */
  checkpoint(hash: string): Promise<string | undefined> {
    return this.store.readByHash(hash);
  }

  private async judge({ old, proof, checkpoint }: Request): Promise<WitnessAnswer> {
    const { origin, size, root, note } = checkpoint;
    const heldText = await this.store.read(origin);
    const held = heldText === undefined ? { size: 0, root: EMPTY_ROOT } : parseCheckpoint(heldText);
    if (old !== held.size) return { status: 409, body: `${held.size}\n`, contentType: 'text/x.tlog.size' };
    const refused = async (why: string): Promise<WitnessAnswer> => {
      // Two notes that the log has signed and that cannot both be true are the evidence.
      await this.store.keepEvidence(origin, why, [heldText ?? '', checkpoint.text]);
      return { status: 422, body: `${why}\n` };
    };
    if (size === 0 && !root.equals(EMPTY_ROOT)) return refused('this is not the root of no leaves');
    if (old === 0 && proof.length > 0) return { status: 422, body: 'from size 0 there is nothing to prove\n' };
    if (old === size && old > 0 && !root.equals(held.root)) return refused('another root for the same size');
    if (old > 0 && !isConsistent(held, checkpoint, proof))
      return refused('the new tree is not shown to begin with the old one');
    const line = this.cosigner.cosign(note.body, Math.floor(this.now() / 1_000));
    const logLines = note.signatures
      .filter(({ name }) => name === origin)
      .map((signature) => `${signature.line}\n`)
      .join('');
    const cosigned = `${note.body}\n${logLines}${line}`;
    await this.store.replace(origin, cosigned);
    this.cosigned(parseCheckpoint(cosigned));
    return { status: 200, body: line };
  }

  private inTurn<T>(origin: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.turns.get(origin) ?? Promise.resolve()).then(work);
    this.turns.set(
      origin,
      mine.catch(() => undefined),
    );
    return mine;
  }
}

interface Request {
  old: number;
  proof: Buffer[];
  checkpoint: Checkpoint;
}

function parseRequest(body: string): Request | undefined {
  const split = body.indexOf('\n\n');
  const [first = '', ...lines] = body.slice(0, Math.max(split, 0)).split('\n');
  const old = first.startsWith('old ') ? parseSize(first.slice('old '.length)) : undefined;
  const proof = lines.map((line) => decodeBase64(line));
  const isProof = (hashes: (Buffer | undefined)[]): hashes is Buffer[] =>
    hashes.length <= PROOF_LINES_AT_MOST && hashes.every((hash) => hash?.length === HASH_BYTES);
  if (split < 0 || old === undefined || !isProof(proof)) return undefined;
  try {
    return { old, proof, checkpoint: parseCheckpoint(body.slice(split + 2)) };
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}
