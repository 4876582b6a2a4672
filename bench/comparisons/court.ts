import { withClient } from '../../local/servers/postgres-databases.js';
import { ensureCredentials } from '../../registry/access/credentials.js';
import type { Pool } from '../../registry/database/pool.js';
import type { BenchServers } from '../environment/servers.js';
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
  /** The api; the pool ends with the servers. */
  stop(): Promise<void>;
}

export async function openCourt(servers: BenchServers, name: string, entries: number): Promise<Court> {
  const { owner, application } = await servers.addDatabase(name);
  const began = Date.now();
  const { counters, size } = await withClient(owner, async (client) => {
    await fillList(client, servers.ring, entries, (line) => progress(`${name}: ${line} (${seconds(began)} s)`));
    const { rows } = await client.query<{ database: string; index: string }>(
      `select pg_database_size(current_database())::text as database, pg_relation_size('identifier_blind')::text as index`,
    );
    return {
      counters: await countersOf(client, await ensureCredentials(owner, [])),
      size: { database: Number(rows[0]?.database), index: Number(rows[0]?.index) },
    };
  });
  // With its log, as usual.
  const api = await servers.startApi(application, { LOG_LEVEL: 'info' });
  return {
    port: api.port,
    counters,
    pool: servers.openPool(application, 4),
    entries,
    size,
    stop: () => api.stop(),
  };
}

const seconds = (began: number): string => ((Date.now() - began) / 1_000).toFixed(0);
