import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/machine/ports.js';
import { writePrivateJson } from '../../local/machine/private-files.js';
import { processIdentity } from '../../local/machine/process-identity.mjs';
import { endProcess, type ProcessRecord } from '../../local/machine/processes.js';
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
import { type Log, openLog } from '../../registry/ledger/signed-log.js';

const ORIGIN = 'bench.localhost/ledger';

/** One database of the benchmark, as the product has it. */
export interface BenchDatabase {
  application: Pool;
  sequencer: Pool;
  owner: Pool;
  sequencerUrl: string;
  applicationUrl: string;
}

/** A PostgreSQL of the benchmark's own, set as `npm start` sets it, and programs of the product beside it; everything ends with `close`. */
export class RecordEnvironment {
  private readonly records = new Map<string, ProcessRecord>();
  private readonly pools: Pool[] = [];
  private readonly warden;

  private constructor(
    private readonly folder: string,
    private readonly postgres: PostgresServer,
  ) {
    this.warden = launchWarden(folder, this.log('warden'));
    this.warden.unref();
    this.keep('postgres', postgres.pid, 'SIGINT');
    writePrivateJson(this.keyRingFile, newKeyRing());
  }

  static async open(): Promise<RecordEnvironment> {
    const folder = mkdtempSync(join(tmpdir(), 'enforcement-bench-'));
    chmodSync(folder, 0o711);
    mkdirSync(join(folder, 'logs'));
    const postgres = await startPostgres({
      directory: join(folder, 'postgres'),
      logFile: join(folder, 'logs', 'postgres.log'),
    });
    return new RecordEnvironment(folder, postgres);
  }

  get ring(): KeyRing {
    return readKeyRing(this.keyRingFile);
  }
  get ledger(): Log {
    return openLog(this.ring, ORIGIN);
  }

  async database(name: string): Promise<BenchDatabase> {
    const adminUrl = await ensureDatabase(this.postgres.url, name);
    await migrate(adminUrl);
    await loadReferenceData(adminUrl);
    const applicationUrl = await createApplicationLogin(adminUrl, join(this.folder, 'application.password'));
    const sequencerUrl = await createSequencerLogin(adminUrl, join(this.folder, 'sequencer.password'));
    const open = (connectionString: string, max: number): Pool => {
      const pool = createPool({ connectionString, applicationName: 'bench', max, connectionTimeoutMs: 60_000 });
      this.pools.push(pool);
      return pool;
    };
    return {
      application: open(applicationUrl, 24),
      sequencer: open(sequencerUrl, 2),
      owner: open(adminUrl, 2),
      sequencerUrl,
      applicationUrl,
    };
  }

  /** The product's own sequencer, in a process of its own as the worker is. */
  startSequencer({ sequencerUrl }: BenchDatabase): Promise<void> {
    return this.start('sequencer', 'bench/ledger/sequencer-process.js', {
      SEQUENCER_DATABASE_URL: sequencerUrl,
      LEDGER_ORIGIN: ORIGIN,
    });
  }

  /** The product's API; its address. */
  async startApi({ applicationUrl }: BenchDatabase): Promise<string> {
    const port = await freePort();
    await this.start('api', 'api/main.js', {
      DATABASE_URL: applicationUrl,
      LEDGER_ORIGIN: ORIGIN,
      PORT: String(port),
      HOST: '127.0.0.1',
      LOG_LEVEL: 'warn',
    });
    return `http://127.0.0.1:${port}`;
  }

  async stop(name: string): Promise<void> {
    const record = this.records.get(name);
    if (record) await endProcess(record);
    this.records.delete(name);
  }

  async close(): Promise<void> {
    for (const name of [...this.records.keys()]) if (name !== 'postgres') await this.stop(name);
    await Promise.all(this.pools.map((pool) => pool.end()));
    await this.postgres.stop();
    await dismissWarden(this.warden);
    removeRunFiles(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async start(name: string, script: string, environment: Record<string, string>): Promise<void> {
    const plan = planProgram({
      name,
      script,
      environment: { KEY_RING_FILE: this.keyRingFile, NODE_ENV: 'production', ...environment },
      logFile: this.log(name),
      graceMs: 10_000,
      announces: true,
    });
    const child = plan.launch();
    this.keep(name, child.pid, plan.stopSignal);
    await plan.ready(child);
  }

  private readonly log = (name: string): string => join(this.folder, 'logs', `${name}.log`);
  private get keyRingFile(): string {
    return join(this.folder, 'key-ring.json');
  }

  /** For the warden, which ends everything when this process is killed. */
  private keep(name: string, pid: number | undefined, stopSignal: NodeJS.Signals): void {
    if (pid === undefined) throw new Error(`${name} did not start`);
    const identify = (of: number) => ({ pid: of, identity: processIdentity(of) ?? '' });
    this.records.set(name, { name, ...identify(pid), stopSignal, graceMs: 10_000 });
    writeProcessesFile(this.folder, {
      supervisor: identify(process.pid),
      ...(this.warden.pid === undefined ? {} : { warden: identify(this.warden.pid) }),
      children: [...this.records.values()].reverse(),
    });
  }
}
