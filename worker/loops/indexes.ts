import type { Logger } from 'pino';
import type { Pool } from '../../registry/database/pool.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { indexNewNames } from '../../registry/parties/name-index.js';
import { keepTokenIndexes } from '../../registry/parties/token-index.js';
import { Loop } from '../loop.js';

const LOOK_EVERY_MS = 5_000;

/**
 * Makes, fills and drops the indexes of departments' tokens, and indexes the names that are not yet found by court staff: of records older than that
 * search, and of those a link gave a number.
 */
export function startIndexes(pool: Pool, ring: KeyRing, log: Logger): Loop {
  return new Loop({
    name: 'indexes',
    log,
    idleMs: LOOK_EVERY_MS,
    work: async () => {
      const names = await indexNewNames(pool, ring, (subject, err) =>
        log.error({ alarm: 'names', subject, err }, 'a record cannot be read: it is not found by name'),
      );
      return (await keepTokenIndexes(pool, ring, Date.now())) || names;
    },
  });
}
