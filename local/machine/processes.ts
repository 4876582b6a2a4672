import { setTimeout as pause } from 'node:timers/promises';
import { processIdentity } from './process-identity.mjs';

/** A process as it is written down, so that another process can find it again and be sure that it is the same one. */
export interface ProcessRecord {
  name: string;
  pid: number;
  /** Start time: a later process with the same number is not mistaken for it. */
  identity: string;
  /** How it is asked to end, and after how many ms it is ended by force. */
  stopSignal: NodeJS.Signals;
  graceMs: number;
}

export function isRunning(record: { pid: number; identity: string }): boolean {
  return processIdentity(record.pid) === record.identity;
}

/** Ends one process and what it has started: politely, then after its grace by force. Returns when it is gone. */
export async function endProcess(record: ProcessRecord): Promise<void> {
  if (!isRunning(record)) return;
  send(record.pid, record.stopSignal);
  if (await gone(record, record.graceMs)) return;
  // The whole group: what the process itself has started must not outlive it.
  if (!send(-record.pid, 'SIGKILL')) send(record.pid, 'SIGKILL');
  await gone(record, 10_000);
}

/** One after the other, in the order given. */
export async function endInOrder(records: readonly ProcessRecord[]): Promise<void> {
  for (const record of records) await endProcess(record);
}

async function gone(record: ProcessRecord, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isRunning(record)) {
    if (Date.now() > deadline) return false;
    await pause(25);
  }
  return true;
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // Gone in between.
  }
}
