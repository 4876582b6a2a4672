// Somebody types npm start: what runs, what is said, and that nothing is left of it, however it ends.

import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { processIdentity } from '../../../local/machine/process-identity.mjs';
import { readProcessesFile } from '../../../local/product/run-file.js';
import { ensureDatabase, withClient } from '../../../local/servers/postgres-databases.js';
import { eventually } from '../../harness/eventually.js';
import { launchProduct, type ProductOptions, type StartedProduct, startProduct } from '../../harness/product.js';

const started: StartedProduct[] = [];
const start = async (options?: ProductOptions): Promise<StartedProduct> => note(await startProduct(options));
const launch = async (options?: ProductOptions): Promise<StartedProduct> => note(await launchProduct(options));
const note = (product: StartedProduct): StartedProduct => {
  started.push(product);
  return product;
};

// A start takes seconds: tests that only need one that runs share it, and the data, and a test that ends it leaves the next to start it again.
let shared: StartedProduct | undefined;
let data: string | undefined;
const running = async (): Promise<StartedProduct> => {
  shared ??= await startProduct(data === undefined ? {} : { data });
  data = shared.data;
  return shared;
};
const ended = (): void => {
  shared = undefined;
};
afterEach(async () => {
  for (const product of started.splice(0)) await product.remove();
});
afterAll(async () => {
  await shared?.stop();
  if (data !== undefined) rmSync(data, { recursive: true, force: true });
});

const alive = (pid: number): boolean => processIdentity(pid) !== undefined;
/** Everything the product runs on the machine, by number. */
function pidsOf(product: StartedProduct): number[] {
  const file = readProcessesFile(product.data);
  if (!file) throw new Error('it does not run');
  return [file.supervisor.pid, ...(file.warden ? [file.warden.pid] : []), ...file.children.map((one) => one.pid)];
}
const isHealthy = async (product: StartedProduct): Promise<boolean> => (await fetch(`${product.url}/healthz`)).ok;

describe('npm start', () => {
  it('runs what run.json names, and keeps its files to itself', async () => {
    const product = await running();
    const run = product.run();
    expect(run.api.url).toBe(product.url);
    for (const pid of [run.api.pid, run.worker.pid, run.temporal.pid, run.postgres.pid])
      expect(alive(pid ?? 0)).toBe(true);
    expect((await fetch(run.temporal.ui ?? '')).ok).toBe(true);
    expect(await withClient(run.postgres.url, async (client) => (await client.query('select 1 as one')).rows)).toEqual([
      { one: 1 },
    ]);
    for (const file of ['run.json', 'credentials.json', 'key-ring.json', 'processes.json']) {
      expect(statSync(join(product.data, file)).mode & 0o777, file).toBe(0o600);
    }
    for (const log of readdirSync(join(product.data, 'logs'))) {
      expect(statSync(join(product.data, 'logs', log)).mode & 0o077, log).toBe(0);
    }
  });

  it('a second one on the same data is refused, and the first runs on', async () => {
    const product = await running();
    const message = await refusal({ data: product.data });
    expect(message).toContain('already running');
    expect(message).toContain(product.url);
    expect(await isHealthy(product)).toBe(true);
    expect(product.run().api.url).toBe(product.url);
  });

  it.each(['api', 'worker', 'temporal', 'postgres'] as const)('starts %s again when it is killed', async (name) => {
    const product = await running();
    const before = product.run();
    process.kill(before[name].pid ?? 0, 'SIGKILL');
    await eventually(() => product.run()[name].pid !== before[name].pid, 60_000);
    const after = product.run();
    expect(after.api.url).toBe(before.api.url);
    expect(after.temporal.address).toBe(before.temporal.address);
    expect(after.postgres.url).toBe(before.postgres.url);
    await product.printed(new RegExp(`${name} is running again`));
    await eventually(() => isHealthy(product));
    await eventually(async () => (await fetch(`${product.url}/readyz`)).ok);
  });

  it('ends without a trace, and finds its data again', async () => {
    const first = await running();
    const before = { pids: pidsOf(first), credentials: first.credentials() };
    expect(await first.stop('SIGTERM')).toBe(0);
    ended();
    expect(before.pids.filter(alive)).toEqual([]);
    expect(existsSync(join(first.data, 'run.json'))).toBe(false);
    const second = await running();
    expect(second.credentials()).toEqual(before.credentials);
    expect(await isHealthy(second)).toBe(true);
  });

  it('uses the servers the environment names and starts none of its own', async () => {
    const host = await running();
    const { postgres, temporal } = host.run();
    const url = await ensureDatabase(postgres.url, 'elsewhere');
    const guest = await start({ environment: { DATABASE_URL: url, TEMPORAL_ADDRESS: temporal.address } });
    expect(guest.run().postgres).toEqual({ pid: null, url });
    expect(guest.run().temporal).toEqual({ pid: null, address: temporal.address, ui: null });
    expect(await isHealthy(guest)).toBe(true);
    expect(await guest.stop()).toBe(0);
    expect(await isHealthy(host)).toBe(true);
  });

  it('ends in order when the whole process group is interrupted, twice', async () => {
    const product = await running();
    const pids = pidsOf(product);
    const group = -(product.supervisor.pid ?? 0);
    ended();
    process.kill(group, 'SIGINT');
    process.kill(group, 'SIGINT');
    await product.printed(/stopping/);
    try {
      process.kill(group, 'SIGTERM');
    } catch {
      // It was done already: this machine reads slowly what is printed.
    }
    expect(await product.ended).toBe(0);
    expect(pids.filter(alive)).toEqual([]);
    // A server that was shut down in order has nothing to recover.
    expect(readFileSync(join(product.data, 'logs', 'postgres.log'), 'utf8')).toMatch(
      /database system is shut down\s*$/,
    );
  });

  it('a database without the keys that sealed it is not served', async () => {
    const product = await running();
    await product.stop();
    ended();
    const keys = join(product.data, 'key-ring.json');
    renameSync(keys, `${keys}.away`);
    expect(await refusal({ data: product.data })).toContain('Restore it');
    renameSync(`${keys}.away`, keys);
  });

  it('ends everything when it is killed itself', async () => {
    const product = await running();
    const pids = pidsOf(product);
    product.supervisor.kill('SIGKILL');
    ended();
    await eventually(() => !pids.some(alive), 60_000);
    await eventually(() => !existsSync(join(product.data, 'run.json')));
    expect(await isHealthy(await running())).toBe(true);
  });

  it('ends what was left when its warden was killed as well', async () => {
    const product = await running();
    const pids = pidsOf(product);
    const warden = readProcessesFile(product.data)?.warden?.pid ?? 0;
    process.kill(warden, 'SIGKILL');
    product.supervisor.kill('SIGKILL');
    ended();
    await product.ended;
    expect(pids.filter(alive).length).toBeGreaterThan(3);
    const again = await running();
    expect(pids.filter(alive)).toEqual([]);
    expect(await isHealthy(again)).toBe(true);
  });

  it('data of a newer version is refused, and nothing of it is touched or left running', async () => {
    const product = await running();
    const future = (statement: string) => withClient(product.run().postgres.url, (client) => client.query(statement));
    await future(`insert into migration (name, run_on) values ('9999_future', now())`);
    await product.stop();
    ended();
    expect(await refusal({ data: product.data })).toContain('newer version');
    expect(readProcessesFile(product.data)).toBeUndefined();
    // Nobody can start this data any more.
    data = undefined;
    rmSync(product.data, { recursive: true, force: true });
  });
});

/** What it says when it does not start. */
async function refusal(options: ProductOptions): Promise<string> {
  const product = await launchProduct(options);
  if (options.data === undefined) note(product);
  expect(await product.ended).toBeGreaterThan(0);
  expect(product.output()).not.toMatch(/^\s+at /m); // no stack
  return product.output();
}

describe('a start of its own', () => {
  it('leaves nothing behind when it is stopped while it starts', async () => {
    const product = await launch();
    await product.printed(/PostgreSQL runs|Temporal runs/);
    const pids = pidsOf(product);
    expect(await product.stop()).toBe(0);
    expect(pids.filter(alive)).toEqual([]);
  });

  it('on a port that is taken says so', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await refusal({ port })).toContain(`Port ${port} is taken`);
    await new Promise((resolve) => server.close(resolve));
  });

  it('with an argument it does not know says so', async () => {
    const product = await launch({ parameters: ['--prot', '1'] });
    expect(await product.ended).toBe(2);
    expect(product.output()).toContain('unknown argument: --prot');
  });

  it('in a data folder that is a file says so', async () => {
    const product = await launch();
    await product.stop();
    rmSync(product.data, { recursive: true, force: true });
    writeFileSync(product.data, '');
    expect(await refusal({ data: product.data })).toContain("can't be used");
  });
});
