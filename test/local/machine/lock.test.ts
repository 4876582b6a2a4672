// Several starts of the product on one machine take turns.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from '../../../local/machine/lock.mjs';
import { rootFolder } from '../../../local/machine/paths.mjs';
import { eventually } from '../../harness/eventually.js';
import { temporaryFolder } from '../../harness/servers.js';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = temporaryFolder('lock');
  lock = join(folder, 'x.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('lets one in at a time and tells the others that they wait', async () => {
  const book = join(folder, 'book');
  let waited = 0;
  const one = (): Promise<void> =>
    withLock(
      lock,
      async () => {
        await appendFile(book, 'in ');
        await eventually(() => waited === 2);
        await appendFile(book, 'out ');
      },
      () => {
        waited += 1;
      },
    );
  await Promise.all([one(), one(), one()]);
  expect(readFileSync(book, 'utf8')).toBe('in out in out in out ');
  expect(existsSync(lock)).toBe(false);
});

it('is released when the work fails', async () => {
  await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(lock, async () => 'again')).toBe('again');
});

it('is taken over from a process that was killed', async () => {
  const script = `
    import { withLock } from ${JSON.stringify(pathToFileURL(join(rootFolder, 'local', 'machine', 'lock.mjs')).href)};
    await withLock(${JSON.stringify(lock)}, () => new Promise(() => setInterval(() => {}, 1000)));`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  await eventually(() => existsSync(lock) && readFileSync(lock, 'utf8').length > 0);
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await gone;
  const before = Date.now();
  expect(await Promise.all([withLock(lock, async () => 'a'), withLock(lock, async () => 'b')])).toEqual(['a', 'b']);
  // Because its process is gone, not because its heartbeat has stopped for thirty seconds.
  expect(Date.now() - before).toBeLessThan(25_000);
});

it('is taken over when it is not readable for some seconds', async () => {
  writeFileSync(lock, '');
  expect(await withLock(lock, async () => 'done')).toBe('done');
});
