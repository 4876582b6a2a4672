import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processIdentity } from './process-identity.mjs';

const heartbeat = 2_000;
const staleAfter = 30_000;

/**
 * Runs `work` while holding a lock file, so that two starts at once don't do the same work twice. The lock of a
 * process that was killed is taken over: at once when its process is seen to be gone, else when its heartbeat stops.
 * `onWait` is called once if somebody else holds it.
 */
export async function withLock(file, work, onWait = () => {}) {
  await mkdir(dirname(file), { recursive: true });
  const token = randomBytes(8).toString('hex');
  let said = false;
  while (!(await take(file, token))) {
    if (!said) onWait();
    said = true;
    await pause(200);
  }
  const beat = setInterval(() => utimes(file, new Date(), new Date()).catch(() => {}), heartbeat);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if ((await read(file))?.token === token) await rm(file, { force: true });
  }
}

async function take(file, token) {
  if (await create(file, token)) return true;
  const holder = await read(file);
  if (!(await isStale(file, holder))) return false;
  // Two may find it stale at once: only the one who holds this second file may put the first away.
  const breaking = `${file}.break`;
  if (!(await create(breaking, token))) {
    if (await olderThan(breaking, staleAfter)) await rm(breaking, { force: true });
    return false;
  }
  try {
    const now = await read(file);
    if (now?.token === holder?.token && (await isStale(file, now))) await rm(file, { force: true });
  } finally {
    await rm(breaking, { force: true });
  }
  return create(file, token);
}

// Between creation and content a reader sees an empty file: isStale gives it a few seconds.
async function create(file, token) {
  const content = JSON.stringify({ token, pid: process.pid, host: hostname(), identity: processIdentity(process.pid) });
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(content).finally(() => handle.close());
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(file, holder) {
  if (!holder) return olderThan(file, heartbeat * 2);
  if (holder.host === hostname() && holder.identity && processIdentity(holder.pid) !== holder.identity) return true;
  return olderThan(file, staleAfter);
}

async function olderThan(file, age) {
  try {
    return Date.now() - (await stat(file)).mtimeMs > age;
  } catch {
    return false;
  }
}

async function read(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Replaces a file in one step: a reader sees the old content or the new, never a part. */
export async function replaceFile(file, content, mode = 0o644) {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.new`;
  const handle = await open(temporary, 'wx', mode);
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
