import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../machine/ports.js';
import { writePrivateFile } from '../machine/private-files.js';
import { processCommand, processIdentity } from '../machine/process-identity.mjs';
import { endProcess } from '../machine/processes.js';
import { PlainError } from '../machine/say.mjs';
import type { ChildPlan } from '../machine/supervisor.js';
import { startUnwatched, type Unwatched } from '../machine/unwatched.js';
import { type PostgresRunner, postgresRunner } from './postgres-account.js';
import { postgresBinaries } from './postgres-binaries.js';

/** How long PostgreSQL may take to serve, ms: after a crash it replays its log first. */
const readyWithin = 120_000;

export interface PostgresOptions {
  /** Holds the cluster and the passwords. */
  directory: string;
  port: number;
  logFile: string;
  /** False for tests: nothing is forced to the disk. */
  durable?: boolean;
}

export interface PostgresServer extends Unwatched {
  /** The superuser's, of the database `postgres`. */
  url: string;
  port: number;
}

/**
 * Makes the cluster if there is none and tells how its server is run: on 127.0.0.1 only, no socket file, passwords by
 * SCRAM, nothing of a statement in its log. Throws PlainError when the cluster is of another version or account.
 */
export async function preparePostgres(options: PostgresOptions): Promise<{ url: string; plan: ChildPlan }> {
  const { directory, port, logFile, durable = true } = options;
  mkdirSync(directory, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const cluster = join(directory, 'cluster');
  // An existing cluster can only be run by the account that owns it.
  const runner = postgresRunner(await postgresBinaries(), existsSync(cluster) ? cluster : directory);
  if (existsSync(cluster)) demandUsable(cluster, runner);
  else initialise(directory, cluster, runner, durable);
  const password = readFileSync(join(directory, 'superuser.password'), 'utf8').trim();
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  await endForgotten(cluster);
  const plan: ChildPlan = {
    name: 'postgres',
    logFile,
    launch: () => launch(runner, cluster, port, logFile, durable),
    ready: () => waitReady(url, readyWithin),
    stopSignal: 'SIGINT', // Fast shutdown: SIGTERM would wait for every client.
    graceMs: 30_000,
  };
  return { url, plan };
}

/** A server of its own, not watched by anyone: for tests and benchmarks. */
export async function startPostgres(
  options: Omit<PostgresOptions, 'port'> & { port?: number },
): Promise<PostgresServer> {
  const port = options.port ?? (await freePort());
  const { url, plan } = await preparePostgres({ ...options, port });
  return { url, port, ...(await startUnwatched(plan)) };
}

/** Resolves when the server answers a query; throws after `withinMs`. */
async function waitReady(url: string, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    } finally {
      await client.end().catch(() => {});
    }
    await pause(50);
  }
}

function launch(
  runner: PostgresRunner,
  cluster: string,
  port: number,
  logFile: string,
  durable: boolean,
): ChildProcess {
  removeMisleadingPidFile(cluster);
  const settings: Record<string, string | number> = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    // A statement that answers many comparisons holds an advisory lock for each.
    max_locks_per_transaction: 256,
    shared_buffers: '256MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // No statement, parameter or row of data may reach the log: it would hold persons.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_statement: 'none',
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { file, parameters: all, options } = runner.command(runner.binaries.postgres, ['-D', cluster, ...parameters]);
  // Its own file, not a pipe to us: when we are killed it must still be able to write and shut down in order.
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn(file, all, {
      ...options,
      cwd: '/',
      env: bareEnvironment(),
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

/** Made beside its place and moved there when complete: an interrupted initdb leaves no half a cluster. */
function initialise(directory: string, cluster: string, runner: PostgresRunner, durable: boolean): void {
  const unfinished = join(directory, 'initialising');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const password = randomBytes(24).toString('base64url');
  const passwordFile = join(unfinished, 'password');
  writePrivateFile(passwordFile, `${password}\n`);
  if (runner.owner) for (const path of [unfinished, passwordFile]) chownSync(path, runner.owner.uid, runner.owner.gid);
  // A bare environment would give SQL_ASCII and whatever locale the machine has: say both.
  const { file, parameters, options } = runner.command(runner.binaries.initdb, [
    ...['-D', join(unfinished, 'cluster'), '-U', 'postgres', '-E', 'UTF8', '--locale=C'],
    ...['--auth=scram-sha-256', `--pwfile=${passwordFile}`, ...(durable ? [] : ['--no-sync'])],
  ]);
  const { status, stderr, error } = spawnSync(file, parameters, {
    ...options,
    cwd: '/',
    env: bareEnvironment(),
    encoding: 'utf8',
  });
  if (status !== 0) {
    rmSync(unfinished, { recursive: true, force: true });
    const why = String(error?.message ?? stderr).trim();
    throw new PlainError(
      `PostgreSQL 初始化失败：${why}`,
      'PostgreSQL could not make its data folder; the reason is above.',
    );
  }
  writePrivateFile(join(directory, 'superuser.password'), password);
  renameSync(join(unfinished, 'cluster'), cluster);
  rmSync(unfinished, { recursive: true, force: true });
}

function demandUsable(cluster: string, runner: PostgresRunner): void {
  const owner = statSync(cluster).uid;
  const account = runner.owner?.uid ?? process.getuid?.();
  if (account !== undefined && owner !== account) {
    throw new PlainError(
      `${cluster} 属于另一账户（uid ${owner}）。请以该账户启动，或用 --data 另选目录。`,
      `${cluster} belongs to another account (uid ${owner}). Start as that account, or choose another folder with --data.`,
    );
  }
  const found = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  const { file, parameters, options } = runner.command(runner.binaries.postgres, ['--version']);
  const version = spawnSync(file, parameters, { ...options, cwd: '/', encoding: 'utf8' }).stdout;
  const ours = /\) (\d+)/.exec(version)?.[1];
  if (found !== ours) {
    throw new PlainError(
      `数据由 PostgreSQL ${found} 写成，而本产品带的是 ${ours}。请用写成它的那一版产品启动，或用 --data 另选目录。`,
      `The data was written by PostgreSQL ${found}, and this product brings ${ours}. Start the version of the product that wrote it, or choose another folder with --data.`,
    );
  }
}

/** A server on this cluster that nobody knows any more (its start was killed together with its records) is ended. */
async function endForgotten(cluster: string): Promise<void> {
  const pid = postmaster(cluster);
  if (pid === undefined || !servesCluster(pid, cluster)) return;
  const identity = processIdentity(pid);
  if (identity) await endProcess({ name: 'postgres', pid, identity, stopSignal: 'SIGINT', graceMs: 30_000 });
}

/** After a crash the pid file's number may by now be another process's, and PostgreSQL would refuse to start. */
function removeMisleadingPidFile(cluster: string): void {
  const pid = postmaster(cluster);
  if (pid !== undefined && !servesCluster(pid, cluster)) rmSync(join(cluster, 'postmaster.pid'), { force: true });
}

function postmaster(cluster: string): number | undefined {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  return Number.isInteger(pid) ? pid : undefined;
}

function servesCluster(pid: number, cluster: string): boolean {
  return processIdentity(pid) !== undefined && processCommand(pid).includes(`-D ${cluster} `);
}

function bareEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}
