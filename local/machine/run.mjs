import { spawn } from 'node:child_process';
import { Stopped, stopping } from './stopping.mjs';

const grace = 5_000;

/**
 * Runs a program to its end: `{ code, output }`, both streams together. `onLine` gets each line as it comes; `timeout`
 * in milliseconds ends it; `attached` gives it our own streams. When this process is told to stop, the program is
 * ended first and `Stopped` is thrown, so that nothing half-started stays.
 */
export async function run(command, args, { cwd, env = process.env, onLine, timeout, attached = false, signal } = {}) {
  if (stopping.aborted) throw new Stopped();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', ...Array(2).fill(attached ? 'inherit' : 'pipe')] });
  const kill = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), grace).unref();
  };
  const timer = timeout ? setTimeout(() => child.kill('SIGKILL'), timeout) : undefined;
  for (const source of [stopping, signal]) source?.addEventListener('abort', kill, { once: true });
  const output = collect(child, onLine);
  try {
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve(status ?? 1));
    });
    if (stopping.aborted) throw new Stopped();
    return { code, output: output() };
  } finally {
    clearTimeout(timer);
    for (const source of [stopping, signal]) source?.removeEventListener('abort', kill);
  }
}

function collect(child, onLine = () => {}) {
  let output = '';
  let rest = '';
  const take = (chunk) => {
    output = (output + chunk).slice(-200_000);
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', take);
  child.on('close', () => rest && onLine(rest));
  return () => output;
}
