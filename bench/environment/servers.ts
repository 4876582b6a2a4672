import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/machine/ports.js';
import { writePrivateJson } from '../../local/machine/private-files.js';
import { processIdentity } from '../../local/machine/process-identity.mjs';
import { endProcess, type ProcessRecord } from '../../local/machine/processes.js';
import { startUnwatched } from '../../local/machine/unwatched.js';
import { newKeyRing } from '../../local/product/keys.js';
import { planProgram } from '../../local/product/programs.js';
import { removeRunFiles, writeProcessesFile } from '../../local/product/run-file.js';
import { dismissWarden, launchWarden } from '../../local/product/warden.js';
import { type PostgresServer, startPostgres } from '../../local/servers/postgres.js';
import {
  createApplicationLogin,
  createSequencerLogin,
  ensureDatabase,
} from '../../local/servers/postgres-databases.js';
import { loadReferenceData } from '../../registry/catalogue/load-reference-data.js';
import { migrate } from '../../registry/database/migrate.js';
import { createPool, type Pool } from '../../registry/database/pool.js';
import { type KeyRing, readKeyRing } from '../../registry/keys/key-ring.js';

/** A program of ours that runs: the product's worker, or a floor's. */
export interface Running {
  process: ChildProcess;
  stop(): Promise<void>;
}

/** A database as the product has it: its addresses for the owner, and for the logins of api, worker and sequencer. */
export interface DatabaseUrls {
  owner: string;
  application: string;
  sequencer: string;
}

/** A worker whose Temporal is gone ends by force after so long. */
const PROGRAM_GRACE_MS = 20_000;
const SERVER_GRACE_MS = 10_000;

/** A PostgreSQL and programs of the benchmark's own in a folder of their own, set as `npm start` sets them; all end with `close`, or with this process. */
export class BenchServers {
  private readonly folder = mkdtempSync(join(tmpdir(), 'enforcement-bench-'));
  private readonly programs = new Map<string, ProcessRecord>();
  private readonly servers = new Map<string, ProcessRecord>();
  private readonly warden: ChildProcess;
  private readonly pools: Pool[] = [];
  private postgres: PostgresServer | undefined;

  private constructor() {
    // PostgreSQL's account must get through it.
    chmodSync(this.folder, 0o711);
    mkdirSync(this.file('logs'));
    writePrivateJson(this.keyRingFile, newKeyRing());
    this.warden = launchWarden(this.folder, this.log('warden'));
    this.warden.unref();
  }

  /** `beside`: what is started at the same time. */
  static async open(
    beside: (servers: BenchServers) => Promise<unknown> = async () => undefined,
  ): Promise<BenchServers> {
    const servers = new BenchServers();
    try {
      await Promise.all([servers.startPostgres(), beside(servers)]);
      return servers;
    } catch (error) {
      await servers.close();
      throw error;
    }
  }

  private async startPostgres(): Promise<void> {
    this.postgres = await startPostgres({ directory: this.file('postgres'), logFile: this.log('postgres') });
    this.keepServer('postgres', this.postgres.pid, 'SIGINT');
  }

  get ring(): KeyRing {
    return readKeyRing(this.keyRingFile);
  }

  /** A file that goes with the folder. */
  readonly file = (name: string): string => join(this.folder, name);
  readonly log = (name: string): string => join(this.folder, 'logs', `${name}.log`);

  private get keyRingFile(): string {
    return this.file('key-ring.json');
  }

  async addDatabase(name: string): Promise<DatabaseUrls> {
    if (!this.postgres) throw new Error('PostgreSQL does not run');
    const owner = await ensureDatabase(this.postgres.url, name);
    await migrate(owner);
    await loadReferenceData(owner);
    return {
      owner,
      application: await createApplicationLogin(owner, this.file('application.password')),
      sequencer: await createSequencerLogin(owner, this.file('sequencer.password')),
    };
  }

  /** Ends with `close`. Patient: who drives the load waits for a connection rather than fail. */
  openPool(connectionString: string, max: number, { planOnce = false } = {}): Pool {
    const pool = createPool({
      connectionString,
      applicationName: 'bench',
      max,
      connectionTimeoutMs: 60_000,
      ...(planOnce ? { planOnce } : {}),
    });
    this.pools.push(pool);
    return pool;
  }

  /** The product's api, as `npm run api`. */
  async startApi(databaseUrl: string, environment: Record<string, string> = {}): Promise<Running & { port: number }> {
    const port = await freePort();
    const address = { DATABASE_URL: databaseUrl, PORT: String(port), HOST: '127.0.0.1' };
    const running = await this.startProgram(`api-${port}`, 'api/main.js', { ...address, ...environment });
    return { ...running, port };
  }

  /** A compiled program below dist. Resolves when it says that it runs. */
  async startProgram(name: string, script: string, environment: Record<string, string>): Promise<Running> {
    const plan = planProgram({
      name,
      script,
      environment: { KEY_RING_FILE: this.keyRingFile, NODE_ENV: 'production', LOG_LEVEL: 'warn', ...environment },
      logFile: this.log(name),
      graceMs: PROGRAM_GRACE_MS,
      announces: true,
    });
    const running = await startUnwatched(plan, (record) => this.keep(this.programs, record));
    return {
      process: running.process,
      stop: async () => {
        await running.stop();
        this.programs.delete(name);
        this.note();
      },
    };
  }

  /** A server that the caller stops by itself: the warden ends it after the programs, which drain into it. */
  keepServer(name: string, pid: number, stopSignal: NodeJS.Signals): void {
    this.keep(this.servers, { name, ...identify(pid), stopSignal, graceMs: SERVER_GRACE_MS });
  }

  private keep(records: Map<string, ProcessRecord>, record: ProcessRecord): void {
    records.set(record.name, record);
    this.note();
  }

  /** For the warden, which ends everything when this process is killed. */
  private note(): void {
    writeProcessesFile(this.folder, {
      supervisor: identify(process.pid),
      ...(this.warden.pid === undefined ? {} : { warden: identify(this.warden.pid) }),
      children: [...this.programs.values(), ...this.servers.values()],
    });
  }

  /** Ends the programs, and then, while PostgreSQL is stopped, what else is to end (`beside`). */
  async close(beside: () => Promise<unknown> = async () => undefined): Promise<void> {
    for (const record of this.programs.values()) await endProcess(record);
    await Promise.all(this.pools.map((pool) => pool.end()));
    await Promise.all([this.postgres?.stop(), beside()]);
    await dismissWarden(this.warden);
    removeRunFiles(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const identify = (pid: number): { pid: number; identity: string } => ({ pid, identity: processIdentity(pid) ?? '' });
