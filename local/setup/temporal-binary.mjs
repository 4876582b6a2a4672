import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../machine/lock.mjs';
import { cacheCandidates, cacheFolder, executables, rootFolder } from '../machine/paths.mjs';
import { run } from '../machine/run.mjs';
import { PlainError, say } from '../machine/say.mjs';
import { Stopped } from '../machine/stopping.mjs';
import { goEnvironment, goProgram } from './go.mjs';

const version = '1.5.1';
const source = `github.com/temporalio/cli/cmd/temporal@v${version}`;
const cached = `temporal-${version}-${process.platform}-${process.arch}`;
/** Firewalls drop silently: a download that has not begun by then never will. */
const downloadPatience = 10_000;
const downloadLimit = 180_000;
/** How many packages the CLI is compiled from, roughly: for the progress line only. */
const packages = 1_350;

/**
 * Where a Temporal server comes from, in this order: TEMPORAL_ADDRESS (`{ address }`, no server of ours), `temporal` on
 * PATH, an earlier build in the cache, the SDK's own download, `go install` (`{ path }`). `installed` is awaited
 * before the SDK is needed, so that all this can run beside `npm ci`. Throws PlainError with the ways out.
 */
export async function ensureTemporalBinary({ installed = Promise.resolve() } = {}) {
  if (process.env.TEMPORAL_ADDRESS) return { address: process.env.TEMPORAL_ADDRESS };
  for (const path of executables('temporal')) if (await works(path)) return { path };
  const earlier = await fromCache();
  if (earlier) return { path: earlier };
  const folder = cacheFolder();
  return withLock(
    join(folder, 'temporal.lock'),
    async () => {
      const path = (await fromCache()) ?? (await download(folder, installed)) ?? (await compile(folder));
      if (path) return { path };
      throw new PlainError(
        '没有可用的 Temporal 服务器。任选其一：安装 temporal 命令行并放入 PATH；安装 Go 1.21 以上（将自动编译）；允许访问 temporal.download；或用 TEMPORAL_ADDRESS 指向已有的服务器。',
        'No Temporal server can be had here. Any one of these helps: install the temporal CLI on PATH; install Go 1.21 or later (the CLI is then built); allow access to temporal.download; or point TEMPORAL_ADDRESS to a server you have.',
      );
    },
    () => say('另一进程正在准备 Temporal，等待中 …', 'another process is getting Temporal ready, waiting …'),
  );
}

/** A file of that name may be half-written, of another machine or too old for our options: ask it. */
async function works(path) {
  try {
    const { code, output } = await run(path, ['server', 'start-dev', '--help'], { timeout: 15_000 });
    return code === 0 && output.includes('--sqlite-pragma');
  } catch (error) {
    if (error instanceof Stopped) throw error;
    return false;
  }
}

async function fromCache() {
  for (const folder of cacheCandidates()) {
    const path = join(folder, cached);
    if (existsSync(path) && (await works(path))) return path;
  }
  return undefined;
}

async function download(folder, installed) {
  if (!(await reachable())) return undefined;
  await installed;
  say('正在下载 Temporal …', 'downloading Temporal …');
  const workFolder = join(folder, `download-${process.pid}`);
  await mkdir(workFolder, { recursive: true });
  const giveUp = new AbortController();
  const watching = watchDownload(workFolder, giveUp);
  try {
    const script = `
      import('@temporalio/testing').then(async ({ TestWorkflowEnvironment }) => {
        const executable = { type: 'cached-download', downloadDir: ${JSON.stringify(workFolder)} };
        const server = await TestWorkflowEnvironment.createLocal({ server: { executable } });
        await server.teardown();
        process.exit(0);
      }).catch(() => process.exit(1));`;
    const { code } = await run(process.execPath, ['--input-type=module', '-e', script], {
      cwd: rootFolder,
      timeout: downloadLimit,
      signal: giveUp.signal,
    });
    const [file] = (await readdir(workFolder)).filter(
      (name) => name.startsWith('temporal') && !name.endsWith('.downloading'),
    );
    if (code === 0 && file) return await keep(join(workFolder, file), folder);
  } finally {
    clearInterval(watching);
    await rm(workFolder, { recursive: true, force: true });
  }
  say('下载未成功', 'the download did not succeed');
  return undefined;
}

/** The SDK asks this address too; asking first leaves the build by Go free to start beside `npm ci`. */
async function reachable() {
  try {
    const answer = await fetch('https://temporal.download/cli/default?platform=linux&arch=amd64&format=tar.gz', {
      signal: AbortSignal.timeout(downloadPatience),
    });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

/** Gives up when for as long as `downloadPatience` nothing more has arrived. */
function watchDownload(workFolder, giveUp) {
  let size = -1;
  let since = Date.now();
  return setInterval(async () => {
    const files = await readdir(workFolder).catch(() => []);
    const sizes = await Promise.all(
      files.map((file) =>
        stat(join(workFolder, file)).then(
          (found) => found.size,
          () => 0,
        ),
      ),
    );
    const now = sizes.reduce((sum, one) => sum + one, 0);
    if (now !== size) [size, since] = [now, Date.now()];
    else if (Date.now() - since > downloadPatience && !files.some((name) => !name.endsWith('.downloading')))
      giveUp.abort();
  }, 500);
}

async function compile(folder) {
  const go = goProgram();
  if (!go) return undefined;
  await removeAbandoned(folder);
  const workFolder = join(folder, `build-${process.pid}`);
  await mkdir(join(workFolder, 'bin'), { recursive: true });
  say('正在编译 Temporal 命令行（仅首次，约两三分钟）…', 'building the Temporal CLI (once, two or three minutes) …');
  const progress = reportBuild();
  try {
    const { code, output } = await run(go, ['install', '-v', '-trimpath', '-ldflags=-s -w', source], {
      cwd: workFolder,
      env: { ...goEnvironment(workFolder), GOBIN: join(workFolder, 'bin') },
      onLine: progress.line,
    });
    if (code === 0) return await keep(join(workFolder, 'bin', 'temporal'), folder);
    say(`Temporal 编译失败：${lastLines(output)}`, 'the Temporal CLI could not be built');
    return undefined;
  } finally {
    progress.end();
    await rm(workFolder, { recursive: true, force: true });
  }
}

function reportBuild() {
  let fetched = 0;
  let compiled = 0;
  const started = Date.now();
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    const share = Math.min(99, Math.round((compiled / packages) * 100));
    if (compiled > 0) say(`编译 Temporal：${share}%（${seconds} 秒）`, `building Temporal: ${share} % (${seconds} s)`);
    else
      say(
        `编译 Temporal：已取 ${fetched} 个模块（${seconds} 秒）`,
        `building Temporal: ${fetched} modules fetched (${seconds} s)`,
      );
  }, 15_000);
  return {
    line: (line) => {
      if (line.startsWith('go: ')) fetched += 1;
      else compiled += 1;
    },
    end: () => clearInterval(timer),
  };
}

/** Into its place in one step, and only if it runs: a start that was killed leaves nothing that looks complete. */
async function keep(file, folder) {
  if (!(await works(file))) return undefined;
  const target = join(folder, cached);
  await rename(file, target);
  say('Temporal 已就绪', 'Temporal is ready to use');
  return target;
}

/** Under the lock nobody else builds here: what lies about is of a build that was killed. */
async function removeAbandoned(folder) {
  for (const name of await readdir(folder)) {
    if (/^(build|download)-\d+$/.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function lastLines(output) {
  return output.trim().split('\n').slice(-5).join('\n');
}

/** For a caller that wants to do something else meanwhile and look at the outcome later. */
export function ensureTemporalBinaryBeside(options) {
  const outcome = ensureTemporalBinary(options);
  outcome.catch(() => {}); // The one who awaits it gets the error; until then it must not end the process.
  return outcome;
}
