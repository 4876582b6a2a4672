import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootFolder } from '../machine/paths.mjs';
import { run } from '../machine/run.mjs';
import { say } from '../machine/say.mjs';
import { stopEverything } from '../machine/stopping.mjs';
import { ensureBrowser } from './browser.mjs';
import { prepare } from './prepare.mjs';
import { ROOMS } from './rooms.mjs';

const rooms = ROOMS.filter((room) => existsSync(join(rootFolder, room)));

/** Everything that must hold, in the order of what is told soonest. True when all of it holds. */
export async function runChecks(parameters) {
  const reports = mkdtempSync(join(tmpdir(), 'enforcement-reports-'));
  try {
    return await runAll(parameters, reports);
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

async function runAll(parameters, reports) {
  const { temporal } = await prepare(); // Compiling is the type check.
  // A whole run needs the browser; one for some tests finds out by itself.
  const browser = parameters.length === 0 ? ensureBrowser() : Promise.resolve(undefined);
  browser.catch(() => {});
  const results = [];
  try {
    results.push(await check('biome', ['node_modules/@biomejs/biome/bin/biome', 'check', '.']));
    const depcruise = 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs';
    results.push(await check('dependency-cruiser', [depcruise, '--config', '.dependency-cruiser.cjs', ...rooms]));
    // The unit tests need no server: they run while Temporal is being built.
    const groups = parameters.includes('--project') ? [[]] : [['unit'], ['integration', 'journeys']];
    for (const [index, projects] of groups.entries()) {
      const needsServers = !projects.includes('unit');
      if (needsServers) await Promise.all([temporal, browser]);
      const file = join(reports, `${index}.json`);
      results.push(await vitest(projects, parameters, file, needsServers ? await browser : undefined));
    }
  } catch (error) {
    stopEverything();
    await Promise.allSettled([temporal, browser]);
    throw error;
  }
  const totals = sum(groupsOf(reports));
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  if (totals.passed + totals.failed === 0) say('没有运行任何测试', 'no test was run');
  return results.every(Boolean) && totals.failed === 0 && totals.passed > 0;
}

async function check(name, parameters) {
  const { code, output } = await run(process.execPath, parameters, { cwd: rootFolder });
  say(code === 0 ? `${name}：通过` : `${name}：未通过\n${output}`, code === 0 ? `${name}: passed` : `${name}: failed`);
  return code === 0;
}

async function vitest(projects, parameters, report, browser) {
  const choice = projects.flatMap((project) => ['--project', project]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, '--passWithNoTests'];
  const { code } = await run(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...choice, ...reporters, ...parameters],
    { cwd: rootFolder, attached: true, env: { ...process.env, ...(browser ? { CHROMIUM_PATH: browser } : {}) } },
  );
  return code === 0;
}

function groupsOf(reports) {
  return [0, 1].flatMap((index) => {
    try {
      return [JSON.parse(readFileSync(join(reports, `${index}.json`), 'utf8'))];
    } catch {
      return []; // That group ended before it could report; its exit code has told.
    }
  });
}

function sum(found) {
  const total = (name) => found.reduce((count, report) => count + (report[name] ?? 0), 0);
  return {
    passed: total('numPassedTests'),
    failed: total('numFailedTests'),
    skipped: total('numPendingTests') + total('numTodoTests'),
  };
}
