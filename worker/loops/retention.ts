import type { Logger } from 'pino';
import type { Pool } from '../../registry/database/pool.js';
import { retainOnce } from '../../registry/maintenance/retention.js';
import { Loop } from '../loop.js';

const LOOK_EVERY_MS = 3_600_000;

/** Deletes by itself what is kept no longer, hour by hour; any number of processes may run it. */
export function startRetention(pool: Pool, log: Logger): Loop {
  return new Loop({ name: 'retention', log, idleMs: LOOK_EVERY_MS, work: () => retainOnce(pool) });
}
