import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvidedContext } from 'vitest';
import { rootFolder } from '../../local/machine/paths.mjs';
import { writePrivateJson } from '../../local/machine/private-files.js';
import { processIdentity } from '../../local/machine/process-identity.mjs';
import { newKeyRing } from '../../local/product/keys.js';
import { removeRunFiles, writeProcessesFile } from '../../local/product/run-file.js';
import { dismissWarden, launchWarden } from '../../local/product/warden.js';
import { type PostgresServer, startPostgres } from '../../local/servers/postgres.js';
import {
  createApplicationLogin,
  createSequencerLogin,
  ensureDatabase,
} from '../../local/servers/postgres-databases.js';
import { startTemporal, type TemporalServer } from '../../local/servers/temporal.js';
import { ensureTemporalBinary } from '../../local/setup/temporal-binary.mjs';
import { ensureCredentials } from '../../registry/access/credentials.js';
import { loadReferenceData } from '../../registry/catalogue/load-reference-data.js';
import { migrate } from '../../registry/database/migrate.js';

export interface TestServers {
  provided: ProvidedContext;
  stop(): Promise<void>;
}

const templateDatabase = 'enforcement_template';

/** A folder for one run of the tests; also PostgreSQL's account can pass through it. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `enforcement-${name}-`));
  chmodSync(folder, 0o711);
  return folder;
}

/** One PostgreSQL and one Temporal for the whole run. They are ended even when the run is killed. */
export async function startServers(): Promise<TestServers> {
  const folder = temporaryFolder('servers');
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const warden = guard(folder, logs);
  const [postgres, { temporal, binary }] = await Promise.all([
    startPostgres({ directory: join(folder, 'postgres'), logFile: join(logs, 'postgres.log'), durable: false }),
    startTestTemporal(folder, logs),
  ]);
  note(folder, warden, [postgres, temporal]);
  const keyRingFile = join(folder, 'key-ring.json');
  writePrivateJson(keyRingFile, newKeyRing());
  const template = await makeTemplate(postgres.url, folder);
  return {
    provided: {
      postgresUrl: postgres.url,
      temporalAddress: temporal.address,
      temporalBinary: binary,
      templateDatabase,
      keyRingFile,
      ...template,
    },
    stop: async () => {
      await Promise.all([temporal.stop(), postgres.stop()]);
      if (warden) await dismissWarden(warden);
      removeRunFiles(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startTestTemporal(folder: string, logs: string): Promise<{ temporal: TemporalServer; binary: string }> {
  delete process.env.TEMPORAL_ADDRESS; // Tests kill servers: never somebody's own.
  const { path } = await ensureTemporalBinary();
  if (path === undefined) throw new Error('no Temporal server program');
  const directory = join(folder, 'temporal');
  return {
    temporal: await startTemporal({ binary: path, directory, logFile: join(logs, 'temporal.log') }),
    binary: path,
  };
}

async function makeTemplate(
  serverUrl: string,
  folder: string,
): Promise<Pick<ProvidedContext, 'applicationUrl' | 'sequencerUrl' | 'credentials'>> {
  const adminUrl = await ensureDatabase(serverUrl, templateDatabase);
  await migrate(adminUrl);
  await loadReferenceData(adminUrl);
  const credentials = await ensureCredentials(adminUrl, []);
  return {
    credentials,
    applicationUrl: await createApplicationLogin(adminUrl, join(folder, 'application.password')),
    sequencerUrl: await createSequencerLogin(adminUrl, join(folder, 'sequencer.password')),
  };
}

/** Its program is compiled; `npx vitest` on a tree that was never built goes without. */
function guard(folder: string, logs: string): ChildProcess | undefined {
  if (!existsSync(join(rootFolder, 'dist', 'local', 'product', 'warden-process.js'))) return undefined;
  const warden = launchWarden(folder, join(logs, 'warden.log'));
  warden.unref();
  return warden;
}

function note(folder: string, warden: ChildProcess | undefined, servers: [PostgresServer, TemporalServer]): void {
  const identify = (pid: number): { pid: number; identity: string } => ({ pid, identity: processIdentity(pid) ?? '' });
  const [postgres, temporal] = servers;
  writeProcessesFile(folder, {
    supervisor: identify(process.pid),
    ...(warden?.pid === undefined ? {} : { warden: identify(warden.pid) }),
    children: [
      { name: 'temporal', ...identify(temporal.pid), stopSignal: 'SIGTERM', graceMs: 10_000 },
      { name: 'postgres', ...identify(postgres.pid), stopSignal: 'SIGINT', graceMs: 10_000 },
    ],
  });
}
