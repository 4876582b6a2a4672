import { setTimeout as pause } from 'node:timers/promises';
import { endInOrder, isRunning } from '../machine/processes.js';
import { readProcessesFile, removeRunFiles } from './run-file.js';
import { goodbye } from './warden.js';

/** While the supervisor still lives, it ends its children itself; the pipe may close a moment before it does. */
const supervisorsOwnTime = 60_000;

async function watch(directory: string): Promise<void> {
  let said = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) said += String(chunk);
  if (said === goodbye) return;
  const deadline = Date.now() + supervisorsOwnTime;
  let left = readProcessesFile(directory);
  while (left && isRunning(left.supervisor) && Date.now() < deadline) {
    await pause(50);
    left = readProcessesFile(directory);
  }
  if (!left) return;
  console.log(
    `${new Date().toISOString()} the supervisor is gone; ending ${left.children.map((one) => one.name).join(', ')}`,
  );
  await endInOrder(left.children);
  removeRunFiles(directory);
}

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('the data directory is missing');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
await watch(directory);
