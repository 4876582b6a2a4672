import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { freePorts } from '../machine/ports.js';
import type { ChildPlan } from '../machine/supervisor.js';
import { startUnwatched, type Unwatched } from '../machine/unwatched.js';

const host = '127.0.0.1';
export const namespace = 'default';
const readyWithin = 60_000;

export interface TemporalOptions {
  /** The `temporal` program. */
  binary: string;
  /** Holds the server's store. */
  directory: string;
  port: number;
  uiPort: number;
  logFile: string;
}

export interface TemporalServer extends Unwatched {
  address: string;
  ui: string;
}

/** How the embedded server is run: its store in one SQLite file, on 127.0.0.1 only. */
export function planTemporal(options: TemporalOptions): { address: string; ui: string; plan: ChildPlan } {
  const { binary, directory, port, uiPort, logFile } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const address = `${host}:${port}`;
  const parameters = [
    ...['server', 'start-dev', '--ip', host, '--port', String(port), '--ui-port', String(uiPort)],
    ...['--namespace', namespace, '--log-level', 'error'],
    ...['--db-filename', join(directory, 'temporal.db')],
    // Two to three times the throughput of the default rollback journal, and equally durable.
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=2'],
  ];
  const plan: ChildPlan = {
    name: 'temporal',
    logFile,
    launch: () => launch(binary, parameters, directory, logFile),
    ready: () => waitReady(address, readyWithin),
    stopSignal: 'SIGTERM',
    graceMs: 15_000,
  };
  return { address, ui: `http://${host}:${uiPort}`, plan };
}

/** A server of its own, not watched by anyone: for tests and benchmarks. */
export async function startTemporal(
  options: Omit<TemporalOptions, 'port' | 'uiPort'> & { port?: number; uiPort?: number },
): Promise<TemporalServer> {
  const [first = 0, second = 0] = await freePorts(2);
  const { address, ui, plan } = planTemporal({
    ...options,
    port: options.port ?? first,
    uiPort: options.uiPort ?? second,
  });
  return { address, ui, ...(await startUnwatched(plan)) };
}

/** Resolves when the server knows its namespace; throws after `withinMs`. */
export async function waitReady(address: string, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: '1s' });
      try {
        await connection.workflowService.describeNamespace({ namespace });
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await pause(50);
  }
}

/**
 * The server shares the machine with all the rest. GOGC: half the garbage collections for some tens of megabytes. GOMAXPROCS: half the cores; on
 * all of them its threads look for work in the time of those who have some, while its one SQLite connection lets it do one thing after another.
 */
const SHARING = { GOGC: '300', GOMAXPROCS: String(Math.max(1, Math.floor(availableParallelism() / 2))) };

function launch(binary: string, parameters: string[], directory: string, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn(binary, parameters, {
      // Its client settings of the environment (address, namespace, TLS) are meant for other servers.
      env: { PATH: process.env.PATH, HOME: directory, TZ: 'UTC', ...SHARING },
      cwd: directory,
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}
