import type { LogReader } from '../../ledger/log-reader.js';
import type { Pool } from '../../registry/database/pool.js';
import { servedCheckpoint } from '../../registry/ledger/checkpoints.js';
import { readEntryBundle, readTilesOf } from '../../registry/ledger/tiles.js';

/** The log as the API serves it, without HTTP in between. */
export const tableReader = (pool: Pool): LogReader => ({
  location: 'tables',
  checkpoint: async () => (await servedCheckpoint(pool))?.note ?? '',
  read: async ({ level, index, width }) =>
    level === 'entries'
      ? ((await readEntryBundle(pool, index, width)) ?? Buffer.alloc(0))
      : ((await readTilesOf(pool)([{ level, index, width }]))[0] ?? Buffer.alloc(0)),
});
