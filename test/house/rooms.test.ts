// The rooms are listed once (`local/setup/rooms.mjs`); what cannot import that list names the same ones.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { rootFolder } from '../../local/machine/paths.mjs';
import { ROOMS } from '../../local/setup/rooms.mjs';

const json = (file: string): unknown => JSON.parse(readFileSync(join(rootFolder, file), 'utf8'));

const rules = z.object({
  forbidden: z.array(z.object({ name: z.string(), to: z.object({ path: z.string().optional() }) })),
});
const scripts = z.object({ scripts: z.object({ lint: z.string() }) });
const compiled = z.object({ include: z.array(z.string()) });

/** `domain` may import no other room: the rule that says so names them all. */
function ofDependencyRules(): string[] {
  const { forbidden } = rules.parse(createRequire(import.meta.url)(join(rootFolder, '.dependency-cruiser.cjs')));
  const others = forbidden.find(({ name }) => name === 'domain-imports')?.to.path ?? '';
  return ['domain', ...(/^\^\((.*)\)\/$/.exec(others)?.[1] ?? '').split('|')];
}

const ofLintScript = (): string[] =>
  scripts.parse(json('package.json')).scripts.lint.split('.dependency-cruiser.cjs ')[1]?.split(' ') ?? [];

const ofCompiler = (): string[] =>
  compiled.parse(json('tsconfig.json')).include.filter((path) => path !== 'vitest.config.ts');

it.each([
  ['.dependency-cruiser.cjs', ofDependencyRules],
  ['the lint script of package.json', ofLintScript],
  ['tsconfig.json', ofCompiler],
])('%s knows the rooms', (_, rooms) => {
  expect(rooms().sort()).toEqual([...ROOMS].sort());
});
