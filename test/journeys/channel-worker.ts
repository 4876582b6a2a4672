// A process that runs channels and nothing else, to be killed in the middle of a delivery.
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { parseAllowedHosts } from '../../domain/endpoint.js';
import { createPool } from '../../registry/database/pool.js';
import { readKeyRing } from '../../registry/keys/key-ring.js';
import { runChannels } from '../../worker/temporal/channels.js';
import { TemporalConnection } from '../../worker/temporal/connection.js';

/** What it is told: by its environment. */
export interface ChannelWorkerEnvironment {
  DATABASE_URL: string;
  KEY_RING_FILE: string;
  TEMPORAL_ADDRESS: string;
  TASK_QUEUE: string;
  WEBHOOK_ALLOWED_HOSTS: string;
}

const environment = (name: keyof ChannelWorkerEnvironment): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};

Runtime.install({
  shutdownSignals: [],
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }), forward: {} } },
});
process.on('disconnect', () => process.exit(1));

await runChannels({
  pool: createPool({ connectionString: environment('DATABASE_URL'), applicationName: 'channel-worker', max: 4 }),
  ring: readKeyRing(environment('KEY_RING_FILE')),
  temporal: new TemporalConnection(),
  allowed: parseAllowedHosts(environment('WEBHOOK_ALLOWED_HOSTS')),
  stopping: new AbortController().signal,
  log: pino({ level: 'silent' }),
  taskQueue: environment('TASK_QUEUE'),
  // A dead worker is noticed after this long; in production twenty seconds.
  times: { heartbeatMs: 2_000 },
});
