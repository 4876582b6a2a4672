// The Temporal that npm start brings along: it keeps to itself, and what it confirmed.

import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTemporal, type TemporalServer } from '../../../local/servers/temporal.js';
import { temporaryFolder } from '../../harness/servers.js';

let folder: string;
let server: TemporalServer;
const start = (): Promise<TemporalServer> =>
  startTemporal({
    binary: inject('temporalBinary'),
    directory: join(folder, 'temporal'),
    logFile: join(folder, 'temporal.log'),
  });

beforeAll(async () => {
  folder = temporaryFolder('temporal');
  server = await start();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function withTemporal<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

it('keeps its store where no other account can read it', () => {
  expect(statSync(join(folder, 'temporal')).mode & 0o077).toBe(0);
});

it('serves its own page for people', async () => {
  expect((await fetch(server.ui)).status).toBe(200);
});

it('remembers, after it was killed, what it had confirmed', async () => {
  await withTemporal((client) => client.workflow.start('nobody', { taskQueue: 'nowhere', workflowId: 'kept' }));
  const gone = new Promise((resolve) => server.process.once('exit', resolve));
  process.kill(server.pid, 'SIGKILL');
  await gone;
  server = await start();
  const found = await withTemporal((client) => client.workflow.getHandle('kept').describe());
  expect(found.status.name).toBe('RUNNING');
});
