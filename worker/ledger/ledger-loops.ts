import type { Logger } from 'pino';
import type { Policy } from '../../ledger/policy.js';
import type { Pool } from '../../registry/database/pool.js';
import { ledgerHealth, markBehind } from '../../registry/ledger/log-status.js';
import type { Log } from '../../registry/ledger/signed-log.js';
import { Loop } from '../loop.js';
import { Sequencer } from './sequencer.js';
import { type AskedWitness, canBeAsked } from './witness-client.js';
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
