// The table of rules names tests that exist, and docs/rules.md says the same.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ruleSections, rulesDocument, testReference } from '../../local/docs/rules-table.js';
import { rootFolder } from '../../local/machine/paths.mjs';

const rules = ruleSections().flatMap((section) => section.rules);

describe('the rules of a life', () => {
  it.each(rules.map((rule) => [rule.id, rule] as const))('%s has its tests, or says why not', (_id, rule) => {
    expect(rule.tests.length > 0 || rule.without !== undefined).toBe(true);
    for (const reference of rule.tests) {
      const { file, title } = testReference(reference);
      const source = readFileSync(join(rootFolder, 'test', file), 'utf8');
      // Titles of tests and of groups, as literals: a title that was changed is found here.
      const quoted = [`'${title.replaceAll("'", "\\'")}'`, `"${title}"`, `\`${title}\``];
      expect(
        quoted.some((text) => source.includes(text)),
        `${file} has a test titled "${title}"`,
      ).toBe(true);
    }
  });

  it('are each listed once', () => {
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length);
  });

  it('stand on their page as they are listed', () => {
    expect(readFileSync(join(rootFolder, 'docs', 'rules.md'), 'utf8')).toBe(rulesDocument());
  });
});
