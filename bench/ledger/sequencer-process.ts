// The sequencer alone, as the worker runs it: a process of its own.
import { pino } from 'pino';
import { NO_POLICY } from '../../ledger/policy.js';
import { createPool } from '../../registry/database/pool.js';
import { readKeyRing } from '../../registry/keys/key-ring.js';
import { openLog } from '../../registry/ledger/signed-log.js';
import { startLedger } from '../../worker/ledger/ledger-loops.js';

const { SEQUENCER_DATABASE_URL = '', KEY_RING_FILE = '', LEDGER_ORIGIN = '' } = process.env;
const pool = createPool({ connectionString: SEQUENCER_DATABASE_URL, applicationName: 'sequencer', max: 6 });
const ledger = startLedger({
  pool,
  log: openLog(readKeyRing(KEY_RING_FILE), LEDGER_ORIGIN),
  policy: NO_POLICY,
  logger: pino({ level: 'warn' }),
});
const stop = async (): Promise<void> => {
  await ledger.stop();
  await pool.end();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('disconnect', () => void stop());
process.send?.('ready');
