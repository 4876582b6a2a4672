import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Credential } from '../../registry/access/credentials.js';
import { loadReferenceData } from '../../registry/catalogue/load-reference-data.js';
import { migrate } from '../../registry/database/migrate.js';
import { tellStories } from '../city/stories/index.js';
import type { StartOptions } from '../machine/arguments.mjs';
import { freePorts } from '../machine/ports.js';
import { rotateLog } from '../machine/private-files.js';
import { say } from '../machine/say.mjs';
import type { ChildPlan, Supervisor } from '../machine/supervisor.js';
import { preparePostgres } from '../servers/postgres.js';
import { createApplicationLogin, createSequencerLogin, ensureDatabase } from '../servers/postgres-databases.js';
import { namespace, planTemporal } from '../servers/temporal.js';
import type { TemporalSource } from '../setup/temporal-binary.mjs';
import { keepCredentials } from './credentials-file.js';
import type { DataDirectory } from './data-directory.js';
import { ensureKeyRing } from './keys.js';
import { planProgram } from './programs.js';
import { type RunFile, writeRunFile } from './run-file.js';
import { type LocalRecord, prepareRecord } from './witness-set.js';

const databaseName = 'enforcement';
/** The court of the house's story: its judge sees the case the story tells of. */
const storyCourt = '黔0112';

/** The whole product on one machine: what is started after what, and what is told about it. */
export class LocalProduct {
  private readonly startedAt = Date.now();
  private readonly apiUrl: string;
  private postgresUrl = '';
  private ownPostgres = true;
  private applicationUrl = '';
  /** Where the simulated departments take their webhooks. */
  private webhookPort = 0;
  /** Where they cosign the record. */
  private witnessPort = 0;
  private sequencerUrl = '';
  private record: LocalRecord | undefined;
  private temporal = { address: '', ui: null as string | null };
  /** From the moment api and worker run; before that run.json would name what is not there. */
  private complete = false;
  private closed = false;

  constructor(
    private readonly directory: DataDirectory,
    private readonly options: StartOptions,
    private readonly supervisor: Supervisor,
  ) {
    this.apiUrl = `http://127.0.0.1:${options.port}`;
  }

  /** Resolves when everything runs and the stories are told. */
  async run(source: Promise<TemporalSource>): Promise<void> {
    const [postgresPort = 0, temporalPort = 0, uiPort = 0, webhookPort = 0, witnessPort = 0] = await freePorts(5);
    this.webhookPort = webhookPort;
    this.witnessPort = witnessPort;
    // Each as soon as what it stands on is there; the first failure is the one that is told.
    const database = this.prepareDatabase(postgresPort);
    const temporal = this.startTemporal(source, temporalPort, uiPort);
    const api = database.then(() => this.startApi());
    const worker = Promise.all([database, temporal]).then(() => this.startWorker());
    const [credentials] = await Promise.all([database, api, worker]);
    this.complete = true;
    this.note();
    await this.supervisor.start(
      this.program('departments', 'local/city/departments.js', {
        API_URL: this.apiUrl,
        CREDENTIALS_FILE: this.directory.credentials,
        WEBHOOK_PORT: String(this.webhookPort),
        WITNESS_PORT: String(this.witnessPort),
        WITNESS_FOLDER: this.directory.witnesses,
        ...this.record?.forWitnesses,
      }),
    );
    say(`就绪（${this.seconds()} 秒）`, `ready ${this.apiUrl} (${this.seconds()} s)`);
    if (!this.options.empty) await this.tellStories(credentials);
    this.printAddresses(credentials);
  }

  /** Writes run.json anew: after every start and restart. */
  note(): void {
    if (!this.complete || this.closed) return;
    const pid = (name: string): number | undefined => this.supervisor.pid(name);
    const [api, worker, departments] = [pid('api'), pid('worker'), pid('departments')];
    const temporal = this.temporal.ui === null ? null : pid('temporal');
    const postgres = this.ownPostgres ? pid('postgres') : null;
    // While one of them is being started again, the file keeps what it says.
    if (api === undefined || worker === undefined || temporal === undefined || postgres === undefined) return;
    const content: RunFile = {
      api: { pid: api, url: this.apiUrl },
      worker: { pid: worker },
      temporal: { pid: temporal, ...this.temporal },
      postgres: { pid: postgres, url: this.postgresUrl },
      ...(departments === undefined ? {} : { departments: { pid: departments } }),
      supervisor: { pid: process.pid },
    };
    writeRunFile(this.directory.path, content);
  }

  /** Nothing more is written or told. */
  close(): void {
    this.closed = true;
  }

  /** PostgreSQL, its tables and reference data, and the sign-ins. */
  private async prepareDatabase(port: number): Promise<Credential[]> {
    const { directory } = this;
    ensureKeyRing(directory.keyRing, existsSync(join(directory.postgres, 'cluster')));
    this.postgresUrl = await this.startPostgres(port);
    await migrate(this.postgresUrl);
    await loadReferenceData(this.postgresUrl);
    const credentials = await keepCredentials(this.postgresUrl, directory.credentials);
    this.applicationUrl = await createApplicationLogin(this.postgresUrl, join(directory.path, 'application.password'));
    this.sequencerUrl = await createSequencerLogin(this.postgresUrl, join(directory.path, 'sequencer.password'));
    this.record = prepareRecord({
      directory,
      port: this.options.port,
      witnessPort: this.witnessPort,
      departments: credentials.flatMap((one) => (one.role === 'department' ? [one.department] : [])),
    });
    say(`数据库已就绪（${this.seconds()} 秒）`, 'the database is ready');
    return credentials;
  }

  private async startApi(): Promise<void> {
    const environment = {
      ...this.programEnvironment(),
      PORT: String(this.options.port),
      HOST: '127.0.0.1',
    };
    await this.supervisor.start(this.program('api', 'api/main.js', environment));
    say(`API 已启动（${this.seconds()} 秒）`, 'the API runs');
  }

  private async startWorker(): Promise<void> {
    const environment = {
      ...this.programEnvironment(),
      SEQUENCER_DATABASE_URL: this.sequencerUrl,
      TEMPORAL_ADDRESS: this.temporal.address,
      TEMPORAL_NAMESPACE: process.env.TEMPORAL_NAMESPACE ?? namespace,
    };
    await this.supervisor.start(this.program('worker', 'worker/main.js', environment, 20_000));
    say(`worker 已启动（${this.seconds()} 秒）`, 'the worker runs');
  }

  /** The superuser's URL of the product's database: our own server, or the one DATABASE_URL names. */
  private async startPostgres(port: number): Promise<string> {
    if (process.env.DATABASE_URL) {
      this.ownPostgres = false;
      return process.env.DATABASE_URL;
    }
    const { postgres: folder } = this.directory;
    const { url, plan } = await preparePostgres({ directory: folder, port, logFile: this.log('postgres') });
    await this.supervisor.start(plan);
    say(`PostgreSQL 已启动（${this.seconds()} 秒）`, 'PostgreSQL runs');
    return ensureDatabase(url, databaseName);
  }

  private async startTemporal(source: Promise<TemporalSource>, port: number, uiPort: number): Promise<void> {
    const { address, path } = await source;
    if (path === undefined) {
      this.temporal = { address, ui: null };
      return;
    }
    const options = { binary: path, directory: this.directory.temporal, port, uiPort, logFile: this.log('temporal') };
    const { plan, ...where } = planTemporal(options);
    this.temporal = where;
    await this.supervisor.start(plan);
    say(`Temporal 已启动（${this.seconds()} 秒）`, 'Temporal runs');
  }

  private programEnvironment(): Record<string, string> {
    return {
      DATABASE_URL: this.applicationUrl,
      KEY_RING_FILE: this.directory.keyRing,
      ...this.record?.forPlatform,
      // The simulated departments are on loopback, where webhooks otherwise may not go.
      WEBHOOK_ALLOWED_HOSTS: [`127.0.0.1:${this.webhookPort}`, process.env.WEBHOOK_ALLOWED_HOSTS ?? ''].join(','),
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
      NODE_ENV: 'production',
    };
  }

  private program(name: string, script: string, environment: Record<string, string>, graceMs = 10_000): ChildPlan {
    const announces = name !== 'departments';
    return planProgram({ name, script, environment, logFile: this.log(name), graceMs, announces });
  }

  private log(name: string): string {
    const file = this.directory.log(name);
    rotateLog(file);
    return file;
  }

  private async tellStories(credentials: Credential[]): Promise<void> {
    try {
      await tellStories({
        apiUrl: this.apiUrl,
        credentials,
        stateFile: this.directory.stories,
        onProgress: (line) => {
          if (!this.closed) console.log(line);
        },
      });
      say(`故事已讲完（${this.seconds()} 秒）`, `the stories are told (${this.seconds()} s)`);
    } catch (error) {
      if (this.closed) return;
      const why = error instanceof Error ? error.message : String(error);
      say(
        `故事中断：${why}。产品仍在运行，下次启动将继续。`,
        'the stories were interrupted; the product runs on, and the next start goes on with them',
      );
    }
  }

  private printAddresses(credentials: Credential[]): void {
    if (this.closed) return;
    const judge = credentials.find((one) => one.role === 'judge' && one.court === storyCourt);
    const lines = [
      ['页面 · pages', `${this.apiUrl}/`],
      ['接口 · API', `${this.apiUrl}/v1  (${this.apiUrl}/openapi.json)`],
      ['存证 · record', `${this.apiUrl}/ledger/checkpoint  (npm run verify -- --log ${this.apiUrl}/ledger)`],
      ...(this.temporal.ui ? [['Temporal', this.temporal.ui]] : []),
      ['登录凭据 · sign-ins', `${this.directory.credentials}`],
      ...(judge ? [['法官登录 · a judge’s sign-in', judge.token]] : []),
      ['停止 · to stop', 'Ctrl-C'],
    ];
    for (const [what, where] of lines) console.log(`  ${what}: ${where}`);
  }

  private seconds(): string {
    return ((Date.now() - this.startedAt) / 1000).toFixed(1);
  }
}
