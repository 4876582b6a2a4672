import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile, withLock } from '../machine/lock.mjs';
import { cacheFolder, executables, rootFolder, writable } from '../machine/paths.mjs';
import { run } from '../machine/run.mjs';
import { PlainError, say } from '../machine/say.mjs';

const lockFile = join(rootFolder, 'package-lock.json');
const modules = join(rootFolder, 'node_modules');
// Inside node_modules: `npm ci` empties that folder first, so an interrupted install never leaves a mark behind.
const mark = join(modules, '.installed-from');

/** `npm ci`, unless node_modules is already what this package-lock.json asks for. */
export async function installDependencies() {
  if (isInstalled()) return;
  demandWritableFolder();
  await withLock(
    join(rootFolder, 'dist', '.install.lock'),
    async () => {
      if (isInstalled()) return;
      if (!installedByHand()) await npmCi();
      await mkdir(modules, { recursive: true });
      await replaceFile(mark, wanted());
    },
    () => say('另一进程正在安装依赖，等待中 …', 'another process is installing the dependencies, waiting …'),
  );
}

function wanted() {
  return createHash('sha256')
    .update(readFileSync(lockFile))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
}

function isInstalled() {
  return existsSync(mark) && readFileSync(mark, 'utf8') === wanted();
}

/** npm writes its own record of what it installed last of all: a complete one of the same lock file needs no reinstall. */
function installedByHand() {
  try {
    const installed = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')).packages;
    const asked = Object.entries(JSON.parse(readFileSync(lockFile, 'utf8')).packages);
    return asked.every(
      ([path, entry]) =>
        path === '' ||
        (installed[path]
          ? installed[path].version === entry.version && existsSync(join(rootFolder, path))
          : entry.optional === true), // Those of other platforms are never there.
    );
  } catch {
    return false;
  }
}

async function npmCi() {
  say('正在安装依赖（首次约一两分钟）…', 'installing the dependencies (a minute or two the first time) …');
  const [command, ...before] = npm();
  const started = Date.now();
  const alive = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    say(`安装依赖：已 ${seconds} 秒`, `installing the dependencies: ${seconds} s so far`);
  }, 15_000);
  try {
    // The lock file is the whole truth: neither NODE_ENV=production nor omit=dev of the environment may thin it out.
    const { code, output } = await run(command, [...before, 'ci', '--include=dev', '--include=optional'], {
      cwd: rootFolder,
      env: npmEnvironment(),
    });
    if (code !== 0) {
      throw new PlainError(
        `npm ci 失败（退出码 ${code}）。请检查网络或 npm 的 registry 设置后重试：\n${tail(output)}`,
        `npm ci failed (exit code ${code}). Check the network or npm's registry setting, then try again.`,
      );
    }
  } finally {
    clearInterval(alive);
  }
  say('依赖已安装', 'dependencies installed');
}

/** The npm that started us, else the one that came with this Node, else the one on PATH. */
function npm() {
  const beside = dirname(process.execPath);
  const scripts = [
    process.env.npm_execpath,
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  const script = scripts.find((file) => file?.endsWith('npm-cli.js') && existsSync(file));
  if (script) return [process.execPath, script];
  const [onPath] = executables('npm', [beside]);
  if (onPath) return [onPath];
  throw new PlainError(
    '未找到 npm。请安装 Node.js 自带的 npm。',
    'npm was not found. Install the npm that comes with Node.js.',
  );
}

function npmEnvironment() {
  const environment = { ...process.env, npm_config_update_notifier: 'false', npm_config_ignore_scripts: 'true' };
  // npm_execpath's own settings (prefix, local prefix) are those of the outer npm and do no harm; a home that can't be
  // written does: npm then has no place for its cache.
  const home = process.env.HOME;
  const cache = process.env.npm_config_cache;
  if (!(cache && writable(existing(cache))) && !(home && writable(existing(join(home, '.npm'))))) {
    environment.npm_config_cache = join(cacheFolder(), 'npm');
  }
  return environment;
}

/** The folder itself or the nearest one above that exists. */
function existing(folder) {
  let found = folder;
  while (!existsSync(found) && dirname(found) !== found) found = dirname(found);
  return found;
}

function demandWritableFolder() {
  if (writable(rootFolder)) return;
  throw new PlainError(
    `当前账户不能写入 ${rootFolder}，无法安装依赖。请改变目录的属主，或用其属主账户运行一次。`,
    `This account can't write to ${rootFolder}, so the dependencies can't be installed there. Change the folder's owner, or run once as its owner.`,
  );
}

function tail(output) {
  return output.trim().split('\n').slice(-15).join('\n');
}
