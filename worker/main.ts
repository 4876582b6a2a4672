import { makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { createEnforcementActivities } from '../activities/enforcement.js';
import { parseAllowedHosts } from '../domain/endpoint.js';
import { createPool } from '../registry/database/pool.js';
import { awaitKnownKeys } from '../registry/keys/data-keys.js';
import { readKeyRing } from '../registry/keys/key-ring.js';
import { TASK_QUEUE } from '../workflows/messages.js';
import { startLedger } from './ledger/ledger-loops.js';
import { ledgerSettings } from './ledger/settings.js';
import { startLoops } from './loops/case-loops.js';
import { watchHolidays } from './loops/holidays.js';
import { startIndexes } from './loops/indexes.js';
import { mailSettings, startMail } from './loops/mail.js';
import { startRetention } from './loops/retention.js';
import { runChannels } from './temporal/channels.js';
import { TemporalConnection } from './temporal/connection.js';
import { runEnforcementWorker } from './temporal/enforcement-worker.js';
import { deployment } from './temporal/options.js';

/** The process ends by itself after this long, even if Temporal does not answer any more. */
const LONGEST_SHUTDOWN_MS = 15_000;

const log = pino({ name: 'worker', level: process.env.LOG_LEVEL ?? 'info' });
const required = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};

Runtime.install({
  // Signals are handled here: the loops drain together with the worker.
  shutdownSignals: [],
  logger: {
    log: (level, message, meta) => log.debug({ level, ...meta }, message),
    trace: (message, meta) => log.trace({ ...meta }, message),
    debug: (message, meta) => log.debug({ ...meta }, message),
    info: (message, meta) => log.info({ ...meta }, message),
    warn: (message, meta) => log.warn({ ...meta }, message),
    error: (message, meta) => log.error({ ...meta }, message),
  },
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }), forward: {} } },
});

const ring = readKeyRing(required('KEY_RING_FILE'));
const pool = createPool({
  connectionString: required('DATABASE_URL'),
  applicationName: 'worker',
  max: 16,
  planOnce: true,
});
await awaitKnownKeys(pool, ring);
const temporal = new TemporalConnection();

// Wrong settings end the process here, before anything runs.
const settings = mailSettings(process.env);
const options = deployment(process.env);
const ledgerConfig = ledgerSettings(process.env, ring);

// The loops start first: departments and courts are served by them whether Temporal is there or not.
const loops = startLoops({
  pool,
  ring,
  temporal,
  taskQueue: TASK_QUEUE,
  // A build under trial must not be given lives before it is made current.
  eagerStart: !options.workerDeploymentOptions,
  log,
});
const ledgerPool =
  ledgerConfig && createPool({ connectionString: ledgerConfig.databaseUrl, applicationName: 'sequencer', max: 6 });
const ledger = ledgerConfig && ledgerPool && startLedger({ ...ledgerConfig, pool: ledgerPool, logger: log });
if (!ledger) log.warn('SEQUENCER_DATABASE_URL is not set: this worker gives no leaf its place in the record');
watchHolidays(log);
const retention = startRetention(pool, log);
const indexes = startIndexes(pool, ring, log);
const mail = settings && startMail({ pool, log, settings });
const stopping = new AbortController();
const activities = createEnforcementActivities({ pool, ring, noticeWritten: loops.nudge });
const enforcements = runEnforcementWorker({
  temporal,
  activities,
  taskQueue: TASK_QUEUE,
  options,
  stopping: stopping.signal,
  log,
});
const channels = runChannels({
  pool,
  ring,
  temporal,
  allowed: parseAllowedHosts(process.env.WEBHOOK_ALLOWED_HOSTS),
  options,
  stopping: stopping.signal,
  log,
});
process.send?.('ready');
log.info('worker runs');

async function stop(): Promise<void> {
  if (stopping.signal.aborted) return;
  log.info('worker stops');
  stopping.abort();
  setTimeout(() => process.exit(1), LONGEST_SHUTDOWN_MS).unref();
  await Promise.all([enforcements, channels, loops.stopRelays(), mail?.stop(), retention.stop(), indexes.stop()]);
  await Promise.all([loops.stopAll(), ledger?.stop()]);
  await Promise.all([pool.end(), ledgerPool?.end(), temporal.close()]);
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
process.on('disconnect', () => void stop());
