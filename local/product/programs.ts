import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { rootFolder } from '../machine/paths.mjs';
import type { ChildPlan } from '../machine/supervisor.js';

export interface Program {
  name: string;
  /** Path of the compiled program below dist. */
  script: string;
  environment: Record<string, string>;
  logFile: string;
  /** Ended by force after so many ms: a worker whose Temporal is gone ignores SIGTERM. */
  graceMs: number;
  /** Whether it sends the message `ready`; else it counts as ready once it runs. */
  announces: boolean;
}

const readyWithin = 90_000;

/** One of the product's own programs, as a process of its own. */
export function planProgram(program: Program): ChildPlan {
  return {
    name: program.name,
    logFile: program.logFile,
    launch: () => launch(program),
    ready: (child) => (program.announces ? announced(child) : Promise.resolve()),
    stopSignal: 'SIGTERM',
    graceMs: program.graceMs,
  };
}

function launch({ script, environment, logFile }: Program): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn(process.execPath, ['--enable-source-maps', join(rootFolder, 'dist', script)], {
      cwd: rootFolder,
      env: { ...process.env, ...environment },
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
  } finally {
    closeSync(log);
  }
}

function announced(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('not ready in time')), readyWithin);
    child.once('exit', () => clearTimeout(timer));
    child.on('message', (message) => {
      if (message !== 'ready') return;
      clearTimeout(timer);
      resolve();
    });
  });
}
