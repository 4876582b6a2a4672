// The supervisor starts, restarts and ends the processes of the product.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { processIdentity } from '../../../local/machine/process-identity.mjs';
import type { ProcessRecord } from '../../../local/machine/processes.js';
import { ChildFailed, type ChildPlan, Supervisor } from '../../../local/machine/supervisor.js';
import { planProgram } from '../../../local/product/programs.js';
import { eventually } from '../../harness/eventually.js';
import { temporaryFolder } from '../../harness/servers.js';

let folder: string;
let supervisor: Supervisor;
let running: ProcessRecord[];
let events: string[];

beforeEach(() => {
  folder = temporaryFolder('supervisor');
  running = [];
  events = [];
  supervisor = new Supervisor(['second', 'first'], {
    changed: (now) => {
      running = now;
    },
    died: (name) => events.push(`died ${name}`),
    restarted: (name) => events.push(`restarted ${name}`),
  });
});
afterEach(async () => {
  await supervisor.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A child that says ready at once and appends its name to a file when it ends politely. */
function child(
  name: string,
  script = `process.on('SIGTERM', () => { note(); process.exit(0) }); process.send('ready')`,
  graceMs = 30_000,
): ChildPlan {
  const note = `const note = () => require('node:fs').appendFileSync(${JSON.stringify(join(folder, 'ended'))}, '${name} ');`;
  const plan = planProgram({
    name,
    script: '',
    environment: {},
    logFile: join(folder, 'log'),
    graceMs,
    announces: true,
  });
  return {
    ...plan,
    launch: (): ChildProcess =>
      spawn(process.execPath, ['-e', `${note}${script};setInterval(() => {}, 1000)`], {
        detached: true,
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      }),
  };
}

const pidOf = (name: string): number => {
  const pid = supervisor.pid(name);
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
};

it('starts again what dies, and says so', async () => {
  await supervisor.start(child('first'));
  const before = pidOf('first');
  process.kill(before, 'SIGKILL');
  await eventually(() => events.includes('restarted first'));
  expect(events).toEqual(['died first', 'restarted first']);
  expect(pidOf('first')).not.toBe(before);
  expect(running.map((one) => one.pid)).toEqual([pidOf('first')]);
});

it('stops in the order of dependence, also when asked twice', async () => {
  await supervisor.start(child('first'));
  await supervisor.start(child('second'));
  await Promise.all([supervisor.stop(), supervisor.stop()]);
  expect(readFileSync(join(folder, 'ended'), 'utf8')).toBe('second first ');
  expect(running).toEqual([]);
});

it('ends by force what does not end by itself, with all it has started', async () => {
  const stubborn = `
    const grandchild = require('node:child_process').spawn('sleep', ['1000']);
    require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'grandchild'))}, String(grandchild.pid));
    process.on('SIGTERM', () => {}); process.send('ready')`;
  await supervisor.start(child('first', stubborn, 500));
  const pid = pidOf('first');
  const grandchild = Number(readFileSync(join(folder, 'grandchild'), 'utf8'));
  expect(processIdentity(grandchild)).toBeDefined();
  await supervisor.stop();
  expect(processIdentity(pid)).toBeUndefined();
  await eventually(() => processIdentity(grandchild) === undefined);
});

it('gives up on what never gets ready, and leaves nothing of it', async () => {
  await expect(supervisor.start(child('first', 'process.exit(3)'))).rejects.toThrow(ChildFailed);
  expect(running).toEqual([]);
});

it('starts nothing after it was told to stop', async () => {
  await supervisor.start(child('first'));
  process.kill(pidOf('first'), 'SIGKILL');
  await supervisor.stop();
  await expect(supervisor.start(child('second'))).rejects.toThrow(ChildFailed);
  expect(running).toEqual([]);
  expect(existsSync(join(folder, 'ended'))).toBe(false);
});
