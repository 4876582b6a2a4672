// A process that sequences in tiny rounds, says how many leaves each placed, and does nothing else: to be killed in the middle of one.

import { createPool } from '../../registry/database/pool.js';
import { readKeyRing } from '../../registry/keys/key-ring.js';
import { sequenceRound } from '../../registry/ledger/sequencer.js';
import { openLog } from '../../registry/ledger/signed-log.js';

const { SEQUENCER_DATABASE_URL = '', KEY_RING_FILE = '', LEDGER_ORIGIN = '' } = process.env;
process.on('disconnect', () => process.exit(1));
const pool = createPool({ connectionString: SEQUENCER_DATABASE_URL, applicationName: 'sequencer-process', max: 1 });
const log = openLog(readKeyRing(KEY_RING_FILE), LEDGER_ORIGIN);
await pool.query('select 1');
process.send?.(0);
for (;;) {
  const { appended } = await sequenceRound(pool, log, { leavesAtOnce: 2 });
  if (appended > 0) process.send?.(appended);
}
