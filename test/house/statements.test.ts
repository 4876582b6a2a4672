// SQL is read in a window beside the code: no line of a statement is wider than 100 columns.
import { describe, expect, it } from 'vitest';
import { nodesOf, type Source, sourcesOf } from './sources.js';

const COLUMNS = 100;

/** Words of a statement, or of a piece of one; the house writes them in small letters. */
const SQL = new RegExp(
  [
    String.raw`\b(select|insert into|delete from|order by|group by|union all|for update|on conflict|returning)\b`,
    String.raw`\bupdate \S+( \w+)?\s+set\b`,
    String.raw`\bjoin\s+(lateral\b|[\w$({])`,
    String.raw`\bwith\s+(recursive\s+)?\w+( \([^)]*\))? as\b`,
    String.raw`^\s*(and|or|where|from|set|values|case when)\s`,
    String.raw`\b(exists|coalesce|jsonb_build_object|json_build_object|array_agg|any) ?\(`,
    String.raw`\bis (not )?null\b|[=<>] (any\()?\$\d`,
  ].join('|'),
  'm',
);

/** Lines that are too wide, of literals in backticks that are SQL; what is filled in counts as it is written. */
function wideLines(source: Source): string[] {
  const lines = source.text.split('\n');
  const wide = new Set<number>();
  for (const node of nodesOf(source)) {
    if (node.type !== 'TemplateLiteral') continue;
    const quasis = node.quasis as { value: { raw: string } }[];
    if (!SQL.test(quasis.map(({ value }) => value.raw).join('$'))) continue;
    const { start, end } = node.loc;
    for (let line = start.line; line <= end.line; line += 1) {
      const text = lines[line - 1] ?? '';
      // Behind the literal the formatter decides.
      if ([...(line === end.line ? text.slice(0, end.column) : text)].length > COLUMNS) wide.add(line);
    }
  }
  return [...wide].sort((a, b) => a - b).map((line) => `${source.path}:${line}`);
}

describe('statements', () => {
  it(`no line of SQL is wider than ${COLUMNS} columns`, () => {
    expect(sourcesOf(['registry']).flatMap(wideLines)).toEqual([]);
  }, 30_000);

  const planted = (literal: string): Source => ({ path: 'planted.ts', text: `const text =\n${literal};\n` });
  const long = 'a_long_name, '.repeat(10);

  it('sees a wide line wherever it stands in a statement, or in a piece of one', () => {
    expect(wideLines(planted(`\`select a,\n  ${long}\n from b\``))).toEqual(['planted.ts:3']);
    expect(wideLines(planted(`\`\n  and not exists (select from b where \${c} in (${long}))\``))).toEqual([
      'planted.ts:3',
    ]);
    expect(wideLines(planted(`\`select \${[${long}].join()}\``))).toEqual(['planted.ts:2']);
  });

  it('lets a narrow statement pass, and a message', () => {
    expect(wideLines(planted(`\`select a\n  from b\`.concat('${long}')`))).toEqual([]);
    expect(wideLines(planted(`\`a message: ${long}\``))).toEqual([]);
  });
});
