import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { rootFolder } from '../machine/paths.mjs';

const ruleSchema = z.strictObject({
  /** What the handbook or the law calls it. */
  id: z.string().min(1),
  rule: z.string().min(1),
  /** `<file below test/>: <title as it stands in the file>`. */
  tests: z.array(z.string()).default([]),
  /** Why the rule has no test here: whose it is, or what is not built. */
  without: z.string().optional(),
});
const sections = z.array(z.strictObject({ title: z.string(), rules: z.array(ruleSchema) }));
export type RuleSections = z.output<typeof sections>;

/** The rules that concern a life and what shows that they hold, as `test/rules.json` lists them. */
export function ruleSections(): RuleSections {
  return sections.parse(JSON.parse(readFileSync(join(rootFolder, 'test', 'rules.json'), 'utf8')));
}

/** A reference to a test: its file below `test/` and its title. */
export function testReference(reference: string): { file: string; title: string } {
  const cut = reference.indexOf(': ');
  if (cut < 0) throw new Error(`"${reference}" names no test: write <file>: <title>`);
  return { file: reference.slice(0, cut), title: reference.slice(cut + 2) };
}

/** `docs/rules.md` as it should read. */
export function rulesDocument(): string {
  const cellText = (text: string): string => text.replaceAll('|', '\\|');
  const shown = (reference: string): string => {
    const { file, title } = testReference(reference);
    return `[${file}](../test/${file}): ${cellText(title)}`;
  };
  const tables = ruleSections().map(({ title, rules }) =>
    [
      `## ${title}`,
      '',
      '| | rule | tests |',
      '| --- | --- | --- |',
      ...rules.map(
        ({ id, rule, tests, without }) =>
          `| ${id} | ${cellText(rule)} | ${[...tests.map(shown), ...(without ? [`*${cellText(without)}*`] : [])].join('<br>')} |`,
      ),
    ].join('\n'),
  );
  return `${[INTRODUCTION, ...tables].join('\n\n')}\n`;
}

const INTRODUCTION = `# Rules and their tests

Every rule of law and of the domain that concerns a defaulter's life or the record of it, and the tests that fail when it is broken. Made by \`npm run docs\` from
\`test/rules.json\`; \`test/domain/rules.test.ts\` fails when a test named here does not exist, when a rule has none and says no reason, or when this page is out of
date. What is in *italics* is not tested here, with the reason.`;
