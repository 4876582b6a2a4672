import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { rootFolder } from '../../local/machine/paths.mjs';
import { freePort } from '../../local/machine/ports.js';
import type { RunFile } from '../../local/product/run-file.js';
import type { Credential } from '../../registry/access/credentials.js';
import { temporaryFolder } from './servers.js';

export interface ProductOptions {
  /** An existing data folder; else a new one, removed with `remove`. */
  data?: string;
  /** Without the stories unless told otherwise. */
  stories?: boolean;
  port?: number;
  parameters?: string[];
  environment?: NodeJS.ProcessEnv;
}

/** A product started as `npm start` does, in a process group of its own. */
export interface StartedProduct {
  url: string;
  data: string;
  supervisor: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Resolves when the output matches; throws when the product ends first or after `withinMs`. */
  printed(pattern: RegExp, withinMs?: number): Promise<void>;
  run(): RunFile;
  credentials(): Credential[];
  /** Resolves with its exit code; null when a signal ended it. */
  ended: Promise<number | null>;
  /** Asks it to stop and waits until it has. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Stops it if it runs and removes its data. */
  remove(): Promise<void>;
}

/** Starts the product and does not wait for it: see `printed` and `startProduct`. */
export async function launchProduct(options: ProductOptions = {}): Promise<StartedProduct> {
  const data = options.data ?? temporaryFolder('product');
  const port = options.port ?? (await freePort());
  const parameters = ['--port', String(port), '--data', data, ...(options.stories ? [] : ['--empty'])];
  const environment = { ...process.env, ...options.environment };
  for (const name of ['TEMPORAL_ADDRESS', 'DATABASE_URL']) if (!options.environment?.[name]) delete environment[name];
  const script = join(rootFolder, 'local', 'start.mjs');
  const supervisor = spawn(process.execPath, [script, ...parameters, ...(options.parameters ?? [])], {
    cwd: rootFolder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [supervisor.stdout, supervisor.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  let finished = false;
  const ended = new Promise<number | null>((resolve) => {
    supervisor.once('close', (code) => {
      finished = true;
      resolve(code);
    });
  });
  const printed = async (pattern: RegExp, withinMs = 90_000): Promise<void> => {
    const deadline = Date.now() + withinMs;
    while (!pattern.test(output)) {
      if (finished || Date.now() > deadline) throw new Error(`${pattern} was not printed:\n${output}`);
      await pause(25);
    }
  };
  const stop = (signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> => {
    if (!finished) supervisor.kill(signal);
    return ended;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    data,
    supervisor,
    output: () => output,
    printed,
    run: () => JSON.parse(readFileSync(join(data, 'run.json'), 'utf8')) as RunFile,
    credentials: () => JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as Credential[],
    ended,
    stop,
    remove: async () => {
      await stop();
      if (existsSync(data)) rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Starts the product and waits until it is ready (or, with stories, until they are told). */
export async function startProduct(options: ProductOptions = {}): Promise<StartedProduct> {
  const product = await launchProduct(options);
  await product.printed(options.stories ? /the stories are told/ : /Ctrl-C/);
  return product;
}

export { eventually } from './eventually.js';
