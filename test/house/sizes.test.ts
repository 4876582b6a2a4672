// A function fits a screen, a file a sitting, a folder an eye: what has grown beyond is to be cut, not excused.
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOMS } from '../../local/setup/rooms.mjs';
import { isDeclarations, type Node, nodesOf, type Source, sourcesOf } from './sources.js';

const LINES_OF_A_FUNCTION = 70;
const LINES_OF_A_FILE = 400;
const FILES_OF_A_FOLDER = 20;

const all = sourcesOf(ROOMS).filter((source) => !isDeclarations(source));

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ObjectMethod',
  'ClassMethod',
  'ClassPrivateMethod',
]);

const lengthOf = ({ loc }: Node): number => loc.end.line - loc.start.line + 1;

/** From the first line to the closing brace, comments included; a closure counts by itself, and in what encloses it. */
const longFunctions = (source: Source): string[] =>
  [...nodesOf(source)]
    .filter((node) => FUNCTIONS.has(node.type) && lengthOf(node) > LINES_OF_A_FUNCTION)
    .map((node) => `${source.path}:${node.loc.start.line} has ${lengthOf(node)} lines`);

const linesOf = ({ text }: Source): number => text.replace(/\n$/, '').split('\n').length;

describe('sizes', () => {
  // Those of tests list their cases, and are as long as there are cases.
  it(`no function is longer than ${LINES_OF_A_FUNCTION} lines`, () => {
    expect(all.filter(({ path }) => !path.startsWith('test/')).flatMap(longFunctions)).toEqual([]);
  }, 30_000);

  it(`no file is longer than ${LINES_OF_A_FILE} lines`, () => {
    const long = all.filter((source) => linesOf(source) > LINES_OF_A_FILE);
    expect(long.map((source) => `${source.path} has ${linesOf(source)} lines`)).toEqual([]);
  });

  it(`no folder has more than ${FILES_OF_A_FOLDER} sources`, () => {
    const folders = new Map<string, number>();
    for (const { path } of all) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1);
    const full = [...folders].filter(([, files]) => files > FILES_OF_A_FOLDER);
    expect(full.map(([folder, files]) => `${folder} has ${files} sources`)).toEqual([]);
  });

  it.each([
    ['a function', (body: string) => `export function f() {\n${body}\n}`],
    ['one in brackets', (body: string) => `export const f = () => [\n${body}\n];`],
    ['a method', (body: string) => `class A { f() {\n${body}\n} }`],
    ['a getter', (body: string) => `const a = { get f() {\n${body}\n} };`],
  ])('%s is measured with its comments', (_, around) => {
    const lines = (count: number): Source => ({
      path: 'planted.ts',
      text: around('// A line.\n'.repeat(count).trim()),
    });
    expect(longFunctions(lines(LINES_OF_A_FUNCTION - 2))).toEqual([]);
    expect(longFunctions(lines(LINES_OF_A_FUNCTION - 1))).toEqual(['planted.ts:1 has 71 lines']);
  });
});
