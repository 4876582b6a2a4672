import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readArguments, usage } from '../machine/arguments.mjs';
import { rootFolder } from '../machine/paths.mjs';
import { sayOnStandardError } from '../machine/say.mjs';
import { listenForSignals, stopEverything, stopping } from '../machine/stopping.mjs';
import { build } from './build.mjs';
import { installDependencies } from './install.mjs';
import { ensureTemporalBinaryBeside } from './temporal-binary.mjs';

/**
 * All that stands between a bare clone and something that runs: dependencies, compiled sources and, beside them, a
 * Temporal server program. Returns the promise of the latter as `temporal`; `npm start`, `npm test` and the benchmarks
 * begin with this.
 */
export async function prepare() {
  listenForSignals();
  const installed = installDependencies();
  const temporal = ensureTemporalBinaryBeside({ installed });
  try {
    await installed;
    await build();
    return { temporal };
  } catch (error) {
    stopEverything();
    await temporal.catch(() => {});
    throw error;
  }
}

/** `npm start`: hands over to the compiled product in this same process. */
export async function startProduct(parameters) {
  // The arguments are read before minutes are spent on installing.
  const options = readArguments(parameters);
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const { temporal } = await prepare();
  const { main } = await import(pathToFileURL(join(rootFolder, 'dist', 'local', 'main.js')).href);
  await main(options, { stopping, temporal });
}

/**
 * Runs `main` of a compiled script in this process, set up as it needs: a benchmark gets a Temporal server program, the others only
 * what compiles. Resolves with its exit code.
 */
export async function runScript(script) {
  sayOnStandardError();
  if (script.startsWith('bench/')) await (await prepare()).temporal;
  else {
    listenForSignals();
    await installDependencies();
    await build();
  }
  const { main } = await import(pathToFileURL(join(rootFolder, 'dist', script)).href);
  return main(stopping);
}
