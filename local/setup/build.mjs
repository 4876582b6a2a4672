import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, extname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { replaceFile, withLock } from '../machine/lock.mjs';
import { rootFolder } from '../machine/paths.mjs';
import { run } from '../machine/run.mjs';
import { PlainError, say } from '../machine/say.mjs';
import { listenForSignals } from '../machine/stopping.mjs';

const dist = join(rootFolder, 'dist');
const compiled = new Set(['.ts', '.tsx']);
/** What stands in dist without a source of its own. */
const ours = /^(\.|workflow-bundle\.)/;

/** Compiles the sources, copies what is not compiled and bundles the workflows: each only when its content changed. */
export async function build() {
  const sources = sourceFiles();
  const stamp = join(dist, '.built-from');
  const state = contentHash(sources);
  if (read(stamp) === state && read(join(dist, '.bundled-from')) === bundleState()) return;
  await withLock(
    join(dist, '.build.lock'),
    async () => {
      if (read(stamp) !== state) {
        await compile();
        await copyAssets(sources);
        await removeOrphans(sources);
        await replaceFile(stamp, state);
      }
      await bundleWorkflows();
    },
    () => say('另一进程正在编译，等待中 …', 'another process is building, waiting …'),
  );
}

async function compile() {
  say('正在编译 …', 'compiling …');
  const compiler = join(rootFolder, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output } = await run(process.execPath, [compiler, '-p', '.'], { cwd: rootFolder });
  if (code !== 0)
    throw new PlainError(`编译失败：\n${output.trim()}`, 'The sources do not compile; the errors are above.');
}

/** Everything that is no TypeScript (SQL, CSS, data, plain JavaScript) stands in dist beside what reads it. */
async function copyAssets(sources) {
  for (const file of sources) {
    if (compiled.has(extname(file)) || !file.includes('/')) continue;
    await mkdir(dirname(join(dist, file)), { recursive: true });
    await copyFile(join(rootFolder, file), join(dist, file));
  }
}

/** A source that was removed must not live on in dist: a stale migration would still be run. */
async function removeOrphans(sources) {
  const wanted = new Set(
    sources.flatMap((file) => {
      if (!compiled.has(extname(file)) || file.endsWith('.d.ts')) return [file];
      const script = `${file.slice(0, -extname(file).length)}.js`;
      return [script, `${script}.map`];
    }),
  );
  for (const file of filesBelow(dist)) {
    if (!wanted.has(file) && !ours.test(file)) await rm(join(dist, file), { force: true });
  }
}

/** One file with all workflow code, so that a worker starts without webpack and runs what was tested. */
async function bundleWorkflows() {
  const state = bundleState();
  const stamp = join(dist, '.bundled-from');
  const entry = join(dist, 'workflows', 'index.js');
  const preloadModules = [join(dist, 'workflows', 'stack-trace-limit.js')];
  const target = join(dist, 'workflow-bundle.js');
  if (!existsSync(entry) || (read(stamp) === state && existsSync(target))) return;
  say('正在打包工作流 …', 'bundling the workflows …');
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const complaints = [];
  const note = (...words) => complaints.push(words.filter((word) => typeof word === 'string').join(' '));
  const silent = () => {};
  const logger = { trace: silent, debug: silent, info: silent, log: silent, warn: note, error: note };
  try {
    const { code } = await bundleWorkflowCode({ workflowsPath: entry, preloadModules, logger });
    await replaceFile(target, code);
  } catch (error) {
    throw new PlainError(
      `工作流打包失败：\n${complaints.join('\n')}\n${error.message}`,
      'The workflows could not be bundled; the errors are above.',
    );
  }
  await replaceFile(stamp, state);
}

function bundleState() {
  const files = ['workflows', 'domain'].flatMap((room) =>
    filesBelow(join(dist, room)).map((file) => `dist/${room}/${file}`),
  );
  return contentHash([...files.filter((file) => file.endsWith('.js')), 'package-lock.json', 'local/setup/build.mjs']);
}

/** The files the product is built from, relative to its folder. */
function sourceFiles() {
  const { include } = JSON.parse(readFileSync(join(rootFolder, 'tsconfig.json'), 'utf8'));
  const files = include.flatMap((entry) =>
    existsSync(join(rootFolder, entry))
      ? extname(entry)
        ? [entry]
        : filesBelow(join(rootFolder, entry)).map((file) => `${entry}/${file}`)
      : [],
  );
  return ['tsconfig.json', 'package.json', 'package-lock.json', ...files.sort()];
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .sort();
}

function contentHash(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(rootFolder, file)))
      .update('\0');
  return hash.digest('hex');
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  listenForSignals();
  build().catch((error) => {
    console.error(error.forPeople ? error.message : error);
    process.exit(error.exitCode ?? 1);
  });
}
