import type { Logger } from 'pino';
import type { Policy } from '../../ledger/policy.js';
import type { Pool } from '../../registry/database/pool.js';
import { latestCheckpoint } from '../../registry/ledger/checkpoints.js';
import { type LogStatus, logStatus, markBehind } from '../../registry/ledger/log-status.js';
import { LEAVES_AT_ONCE, sequenceRound } from '../../registry/ledger/sequencer.js';
import type { Log } from '../../registry/ledger/signed-log.js';
import { treeOf } from '../../registry/ledger/tiles.js';
import type { AskedWitness } from './witness-client.js';
import { compareWithWitnesses } from './witness-comparison.js';

export interface SequencerOptions {
  /** As the sequencer's role. */
  pool: Pool;
  log: Log;
  policy: Policy;
  /** Who is asked what they hold before the first signature. */
  asked: readonly AskedWitness[];
  logger: Logger;
  /** After so long without enough witnesses somebody is called, ms. */
  alarmMs: number;
}

/** Witnesses that were away are asked again this often, before the first signature. */
const ASK_AGAIN_MS = 1_000;

/** Rounds of the sequencer, and what must be known before the first of them. */
export class Sequencer {
  /** The epoch for which the witnesses have been asked. */
  private levelFor = '';
  private askAgainAt = 0;
  private missingSince: number | undefined;
  private saidAt = Number.NEGATIVE_INFINITY;
  /** The largest tree that this process has seen: one that shrinks was restored. */
  private highest = 0;

  constructor(private readonly options: SequencerOptions) {}

  async work(): Promise<boolean> {
    const { pool, log } = this.options;
    const now = await logStatus(pool);
    if (now.isBehind) return this.sayBehind(now);
    if (now.tree.size < this.highest) {
      await markBehind(pool, { witness: 'sequencer', size: this.highest });
      return true;
    }
    if (now.epoch !== this.levelFor && !(await this.askWitnesses(now))) return false;
    if (!now.waiting) return false;
    const { appended, size } = await sequenceRound(pool, log);
    this.highest = Math.max(this.highest, size);
    return appended >= LEAVES_AT_ONCE;
  }

  /** Whether what the witnesses hold allows to sign. */
  private async askWitnesses(now: LogStatus): Promise<boolean> {
    const { pool, log, asked, policy, logger, alarmMs } = this.options;
    if (Date.now() < this.askAgainAt) return false;
    const last = await latestCheckpoint(pool);
    if (last && !last.note.startsWith(`${log.origin}\n`))
      throw new Error('LEDGER_ORIGIN is not the name under which this record was begun');
    const own = async () => (await logStatus(pool)).tree;
    const answer = await compareWithWitnesses(log, own, (size) => treeOf(pool).root(size), asked, policy);
    if (answer.kind === 'behind') {
      await markBehind(pool, answer);
      logger.error(
        { alarm: 'ledger-behind', witness: answer.witness, held: answer.size, own: now.tree.size },
        'a witness holds more of the record than this database: nothing is signed until it is recovered (npm run ledger:recover)',
      );
      return false;
    }
    if (answer.kind === 'level') {
      this.levelFor = now.epoch;
      this.missingSince = undefined;
      return true;
    }
    this.askAgainAt = Date.now() + ASK_AGAIN_MS;
    this.missingSince ??= Date.now();
    if (Date.now() - this.missingSince > alarmMs && Date.now() - this.saidAt > alarmMs) {
      this.saidAt = Date.now();
      logger.error(
        { alarm: 'witnesses', missing: answer.missing },
        'too many witnesses are away to know that nothing newer was signed: facts are taken, and wait for their places',
      );
    }
    return false;
  }

  private sayBehind({ tree }: LogStatus): false {
    const { logger, alarmMs } = this.options;
    if (Date.now() - this.saidAt > alarmMs) {
      this.saidAt = Date.now();
      logger.error(
        { alarm: 'ledger-behind', own: tree.size },
        'the record is behind its witnesses: nothing is signed (npm run ledger:recover)',
      );
    }
    return false;
  }
}
