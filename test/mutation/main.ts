// Shows that the tests of the rules notice every change of them: each entry of the table of transitions, and every guard and effect of the
// functions it stands on, is falsified in memory, and the tests run against it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVitest, type Vitest } from 'vitest/node';
import { rootFolder } from '../../local/machine/paths.mjs';
import { type Mutant, mutantsOf } from './mutants.js';

const RULES = join(rootFolder, 'domain', 'enforcement.ts');
const TABLE = 'TRANSITIONS';
/** Those that state the rules, the quickest first; what only compares drawings is left out. */
const TESTS = ['transitions', 'next-step', 'comparison', 'enforcement'].map((name) => `test/domain/${name}.test.ts`);

/** What vite is given as `domain/enforcement.ts`; undefined: the file as it is. */
let falsified: string | undefined;

/** `npm run mutate`: prints a line per mutant; resolves with 1 when one survives. */
export async function main(): Promise<number> {
  const mutants = await mutantsOf(readFileSync(RULES, 'utf8'), RULES, TABLE);
  const vitest = await createVitest(
    'test',
    // Without the product's own configuration: its projects would not see the plugin.
    {
      root: rootFolder,
      config: false,
      include: TESTS,
      watch: false,
      reporters: [{}],
      pool: 'threads',
      isolate: false,
      testTimeout: 20_000,
    },
    { plugins: [{ name: 'falsify', enforce: 'pre', load: (id) => (id === RULES ? falsified : undefined) }] },
  );
  try {
    const unmutated = await firstFailure(vitest);
    if (unmutated !== undefined) throw new Error(`the tests fail on the rules as they are: ${unmutated}`);
    const survivors: Mutant[] = [];
    for (const mutant of mutants) {
      falsified = mutant.code;
      vitest.invalidateFile(RULES);
      const red = await firstFailure(vitest);
      if (red === undefined) survivors.push(mutant);
      console.log(
        [
          (red === undefined ? 'SURVIVES' : 'red').padEnd(8),
          mutant.entry.padEnd(22),
          mutant.what,
          ...(red ? ['←', red] : []),
        ].join(' '),
      );
    }
    console.log(`${mutants.length} mutants, ${survivors.length} survive`);
    return survivors.length === 0 ? 0 : 1;
  } finally {
    await vitest.close();
  }
}

/** The name of the first test that fails, undefined when all pass. */
async function firstFailure(vitest: Vitest): Promise<string | undefined> {
  for (const file of TESTS) {
    const specifications = await vitest.globTestSpecifications([file]);
    if (specifications.length !== 1) throw new Error(`${file} was not found`);
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
    // It hands back those of earlier runs too, and what was red then would be red for ever.
    for (const testModule of testModules.filter(({ moduleId }) => moduleId === specifications[0]?.moduleId)) {
      for (const test of testModule.children.allTests('failed')) return test.fullName;
      const [error] = testModule.errors();
      if (error) return `${file}: ${error.message}`;
    }
    if (unhandledErrors.length > 0) return `${file}: an unhandled error`;
  }
  return undefined;
}
