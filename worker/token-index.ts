import type { Logger } from 'pino';
import type { KeyRing } from '../registry/key-ring.js';
import type { Pool } from '../registry/pool.js';
import { keepTokenIndexes } from '../registry/token-index.js';
import { Loop } from './loop.js';

const LOOK_EVERY_MS = 5_000;

/** Makes, fills and drops the indexes of departments' tokens; nothing to do where no department has asked for a key. */
export function startTokenIndex(pool: Pool, ring: KeyRing, log: Logger): Loop {
  return new Loop({
    name: 'token-index',
    log,
    idleMs: LOOK_EVERY_MS,
    work: () => keepTokenIndexes(pool, ring, Date.now()),
  });
}
