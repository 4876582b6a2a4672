/**
 * The process that serves HTTP. Environment: DATABASE_URL (the application's role), KEY_RING_FILE, PORT (8080), HOST (127.0.0.1),
 * LOG_LEVEL (info), DATABASE_CONNECTIONS (16), WEBHOOK_ALLOWED_HOSTS (host:port,… that webhooks may reach in a private network), LEDGER_ORIGIN
 * (whose key is shown), LEDGER_POLICY_FILE and LEDGER_ALARM_SECONDS (600: when too few witnesses are told by /readyz). Sends `ready` over IPC; SIGTERM or SIGINT drains and ends it.
 */
import { createServer, type Server } from 'node:http';
import { createConsole } from '../console/index.js';
import { parseAllowedHosts } from '../domain/endpoint.js';
import { forgetOldAnswers } from '../registry/database/idempotency.js';
import { createPool, type Pool } from '../registry/database/pool.js';
import { awaitKnownKeys } from '../registry/keys/data-keys.js';
import { readKeyRing } from '../registry/keys/key-ring.js';
import { openLog } from '../registry/ledger/signed-log.js';
import { createApplication } from './application.js';
import { createLogger } from './http/logging.js';
import { described } from './http/problem.js';

function setting(name: string, usual?: string): string {
  const value = process.env[name] ?? usual;
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}

function wholeNumber(name: string, usual: string): number {
  const value = Number(setting(name, usual));
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} must be a whole number`);
  return value;
}

/** Longer than a proxy keeps a connection: otherwise it sends into one that we are closing. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 15_000;
/** Nothing was sent or received on a connection that is in use. */
const SILENT_MS = 120_000;
const DRAIN_MS = 10_000;
const FORGET_EVERY_MS = 3_600_000;

const logger = createLogger(setting('LOG_LEVEL', 'info'));
const pool = createPool({
  connectionString: setting('DATABASE_URL'),
  applicationName: 'api',
  max: wholeNumber('DATABASE_CONNECTIONS', '16'),
});
const ring = readKeyRing(setting('KEY_RING_FILE'));
const origin = process.env.LEDGER_ORIGIN;
const log = origin ? openLog(ring, origin) : undefined;
await awaitKnownKeys(pool, ring);
const pages = createConsole({
  pool,
  ring,
  report: (error, res) => logger.error({ traceId: res.locals.traceId, ...described(error) }, 'a page failed'),
});
const server = createServer(
  {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    // Bodies have a limit of their own (http/body-timeout.ts): a stream takes as long as it takes.
    requestTimeout: 0,
    connectionsCheckingInterval: 5_000,
  },
  createApplication({
    pool,
    ring,
    logger,
    console: pages,
    log,
    unwitnessedAlarmMs: process.env.LEDGER_POLICY_FILE ? wholeNumber('LEDGER_ALARM_SECONDS', '600') * 1_000 : undefined,
    allowedHosts: parseAllowedHosts(process.env.WEBHOOK_ALLOWED_HOSTS),
  }),
);

server.setTimeout(SILENT_MS);

const forgetting = setInterval(() => {
  forgetOldAnswers(pool).catch((error: unknown) => logger.warn(described(error), 'old answers were not deleted'));
}, FORGET_EVERY_MS);
forgetting.unref();

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  clearInterval(forgetting);
  drain(server, pool).catch((error: unknown) => {
    logger.error(described(error), 'the end was not clean');
    process.exitCode = 1;
  });
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
// Started by a parent that is gone: nobody would ever stop us.
process.on('disconnect', stop);

server.on('error', (error) => {
  logger.fatal(described(error), 'cannot listen: is the port taken?');
  process.exit(1);
});
server.listen(wholeNumber('PORT', '8080'), setting('HOST', '127.0.0.1'), () => {
  logger.info('listening');
  process.send?.('ready');
});

/** Takes no more connections, lets running requests end within 10 s, then lets go of PostgreSQL. */
async function drain(listening: Server, connections: Pool): Promise<void> {
  const idle = setInterval(() => listening.closeIdleConnections(), 100);
  const late = setTimeout(() => listening.closeAllConnections(), DRAIN_MS);
  await new Promise<void>((resolve) => listening.close(() => resolve()));
  clearInterval(idle);
  clearTimeout(late);
  await connections.end();
  if (process.connected) process.disconnect();
}
