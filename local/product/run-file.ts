import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writePrivateJson } from '../machine/private-files.js';
import type { ProcessRecord } from '../machine/processes.js';

/** DIR/run.json: what runs and where. `url` of PostgreSQL is the superuser's; a server that is not ours has no pid. */
export interface RunFile {
  api: { pid: number; url: string };
  worker: { pid: number };
  temporal: { pid: number | null; address: string; ui: string | null };
  postgres: { pid: number | null; url: string };
  departments?: { pid: number };
  supervisor: { pid: number };
}

/** DIR/processes.json: what must be ended, in this order, if the supervisor can't do it any more. */
export interface ProcessesFile {
  supervisor: { pid: number; identity: string };
  warden?: { pid: number; identity: string };
  children: ProcessRecord[];
}

export const runFile = (directory: string): string => join(directory, 'run.json');
export const processesFile = (directory: string): string => join(directory, 'processes.json');

export function writeRunFile(directory: string, content: RunFile): void {
  writePrivateJson(runFile(directory), content);
}

export function writeProcessesFile(directory: string, content: ProcessesFile): void {
  writePrivateJson(processesFile(directory), content);
}

/** What an earlier start wrote down; `undefined` when it ended in order (or the file is not readable as ours). */
export function readProcessesFile(directory: string): ProcessesFile | undefined {
  try {
    const content = readJson(processesFile(directory));
    return isProcessesFile(content) ? content : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Last of all: nothing runs any more. */
export function removeRunFiles(directory: string): void {
  rmSync(runFile(directory), { force: true });
  rmSync(processesFile(directory), { force: true });
}

function isProcessesFile(content: unknown): content is ProcessesFile {
  return (
    typeof content === 'object' &&
    content !== null &&
    'supervisor' in content &&
    'children' in content &&
    Array.isArray(content.children)
  );
}
