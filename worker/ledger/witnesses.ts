import type { Logger } from 'pino';
import type { Policy } from '../../ledger/policy.js';
import type { Pool } from '../../registry/database/pool.js';
import {
  cosignersOf,
  keepCosignature,
  latestCheckpoint,
  type StoredCheckpoint,
} from '../../registry/ledger/checkpoints.js';
import { logStatus } from '../../registry/ledger/log-status.js';
import { type Log, logKeys } from '../../registry/ledger/signed-log.js';
import { treeOf } from '../../registry/ledger/tiles.js';
import {
  type AskedWitness,
  askForCosignature,
  heldCheckpoint,
  WitnessFailed,
  WitnessRefused,
} from './witness-client.js';
import { isAhead } from './witness-comparison.js';

export interface WitnessesOptions {
  pool: Pool;
  log: Log;
  policy: Policy;
  asked: readonly AskedWitness[];
  logger: Logger;
  /** Somebody holds more than we do, by our own signature. */
  behind(found: { witness: string; size: number; note: string }): Promise<void>;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

interface Desk {
  /** What it is known to hold. */
  held: number;
  busy: boolean;
  failures: number;
  askAgainAt: number;
}

/** Asks witnesses for their lines, each by itself: a slow one holds up nobody, one that is away is asked ever less often. */
export class Witnesses {
  private readonly desks = new Map<string, Desk>();
  private readonly asking = new Set<Promise<void>>();

  constructor(private readonly options: WitnessesOptions) {}

  /** One look at what is to be cosigned. Waits for nobody. */
  async work(): Promise<boolean> {
    const { pool, asked } = this.options;
    const checkpoint = await latestCheckpoint(pool);
    if (!checkpoint || (await logStatus(pool)).isBehind) return false;
    const done = await cosignersOf(pool, checkpoint.size);
    for (const witness of asked) {
      const desk = this.desk(witness.name);
      if (done.has(witness.name) || desk.busy || Date.now() < desk.askAgainAt) continue;
      desk.busy = true;
      const asking = this.ask(witness, desk, checkpoint).finally(() => {
        desk.busy = false;
        this.asking.delete(asking);
      });
      this.asking.add(asking);
    }
    return false;
  }

  /** Resolves when nobody is being asked any more. */
  async idle(): Promise<void> {
    await Promise.all(this.asking);
  }

  private desk(name: string): Desk {
    const known = this.desks.get(name) ?? { held: 0, busy: false, failures: 0, askAgainAt: 0 };
    this.desks.set(name, known);
    return known;
  }

  /** Never throws. */
  private async ask(witness: AskedWitness, desk: Desk, checkpoint: StoredCheckpoint): Promise<void> {
    const { logger } = this.options;
    try {
      await this.cosign(witness, desk, checkpoint);
      if (desk.failures > 0) logger.info({ witness: witness.name }, 'the witness cosigns again');
      desk.failures = 0;
    } catch (error) {
      desk.failures += 1;
      desk.askAgainAt = Date.now() + Math.min(FIRST_PAUSE_MS * 2 ** (desk.failures - 1), LONGEST_PAUSE_MS);
      const about = { witness: witness.name, size: checkpoint.size, failures: desk.failures };
      if (error instanceof WitnessRefused) {
        logger.error({ alarm: 'witness-refused', ...about, status: error.status }, 'a witness refuses the record');
      } else if (error instanceof WitnessFailed) {
        if (desk.failures === 1)
          logger.warn({ ...about, why: error.message }, 'a witness was not reached, will ask again');
      } else logger.warn({ ...about, err: error }, 'a witness was not asked, will ask again');
    }
  }

  private async cosign(witness: AskedWitness, desk: Desk, checkpoint: StoredCheckpoint): Promise<void> {
    const { pool, policy } = this.options;
    // Twice: what it holds may have changed, or was never known here.
    for (let attempt = 1; attempt <= 3; attempt++) {
      const proof = await treeOf(pool).consistency(desk.held, checkpoint.size);
      const answer = await askForCosignature(witness, checkpoint, desk.held, proof);
      if ('line' in answer) {
        desk.held = checkpoint.size;
        await keepCosignature(pool, checkpoint, { witness: witness.name, line: answer.line }, policy);
        return;
      }
      if (answer.held > checkpoint.size) {
        await this.lookAhead(witness);
        return;
      }
      desk.held = answer.held;
    }
    throw new WitnessFailed('it changes its size with every answer');
  }

  /** It says that it holds more than we asked it about: another process of ours was faster, or this database was restored. */
  private async lookAhead(witness: AskedWitness): Promise<void> {
    const { pool, log, behind, logger } = this.options;
    const held = await heldCheckpoint(witness, log.origin, logKeys(log));
    const { tree } = await logStatus(pool);
    if (!held || !(await isAhead(held, tree, (size) => treeOf(pool).root(size)))) return;
    await behind({ witness: witness.name, size: held.size, note: held.text });
    logger.error(
      { alarm: 'ledger-behind', witness: witness.name, held: held.size, own: tree.size },
      'a witness holds more of the record than this database: nothing is signed until it is recovered (npm run ledger:recover)',
    );
  }
}
