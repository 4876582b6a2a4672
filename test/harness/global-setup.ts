import type { TestProject } from 'vitest/node';
import type { Credential } from '../../registry/access/credentials.js';
import { startServers, type TestServers } from './servers.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's, of the server's database `postgres`. */
    postgresUrl: string;
    temporalAddress: string;
    /** The program, for tests that start and kill servers of their own. */
    temporalBinary: string;
    /** A migrated database with reference data and credentials, to make others from. */
    templateDatabase: string;
    /** The application login's URL of the template. */
    applicationUrl: string;
    /** The sequencer login's, too. */
    sequencerUrl: string;
    credentials: Credential[];
    keyRingFile: string;
  }
}

// Several projects ask for the servers; they get the same ones, and the last to go ends them.
const key = Symbol.for('joint-enforcement-cloud.test-servers');
const shared = globalThis as typeof globalThis & { [key]?: { users: number; servers: Promise<TestServers> } };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared[key] ??= { users: 0, servers: startServers() };
  const entry = shared[key];
  entry.users += 1;
  const { provided } = await entry.servers;
  for (const [name, value] of Object.entries(provided)) project.provide(name as keyof typeof provided, value);
  return async () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    delete shared[key];
    await (await entry.servers).stop();
  };
}
