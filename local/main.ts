import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { StartOptions } from './machine/arguments.mjs';
import { portProblem } from './machine/ports.js';
import { rotateLog } from './machine/private-files.js';
import { processIdentity } from './machine/process-identity.mjs';
import type { ProcessRecord } from './machine/processes.js';
import { PlainError, say } from './machine/say.mjs';
import { ChildFailed, Supervisor } from './machine/supervisor.js';
import { claimDataDirectory, type DataDirectory } from './product/data-directory.js';
import { LocalProduct } from './product/product.js';
import { removeRunFiles, writeProcessesFile } from './product/run-file.js';
import { dismissWarden, launchWarden } from './product/warden.js';
import type { TemporalSource } from './setup/temporal-binary.mjs';

/** Dependants before what they depend on: the worker drains into a PostgreSQL that still runs. */
const stopOrder = ['departments', 'worker', 'api', 'temporal', 'postgres'];

/**
 * `npm start`, after everything is installed and built: runs the product on the data directory until `stopping` is
 * aborted, then ends it in order and with it this process. What can't be had is said in one message.
 */
export async function main(
  options: StartOptions,
  handover: { stopping: AbortSignal; temporal: Promise<TemporalSource> },
): Promise<never> {
  process.exit(await run(options, handover).catch(explain));
}

async function run(
  options: StartOptions,
  { stopping, temporal }: { stopping: AbortSignal; temporal: Promise<TemporalSource> },
): Promise<number> {
  const directory = await claimDataDirectory(options.data);
  const guard = new Guard(directory);
  const supervisor = new Supervisor(stopOrder, {
    changed: (running) => {
      guard.note(running);
      product.note();
    },
    died: (name, how) =>
      say(`${name} 意外退出（${how}），正在重启`, `${name} ended unexpectedly (${how}), starting it again`),
    restarted: (name) => say(`${name} 已重启`, `${name} is running again`),
  });
  const product = new LocalProduct(directory, options, supervisor);
  try {
    await demandFreePort(options.port);
    const stopped = whenAborted(stopping);
    const crashed = whenCrashed();
    const serving = product.run(temporal);
    serving.catch(() => {}); // Left alone when we are told to stop in the middle of it.
    const outcome = await Promise.race([stopped, crashed, serving.then(() => 'serving' as const)]);
    if (outcome === 'serving') await Promise.race([stopped, crashed]);
    say('正在依次停止 …', 'stopping, one after the other …');
    return 0;
  } finally {
    product.close();
    await supervisor.stop();
    await guard.close();
    removeRunFiles(directory.path);
    if (stopping.aborted) say('已全部停止', 'all stopped');
  }
}

/** Writes down what runs, for the warden to end and a later start to find, and keeps the warden alive. */
class Guard {
  private warden: ChildProcess | undefined;
  private running: ProcessRecord[] = [];
  private closed = false;

  constructor(private readonly directory: DataDirectory) {
    rotateLog(directory.log('warden'));
    this.launch();
  }

  note(running: ProcessRecord[]): void {
    this.running = running;
    this.write();
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.warden) await dismissWarden(this.warden);
  }

  private launch(): void {
    const warden = launchWarden(this.directory.path, this.directory.log('warden'));
    this.warden = warden;
    warden.once('exit', () => {
      if (!this.closed) setTimeout(() => this.closed || this.launch(), 1_000);
    });
    this.write();
  }

  private write(): void {
    const identify = (pid: number): { pid: number; identity: string } => ({
      pid,
      identity: processIdentity(pid) ?? '',
    });
    writeProcessesFile(this.directory.path, {
      supervisor: identify(process.pid),
      ...(this.warden?.pid === undefined ? {} : { warden: identify(this.warden.pid) }),
      children: this.running,
    });
  }
}

async function demandFreePort(port: number): Promise<void> {
  const problem = await portProblem(port);
  if (!problem) return;
  throw problem === 'EACCES'
    ? new PlainError(
        `当前账户不能使用端口 ${port}。请用 --port 选择 1024 以上的端口。`,
        `This account may not use port ${port}. Choose one above 1024 with --port.`,
      )
    : new PlainError(
        `端口 ${port} 已被占用。请用 --port 另选端口：npm start -- --port ${port + 1}`,
        `Port ${port} is taken. Choose another: npm start -- --port ${port + 1}`,
      );
}

function whenAborted(signal: AbortSignal): Promise<'stopped'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('stopped');
    else signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
}

/** A mistake of ours ends the product in order, not in the middle of something. */
function whenCrashed(): Promise<never> {
  return new Promise((_, reject) => {
    process.once('uncaughtException', reject);
    process.once('unhandledRejection', reject);
  });
}

function explain(error: unknown): number {
  if (error instanceof ChildFailed) {
    console.error(`${error.child} 未能启动（${error.how}），详见 ${error.logFile}：\n${lastLines(error.logFile)}`);
    console.error(`${error.child} could not be started (${error.how}); see ${error.logFile}.`);
    return 1;
  }
  if (isForPeople(error)) {
    console.error(error.message);
    return error.exitCode ?? 1;
  }
  console.error(error);
  return 1;
}

/** Also the errors of the registry and of the set-up scripts that say all there is to say. */
function isForPeople(error: unknown): error is Error & { exitCode?: number } {
  return error instanceof Error && ('forPeople' in error || ['NewerData', 'DatabaseBusy'].includes(error.name));
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-8).join('\n');
  } catch {
    return '';
  }
}
