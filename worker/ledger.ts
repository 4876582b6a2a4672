import type { Logger } from 'pino';
import type { Policy } from '../ledger/policy.js';
import type { Pool } from '../registry/database/pool.js';
import { latestCheckpoint } from '../registry/ledger/checkpoints.js';
import { type LogStatus, ledgerHealth, logStatus, markBehind } from '../registry/ledger/log-status.js';
import { LEAVES_AT_ONCE, sequenceRound } from '../registry/ledger/sequencer.js';
import type { Log } from '../registry/ledger/signed-log.js';
import { treeOf } from '../registry/ledger/tiles.js';
import { Loop } from './loop.js';
import { type AskedWitness, canBeAsked } from './witness-client.js';
import { compareWithWitnesses } from './witness-comparison.js';
import { Witnesses } from './witnesses.js';

export interface LedgerOptions {
  /** As the sequencer's role. */
  pool: Pool;
  log: Log;
  policy: Policy;
  /** Asked too, though they do not count. */
  further?: readonly AskedWitness[];
  logger: Logger;
  /** From one round to the next, ms; a full round is followed at once. */
  roundMs?: number;
  /** How often witnesses are asked at the most, ms. */
  askMs?: number;
  /** After so long without enough witnesses somebody is called, ms. */
  alarmMs?: number;
}

const ROUND_MS = 200;
const ASK_MS = 1_000;
export const ALARM_MS = 600_000;
/** Witnesses that were away are heard again this often, before the first signature. */
const HEAR_AGAIN_MS = 1_000;
const LOOK_MS = 5_000;

export interface Ledger {
  /** Resolves when a round of the sequencer that began after this call is over, whether it signed or not. */
  round(): Promise<void>;
  stop(): Promise<void>;
}

/** The sequencer and the collecting of cosignatures: loops on PostgreSQL that know nothing of Temporal. Any number of processes may run them. */
export function startLedger(options: LedgerOptions): Ledger {
  const { pool, policy, logger, further = [], roundMs = ROUND_MS, askMs = ASK_MS, alarmMs = ALARM_MS } = options;
  const asked = [...policy.witnesses.filter(canBeAsked), ...further];
  const sequencer = new Sequencer({ ...options, asked, alarmMs });
  const witnesses = new Witnesses({ ...options, asked, log: options.log, behind: (found) => markBehind(pool, found) });
  const rounds = new Loop({ name: 'sequencer', log: logger, idleMs: roundMs, work: () => sequencer.work() });
  const loops = [
    rounds,
    ...(asked.length > 0
      ? [
          new Loop({ name: 'witnesses', log: logger, idleMs: askMs, work: () => witnesses.work() }),
          new Loop({
            name: 'witness-alarm',
            log: logger,
            idleMs: Math.min(LOOK_MS, alarmMs),
            work: alarmOf(options, alarmMs),
          }),
        ]
      : []),
  ];
  return {
    round: () => rounds.round(),
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      await witnesses.idle();
    },
  };
}

/** Says, once per period, that what was published has been waiting too long for its witnesses. Nothing else waits for them. */
function alarmOf({ pool, logger }: LedgerOptions, alarmMs: number): () => Promise<boolean> {
  let saidAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const { unwitnessedSeconds, size, witnessed } = await ledgerHealth(pool);
    const isLate = unwitnessedSeconds * 1_000 > alarmMs;
    if (isLate && Date.now() - saidAt >= alarmMs) {
      saidAt = Date.now();
      logger.error(
        { alarm: 'witnesses', size, witnessed, seconds: Math.round(unwitnessedSeconds) },
        'too few witnesses have cosigned the record for too long: see which are away',
      );
    }
    return false;
  };
}

/** Rounds of the sequencer, and what must be known before the first of them. */
class Sequencer {
  /** The standing for which the witnesses were heard. */
  private heardFor = '';
  private hearAgainAt = 0;
  private unheardSince: number | undefined;
  private saidAt = Number.NEGATIVE_INFINITY;
  /** The largest tree that this process has seen: one that shrinks was restored. */
  private highest = 0;

  constructor(private readonly options: LedgerOptions & { asked: readonly AskedWitness[]; alarmMs: number }) {}

  async work(): Promise<boolean> {
    const { pool, log } = this.options;
    const now = await logStatus(pool);
    if (now.isBehind) return this.sayBehind(now);
    if (now.tree.size < this.highest) {
      await markBehind(pool, { witness: 'sequencer', size: this.highest });
      return true;
    }
    if (now.epoch !== this.heardFor && !(await this.askWitnesses(now))) return false;
    if (!now.waiting) return false;
    const { placed, size } = await sequenceRound(pool, log);
    this.highest = Math.max(this.highest, size);
    return placed >= LEAVES_AT_ONCE;
  }

  /** Whether what the witnesses hold allows to sign. */
  private async askWitnesses(now: LogStatus): Promise<boolean> {
    const { pool, log, asked, policy, logger, alarmMs } = this.options;
    if (Date.now() < this.hearAgainAt) return false;
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
      this.heardFor = now.epoch;
      this.unheardSince = undefined;
      return true;
    }
    this.hearAgainAt = Date.now() + HEAR_AGAIN_MS;
    this.unheardSince ??= Date.now();
    if (Date.now() - this.unheardSince > alarmMs && Date.now() - this.saidAt > alarmMs) {
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
