import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { withLock } from '../machine/lock.mjs';
import { readJson } from '../machine/private-files.js';
import { processIdentity } from '../machine/process-identity.mjs';
import { endInOrder, isRunning } from '../machine/processes.js';
import { PlainError, say } from '../machine/say.mjs';
import { type ProcessesFile, readProcessesFile, removeRunFiles, runFile, writeProcessesFile } from './run-file.js';

/** How long an earlier start's warden may take to end what that start left behind, ms. */
const wardensTime = 90_000;

export interface DataDirectory {
  path: string;
  postgres: string;
  temporal: string;
  keyRing: string;
  credentials: string;
  stories: string;
  witnesses: string;
  log(name: string): string;
}

/**
 * Makes the directory ours for as long as this process lives. What a start that was killed left running is ended first.
 * Throws PlainError when another start runs on it or this account can't write there.
 */
export async function claimDataDirectory(path: string): Promise<DataDirectory> {
  const directory = makeDirectory(path);
  await writtenHere(path, () =>
    withLock(join(path, '.start.lock'), async () => {
      const earlier = readProcessesFile(path);
      if (earlier) await clearUp(path, earlier);
      writeProcessesFile(path, {
        supervisor: { pid: process.pid, identity: processIdentity(process.pid) ?? '' },
        children: [],
      });
    }),
  );
  return directory;
}

function makeDirectory(path: string): DataDirectory {
  try {
    // PostgreSQL runs under another account than root and must be able to pass through; every file in it is private.
    if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    mkdirSync(join(path, 'logs'), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(path, error);
  }
  return {
    path,
    postgres: join(path, 'postgres'),
    temporal: join(path, 'temporal'),
    keyRing: join(path, 'key-ring.json'),
    credentials: join(path, 'credentials.json'),
    stories: join(path, 'stories.json'),
    witnesses: join(path, 'witnesses'),
    log: (name) => join(path, 'logs', `${name}.log`),
  };
}

async function clearUp(path: string, earlier: ProcessesFile): Promise<void> {
  if (isRunning(earlier.supervisor)) {
    const where = addressOf(path);
    throw new PlainError(
      `${path} 已有一个正在运行的 npm start（进程 ${earlier.supervisor.pid}${where}）。请先停止它，或用 --data 另选目录。`,
      `An npm start is already running on ${path} (process ${earlier.supervisor.pid}${where}). Stop it first, or choose another folder with --data.`,
    );
  }
  if (earlier.warden && isRunning(earlier.warden)) {
    say('上一次启动被强制结束，正在等待其收尾 …', 'an earlier start was killed; waiting for its clean-up …');
    const deadline = Date.now() + wardensTime;
    while (isRunning(earlier.warden) && Date.now() < deadline) await pause(100);
  }
  const left = earlier.children.filter(isRunning);
  if (left.length > 0) {
    say(
      `结束上一次启动遗留的进程：${left.map((one) => one.name).join('、')}`,
      'ending what an earlier start left running',
    );
    await endInOrder(left);
  }
  removeRunFiles(path);
}

function addressOf(path: string): string {
  try {
    const content = readJson(runFile(path));
    if (typeof content !== 'object' || content === null || !('api' in content)) return '';
    const { api } = content;
    return typeof api === 'object' && api !== null && 'url' in api ? `, ${String(api.url)}` : '';
  } catch {
    return '';
  }
}

async function writtenHere(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof PlainError ? error : unusable(path, error);
  }
}

function unusable(path: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reasons: Record<string, [string, string]> = {
    EACCES: ['当前账户无权读写', 'this account may not read and write there'],
    EPERM: ['当前账户无权读写', 'this account may not read and write there'],
    EROFS: ['该文件系统只读', 'the file system is read-only'],
    ENOTDIR: ['路径中有一项不是目录', 'a part of the path is no folder'],
    EEXIST: ['同名文件已存在', 'a file of that name exists'],
    ENOSPC: ['磁盘已满', 'the disk is full'],
  };
  const reason = reasons[code];
  if (!reason) return error instanceof Error ? error : new Error(String(error));
  return new PlainError(
    `数据目录 ${path} 不可用：${reason[0]}。请用 --data 另选目录，或用其属主账户启动。`,
    `The data folder ${path} can't be used: ${reason[1]}. Choose another with --data, or start as its owner.`,
  );
}
