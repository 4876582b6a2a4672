import type { Checkpoint } from '../../ledger/checkpoint.js';
import type { Policy } from '../../ledger/policy.js';
import type { Tree } from '../../ledger/tree.js';
import { type Log, logKeys } from '../../registry/ledger/signed-log.js';
import { type AskedWitness, heldCheckpoint, WitnessFailed } from './witness-client.js';

export type Comparison =
  /** Nobody who could be heard holds more, or something else; and those who could not be heard are too few to have witnessed more. */
  | { kind: 'level' }
  | { kind: 'behind'; witness: string; size: number; note: string }
  | { kind: 'unknown'; missing: string[] };

/**
 * Before anything is signed: what every witness holds, against our own tree. A restored back-up or an asynchronous standby knows fewer leaves
 * than were signed; going on would sign a second history. `own` is read when they have answered: meanwhile another process of ours may have signed.
 */
export async function compareWithWitnesses(
  log: Log,
  own: () => Promise<Tree>,
  rootAt: (size: number) => Promise<Buffer>,
  witnesses: readonly AskedWitness[],
  policy: Policy,
): Promise<Comparison> {
  const missing: string[] = [];
  const held = await Promise.all(
    witnesses.map(async (witness) => {
      try {
        return { witness, checkpoint: await heldCheckpoint(witness, log.origin, logKeys(log)) };
      } catch (error) {
        if (!(error instanceof WitnessFailed)) throw error;
        missing.push(witness.name);
        return undefined;
      }
    }),
  );
  const tree = await own();
  for (const { witness, checkpoint } of held.flatMap((one) => one ?? [])) {
    if (checkpoint && (await isAhead(checkpoint, tree, rootAt))) {
      return { kind: 'behind', witness: witness.name, size: checkpoint.size, note: checkpoint.text };
    }
  }
  const couldHaveWitnessed = policy.isQuorum(new Set(missing)) && !policy.isQuorum(new Set());
  return couldHaveWitnessed ? { kind: 'unknown', missing } : { kind: 'level' };
}

/** Whether a checkpoint that we have signed is beyond our tree, or of another one. */
export async function isAhead(
  { size, root }: Checkpoint,
  own: Tree,
  rootAt: (size: number) => Promise<Buffer>,
): Promise<boolean> {
  return size > own.size || !root.equals(await rootAt(size));
}
