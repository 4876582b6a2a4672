import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { namespace, startTemporal, type TemporalServer } from '../../local/servers/temporal.js';
import { ensureTemporalBinary } from '../../local/setup/temporal-binary.mjs';
import type { Pool } from '../../registry/database/pool.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { BenchServers, type Running } from '../environment/servers.js';

/** PostgreSQL, Temporal and the product's worker: what lives are driven on. */
export class LifeEnvironment {
  /** What lives are driven by. */
  readonly pool: Pool;
  /** What the departments read and acknowledge by. */
  readonly departmentsPool: Pool;
  /** The owner's, for what is measured. */
  readonly owner: Pool;
  readonly ring: KeyRing;
  readonly client: Client;

  private constructor(
    private readonly servers: BenchServers,
    private readonly temporal: RestartableTemporal,
    private readonly connection: Connection,
    database: { owner: string; application: string },
  ) {
    this.databaseUrl = database.application;
    this.pool = servers.openPool(database.application, 16, { planOnce: true });
    this.departmentsPool = servers.openPool(database.application, 8, { planOnce: true });
    this.owner = servers.openPool(database.owner, 2, { planOnce: true });
    this.ring = servers.ring;
    this.client = new Client({ connection, namespace });
  }

  private readonly databaseUrl: string;

  static async open(): Promise<LifeEnvironment> {
    // The benchmark restarts its servers: never somebody's own.
    delete process.env.TEMPORAL_ADDRESS;
    const { path } = await ensureTemporalBinary();
    if (path === undefined) throw new Error('no Temporal server program');
    const temporal = new RestartableTemporal(path);
    const servers = await BenchServers.open((opening) => temporal.start(opening));
    try {
      const database = await servers.addDatabase('enforcement');
      return new LifeEnvironment(servers, temporal, Connection.lazy({ address: temporal.address }), database);
    } catch (error) {
      await servers.close(() => temporal.stop());
      throw error;
    }
  }

  /** A file that goes with the environment. */
  file = (name: string): string => this.servers.file(name);

  /** The product's worker, as `npm run worker`. Resolves when it says that it runs. */
  startWorker(): Promise<Running> {
    return this.startProgram('worker', 'worker/main.js', { DATABASE_URL: this.databaseUrl });
  }

  startProgram(name: string, script: string, environment: Record<string, string>): Promise<Running> {
    const { address } = this.temporal;
    return this.servers.startProgram(name, script, {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      ...environment,
    });
  }

  stopTemporal = (): Promise<void> => this.temporal.stop();

  /** On its store and at its port of before. */
  startTemporal = (): Promise<void> => this.temporal.start(this.servers);

  /** Size of Temporal's store, its journal included. */
  temporalBytes(): number {
    return ['', '-wal'].reduce((sum, part) => {
      const store = join(this.servers.file('temporal'), `temporal.db${part}`);
      return sum + (statSync(store, { throwIfNoEntry: false })?.size ?? 0);
    }, 0);
  }

  async close(): Promise<void> {
    await this.servers.close(async () => {
      await this.connection.close();
      await this.temporal.stop();
    });
  }
}

class RestartableTemporal {
  private server: TemporalServer | undefined;

  constructor(private readonly binary: string) {}

  get address(): string {
    return this.server?.address ?? '';
  }

  /** On its store and at its port of before, if it ran before. */
  async start(servers: BenchServers): Promise<void> {
    const port = this.server ? { port: Number(this.address.split(':')[1]) } : {};
    this.server = await startTemporal({
      binary: this.binary,
      directory: servers.file('temporal'),
      logFile: servers.log('temporal'),
      ...port,
    });
    servers.keepServer('temporal', this.server.pid, 'SIGTERM');
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }
}
