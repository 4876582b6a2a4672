import { freePort } from '../../local/machine/ports.js';
import { withClient } from '../../local/servers/postgres-databases.js';
import { ensureCredentials } from '../../registry/access/credentials.js';
import { createPool, type Pool } from '../../registry/database/pool.js';
import type { BenchEnvironment, Running } from '../lives/environment.js';
import { type Counter, countersOf } from '../measure/counters.js';
import { progress } from '../measure/figures.js';
import { fillList } from './list.js';

/** A database with a list, and the api over it. */
export interface Court {
  port: number;
  counters: Counter[];
  /** The application's. */
  pool: Pool;
  /** How long the list is, and what it weighs: bytes of all that is on disk, and of the index comparisons are found by. */
  entries: number;
  size: { database: number; index: number };
  close(): Promise<void>;
}

export async function openCourt(environment: BenchEnvironment, name: string, entries: number): Promise<Court> {
  const { adminUrl, applicationUrl } = await environment.addDatabase(name);
  const began = Date.now();
  const { counters, size } = await withClient(adminUrl, async (client) => {
    await fillList(client, environment.ring, entries, (line) => progress(`${name}: ${line} (${seconds(began)} s)`));
    const { rows } = await client.query<{ database: string; index: string }>(
      `select pg_database_size(current_database())::text as database, pg_relation_size('identifier_blind')::text as index`,
    );
    return {
      counters: await countersOf(client, await ensureCredentials(adminUrl, [])),
      size: { database: Number(rows[0]?.database), index: Number(rows[0]?.index) },
    };
  });
  const port = await freePort();
  const api: Running = await environment.startApi(applicationUrl, port);
  const pool = createPool({ connectionString: applicationUrl, applicationName: 'bench', max: 4 });
  return {
    port,
    counters,
    pool,
    entries,
    size,
    close: async () => {
      await pool.end();
      await api.stop();
    },
  };
}

const seconds = (began: number): string => ((Date.now() - began) / 1_000).toFixed(0);
