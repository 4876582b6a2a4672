import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { rootFolder } from '../machine/paths.mjs';

/** What the supervisor says when there is nothing left to guard. */
export const goodbye = 'all is stopped';

/**
 * Starts the warden: a process that outlives the supervisor, holds one end of a pipe from it, and ends in order what is
 * written in the directory's processes file when the pipe ends without a goodbye (kill -9, out of memory).
 */
export function launchWarden(directory: string, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  const program = join(rootFolder, 'dist', 'local', 'product', 'warden-process.js');
  const warden = spawn(process.execPath, [program, directory], { detached: true, stdio: ['pipe', log, log] });
  closeSync(log);
  warden.stdin?.on('error', () => {}); // It may have died: its restart is the supervisor's matter.
  return warden;
}

/** Tells the warden that there is nothing left to guard, and waits until it has gone. */
export async function dismissWarden(warden: ChildProcess): Promise<void> {
  if (warden.exitCode !== null || warden.signalCode !== null) return;
  const gone = new Promise((resolve) => warden.once('exit', resolve));
  const force = setTimeout(() => warden.kill('SIGKILL'), 5_000);
  warden.stdin?.end(goodbye);
  await gone;
  clearTimeout(force);
}
