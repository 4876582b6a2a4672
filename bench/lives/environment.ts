import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { writePrivateJson } from '../../local/machine/private-files.js';
import { processIdentity } from '../../local/machine/process-identity.mjs';
import { endProcess, type ProcessRecord } from '../../local/machine/processes.js';
import { newKeyRing } from '../../local/product/keys.js';
import { planProgram } from '../../local/product/programs.js';
import { removeRunFiles, writeProcessesFile } from '../../local/product/run-file.js';
import { dismissWarden, launchWarden } from '../../local/product/warden.js';
import { type PostgresServer, startPostgres } from '../../local/servers/postgres.js';
import { createApplicationLogin, ensureDatabase } from '../../local/servers/postgres-databases.js';
import { namespace, startTemporal, type TemporalServer } from '../../local/servers/temporal.js';
import { ensureTemporalBinary } from '../../local/setup/temporal-binary.mjs';
import { loadReferenceData } from '../../registry/catalogue/load-reference-data.js';
import { migrate } from '../../registry/database/migrate.js';
import { createPool, type Pool } from '../../registry/database/pool.js';
import { type KeyRing, readKeyRing } from '../../registry/keys/key-ring.js';

/** A program of ours that runs: the product's worker, or the floor's. */
export interface Running {
  process: ChildProcess;
  stop(): Promise<void>;
}

/** Servers of the benchmark's own in a folder of their own, set as `npm start` sets them; everything ends with `close`, or with this process. */
export class BenchEnvironment {
  private readonly programs = new Map<string, ProcessRecord>();
  private readonly warden: ChildProcess;
  private applicationUrl = '';
  private postgres: PostgresServer | undefined;
  private temporal: TemporalServer | undefined;
  private connection: Connection | undefined;
  private pools: Pool[] = [];

  private constructor(
    private readonly folder: string,
    private readonly temporalBinary: string | undefined,
  ) {
    mkdirSync(join(folder, 'logs'));
    this.warden = launchWarden(folder, this.log('warden'));
    this.warden.unref();
  }

  /** Temporal: whether what is measured needs it. */
  static async open({ temporal = true } = {}): Promise<BenchEnvironment> {
    // The benchmark restarts its servers: never somebody's own.
    delete process.env.TEMPORAL_ADDRESS;
    const { path } = temporal ? await ensureTemporalBinary() : { path: undefined };
    if (temporal && path === undefined) throw new Error('no Temporal server program');
    const folder = mkdtempSync(join(tmpdir(), 'enforcement-bench-'));
    chmodSync(folder, 0o711);
    const environment = new BenchEnvironment(folder, path);
    try {
      await environment.start();
      return environment;
    } catch (error) {
      await environment.close();
      throw error;
    }
  }

  private async start(): Promise<void> {
    const [postgres] = await Promise.all([
      startPostgres({ directory: join(this.folder, 'postgres'), logFile: this.log('postgres') }),
      this.temporalBinary === undefined ? undefined : this.startTemporal(),
    ]);
    this.postgres = postgres;
    this.keepRecord('postgres', postgres.pid, 'SIGINT', 10_000);
    writePrivateJson(this.keyRingFile, newKeyRing());
    const { adminUrl, applicationUrl } = await this.addDatabase('enforcement');
    this.applicationUrl = applicationUrl;
    // Patient: who drives the load waits for a connection rather than fail.
    const pool = (connectionString: string, max: number): Pool =>
      createPool({ connectionString, applicationName: 'bench', max, connectionTimeoutMs: 60_000, planOnce: true });
    this.pools = [pool(this.applicationUrl, 16), pool(this.applicationUrl, 8), pool(adminUrl, 2)];
    if (this.temporal) this.connection = Connection.lazy({ address: this.address });
  }

  /** A database on the same server, as the product's is set up. Addresses: the owner's, and the application login's. */
  async addDatabase(name: string): Promise<{ adminUrl: string; applicationUrl: string }> {
    if (!this.postgres) throw new Error('the place is not open');
    const adminUrl = await ensureDatabase(this.postgres.url, name);
    await migrate(adminUrl);
    await loadReferenceData(adminUrl);
    return {
      adminUrl,
      applicationUrl: await createApplicationLogin(adminUrl, join(this.folder, 'application.password')),
    };
  }

  /** What lives are driven by. */
  get pool(): Pool {
    return this.poolAt(0);
  }
  /** What the departments read and acknowledge by. */
  get departmentsPool(): Pool {
    return this.poolAt(1);
  }
  /** The owner's, for what is measured. */
  get owner(): Pool {
    return this.poolAt(2);
  }
  get ring(): KeyRing {
    return readKeyRing(this.keyRingFile);
  }
  get address(): string {
    return this.temporal?.address ?? '';
  }
  get client(): Client {
    if (!this.connection) throw new Error('the place is not open');
    return new Client({ connection: this.connection, namespace });
  }

  private poolAt(index: number): Pool {
    const pool = this.pools[index];
    if (!pool) throw new Error('the place is not open');
    return pool;
  }

  /** A file that goes with the place. */
  readonly file = (name: string): string => join(this.folder, name);

  private get keyRingFile(): string {
    return this.file('key-ring.json');
  }
  private readonly log = (name: string): string => join(this.folder, 'logs', `${name}.log`);

  /** The product's worker, as `npm run worker`. Resolves when it says that it runs. */
  startWorker(): Promise<Running> {
    return this.startProgram('worker', 'worker/main.js', {
      DATABASE_URL: this.applicationUrl,
      KEY_RING_FILE: this.keyRingFile,
      NODE_ENV: 'production',
    });
  }

  /** The product's api, as `npm run api`, with its log as usual. */
  startApi(databaseUrl: string, port: number): Promise<Running> {
    return this.startProgram(`api-${port}`, 'api/main.js', {
      DATABASE_URL: databaseUrl,
      KEY_RING_FILE: this.keyRingFile,
      PORT: String(port),
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
    });
  }

  async startProgram(name: string, script: string, environment: Record<string, string>): Promise<Running> {
    const plan = planProgram({
      name,
      script,
      environment: { TEMPORAL_ADDRESS: this.address, TEMPORAL_NAMESPACE: namespace, LOG_LEVEL: 'warn', ...environment },
      logFile: this.log(name),
      graceMs: 20_000,
      announces: true,
    });
    const child = plan.launch();
    const record = this.keepRecord(name, child.pid, plan.stopSignal, plan.graceMs);
    const died = new Promise<never>((_, reject) => {
      child.once('exit', (code) => reject(new Error(`${name} ended (${code}); see ${this.log(name)}`)));
    });
    died.catch(() => undefined);
    await Promise.race([plan.ready(child), died]);
    return {
      process: child,
      stop: async () => {
        await endProcess(record);
        this.forget(name);
      },
    };
  }

  async stopTemporal(): Promise<void> {
    await this.temporal?.stop();
  }

  /** On its store and at its port of before, if it ran before. */
  async startTemporal(): Promise<void> {
    const port = this.address === '' ? {} : { port: Number(this.address.split(':')[1]) };
    if (this.temporalBinary === undefined) throw new Error('this place has no Temporal');
    this.temporal = await startTemporal({
      binary: this.temporalBinary,
      directory: this.temporalFolder,
      logFile: this.log('temporal'),
      ...port,
    });
    this.keepRecord('temporal', this.temporal.pid, 'SIGTERM', 10_000);
  }

  private get temporalFolder(): string {
    return join(this.folder, 'temporal');
  }

  /** Size of Temporal's store, its journal included. */
  temporalBytes(): number {
    return ['', '-wal'].reduce((sum, part) => {
      const stat = statSync(join(this.temporalFolder, `temporal.db${part}`), { throwIfNoEntry: false });
      return sum + (stat?.size ?? 0);
    }, 0);
  }

  private keepRecord(
    name: string,
    pid: number | undefined,
    stopSignal: NodeJS.Signals,
    graceMs: number,
  ): ProcessRecord {
    if (pid === undefined) throw new Error(`${name} did not start`);
    const record = { name, pid, identity: processIdentity(pid) ?? '', stopSignal, graceMs };
    this.programs.set(name, record);
    this.note();
    return record;
  }

  private forget(name: string): void {
    this.programs.delete(name);
    this.note();
  }

  /** For the warden, which ends everything when this process is killed. Servers come last: programs drain into them. */
  private note(): void {
    const order = (name: string): number => ['temporal', 'postgres'].indexOf(name);
    const identify = (pid: number) => ({ pid, identity: processIdentity(pid) ?? '' });
    writeProcessesFile(this.folder, {
      supervisor: identify(process.pid),
      ...(this.warden.pid === undefined ? {} : { warden: identify(this.warden.pid) }),
      children: [...this.programs.values()].sort((a, b) => order(a.name) - order(b.name)),
    });
  }

  async close(): Promise<void> {
    for (const [name, record] of this.programs) {
      if (name !== 'temporal' && name !== 'postgres') await endProcess(record);
    }
    await this.connection?.close();
    await Promise.all(this.pools.map((pool) => pool.end()));
    await Promise.all([this.temporal?.stop(), this.postgres?.stop()]);
    await dismissWarden(this.warden);
    removeRunFiles(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
