import type { ChildProcess } from 'node:child_process';
import { processIdentity } from './process-identity.mjs';
import { endProcess, type ProcessRecord } from './processes.js';
import type { ChildPlan } from './supervisor.js';

export interface Unwatched {
  pid: number;
  process: ChildProcess;
  stop(): Promise<void>;
}

/**
 * A child that no supervisor starts again: for tests and benchmarks. `launched` is called with its record before it is ready. Throws when it
 * does not start, or ends before it serves.
 */
export async function startUnwatched(
  { name, logFile, launch, ready, stopSignal, graceMs }: ChildPlan,
  launched: (record: ProcessRecord) => void = () => undefined,
): Promise<Unwatched> {
  const child = launch();
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} ended (${code}); see ${logFile}`)));
  });
  died.catch(() => {});
  const { pid } = child;
  if (pid === undefined) return died;
  const record = { name, pid, identity: processIdentity(pid) ?? '', stopSignal, graceMs };
  launched(record);
  await Promise.race([ready(child), died]);
  return { pid, process: child, stop: () => endProcess(record) };
}
