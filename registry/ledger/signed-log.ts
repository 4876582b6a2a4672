import { type LogSigner, logSigner, type VerifierKey } from '../../ledger/note.js';
import type { KeyRing } from '../keys/key-ring.js';

/** The log as it calls and signs itself. */
export interface Log {
  /** Its address without scheme and trailing slash, fixed for its life. */
  origin: string;
  /** More than one while a key replaces another: each signs. */
  signers: readonly LogSigner[];
}

/** The log of this origin, signed with every ledger key of the ring. Throws an Error where the ring has none, or the name can be no origin. */
export function openLog(ring: KeyRing, origin: string): Log {
  if (ring.ledgerKeys.size === 0) throw new Error('key ring: "ledgerKeys" is missing: the log cannot be signed');
  return { origin, signers: [...ring.ledgerKeys.values()].map((seed) => logSigner(origin, seed)) };
}

export const logKeys = ({ signers }: Log): VerifierKey[] => signers.map(({ verifier }) => verifier);
