import { assignPositions } from '../../registry/departments/positions.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { batchComparisons, WHOLE_LOOK } from '../../registry/ledger/comparison-batches.js';
import { settle } from '../../registry/process/settle.js';
import { Loop } from '../loop.js';
import { type Relay, relayOnce } from '../temporal/relay.js';

/** Clear comparisons reach the record together. */
const BATCH_EVERY_MS = 3_000;
const WHOLE_LOOK_EVERY_MS = 6 * 3_600_000;

export interface Loops {
  /** A step has written a notice: give it its position now. */
  nudge(): void;
  /** Hands no more facts to Temporal; resolves when what was under way is done. */
  stopRelays(): Promise<void>;
  stopAll(): Promise<void>;
}

/** The loops on PostgreSQL, which serve courts and departments whether Temporal is there or not. Any number of processes may run them. */
export function startLoops({ ring, ...relay }: Omit<Relay, 'times'> & { ring: KeyRing }): Loops {
  const { pool, log } = relay;
  // Several: a fact that has just come finds one that is not waiting for the slowest answer of a round.
  const relays = [1, 2, 3, 4].map(
    (number) => new Loop({ name: `relay-${number}`, log, idleMs: 100, work: () => relayOnce(relay) }),
  );
  const assigner = new Loop({
    name: 'assigner',
    log,
    idleMs: 200,
    // A busy worker writes dozens of notices a second: they get their positions together.
    gatherMs: 25,
    work: async () => (await assignPositions(pool)) > 0,
  });
  const settler = new Loop({
    name: 'settler',
    log,
    idleMs: 200,
    work: async () => {
      const settled = await settle(pool, ring);
      if (settled > 0) for (const relay of relays) relay.nudge();
      return settled > 0;
    },
  });
  // From the beginning at every start, then from what may still come; now and then from the beginning again.
  let [look, wholeAt] = [WHOLE_LOOK, Date.now()];
  const batcher = new Loop({
    name: 'sealer',
    log,
    idleMs: BATCH_EVERY_MS,
    work: async () => {
      if (Date.now() - wholeAt > WHOLE_LOOK_EVERY_MS) [look, wholeAt] = [WHOLE_LOOK, Date.now()];
      const round = await batchComparisons(pool, look);
      look = round.look;
      return round.more;
    },
  });
  const stopRelays = async (): Promise<void> => {
    await Promise.all(relays.map((relay) => relay.stop()));
  };
  return {
    nudge: () => assigner.nudge(),
    stopRelays,
    stopAll: async () => {
      await Promise.all([stopRelays(), assigner.stop(), settler.stop(), batcher.stop()]);
    },
  };
}
