import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { migrate } from '../../registry/database/migrate.js';
import { Stopped } from '../machine/stopping.mjs';
import { startPostgres } from '../servers/postgres.js';
import { ensureDatabase } from '../servers/postgres-databases.js';

/**
 * A PostgreSQL of its own for the time of `work`, with nothing in it but what the migrations make; `work` gets its owner's address. Server and
 * folder are gone afterwards, also where it fails. Where `stopping` is aborted the step under way (a second or two) ends first: throws Stopped.
 */
export async function withMigratedDatabase<T>(
  stopping: AbortSignal,
  work: (adminUrl: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'enforcement-docs-'));
  // PostgreSQL's account, where it is another, has to pass through.
  chmodSync(folder, 0o711);
  const unlessStopped = async (): Promise<void> => {
    // While initdb ran no signal could arrive: let it.
    await pause(10);
    if (stopping.aborted) throw new Stopped();
  };
  try {
    const server = await startPostgres({
      directory: join(folder, 'postgres'),
      logFile: join(folder, 'postgres.log'),
      durable: false,
    });
    try {
      await unlessStopped();
      const adminUrl = await ensureDatabase(server.url, 'enforcement');
      await migrate(adminUrl);
      await unlessStopped();
      return await work(adminUrl);
    } finally {
      await server.stop();
    }
  } catch (error) {
    // A Ctrl-C reaches initdb too, which fails in its own words.
    await unlessStopped();
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
