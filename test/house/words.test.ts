// One word for one thing: what the glossary of CONTRIBUTING.md retires does not come back as the name of anything.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rootFolder } from '../../local/machine/paths.mjs';
import { ROOMS } from '../../local/setup/rooms.mjs';
import { isNode, type Node, nodesOf, type Source, sourcesOf } from './sources.js';

/** A retired word and the rooms it is retired in (all where none are named); `late.*` is the name of a file. */
interface Retired {
  word: string;
  rooms: readonly string[];
}

/** The last column of the glossary: `` `word`, `other` (in domain registry) ``. */
function retiredWords(document: string): Retired[] {
  const glossary = /^## Glossary$(.*?)(?=^## |(?![\s\S]))/ms.exec(document)?.[1] ?? '';
  const rows = glossary.split('\n').filter((line) => line.startsWith('|'));
  return rows.flatMap((row) =>
    [...(row.split('|')[4] ?? '').matchAll(/`([^`]+)`(?: \(in ([a-z /]+)\))?/g)].map(([, word = '', rooms]) => ({
      word,
      rooms: rooms === undefined ? ROOMS : rooms.trim().split(' '),
    })),
  );
}

const isRetired = (retired: readonly Retired[], word: string, path: string): boolean =>
  retired.some((entry) => entry.word === word && entry.rooms.some((room) => path.startsWith(`${room}/`)));

/** Nodes that name something new, and the member that holds the name or the pattern of names. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  VariableDeclarator: ['id'],
  FunctionDeclaration: ['id', 'params'],
  FunctionExpression: ['id', 'params'],
  ArrowFunctionExpression: ['params'],
  ClassDeclaration: ['id'],
  ClassExpression: ['id'],
  ClassMethod: ['key', 'params'],
  ClassPrivateMethod: ['key', 'params'],
  ClassProperty: ['key'],
  ClassPrivateProperty: ['key'],
  ObjectMethod: ['key', 'params'],
  ObjectProperty: ['key'],
  CatchClause: ['param'],
  ImportSpecifier: ['local'],
  ImportDefaultSpecifier: ['local'],
  ImportNamespaceSpecifier: ['local'],
  ExportSpecifier: ['exported'],
  TSDeclareFunction: ['id', 'params'],
  TSDeclareMethod: ['key', 'params'],
  TSInterfaceDeclaration: ['id'],
  TSTypeAliasDeclaration: ['id'],
  TSEnumDeclaration: ['id'],
  TSEnumMember: ['id'],
  TSModuleDeclaration: ['id'],
  TSTypeParameter: ['name'],
  TSNamedTupleMember: ['label'],
  TSPropertySignature: ['key'],
  TSMethodSignature: ['key', 'parameters'],
  TSIndexSignature: ['parameters'],
  TSFunctionType: ['parameters'],
  TSConstructorType: ['parameters'],
  TSCallSignatureDeclaration: ['parameters'],
  TSConstructSignatureDeclaration: ['parameters'],
};

/** The names in a pattern: `{ a: [b, ...c] = d }` names b and c (and a, as a property that it holds). */
function namesIn(pattern: unknown): Node[] {
  if (Array.isArray(pattern)) return pattern.flatMap(namesIn);
  if (!isNode(pattern)) return [];
  const { type } = pattern;
  if (type === 'Identifier') return [pattern];
  if (type === 'PrivateName') return namesIn(pattern.id);
  if (type === 'AssignmentPattern') return namesIn(pattern.left);
  if (type === 'RestElement') return namesIn(pattern.argument);
  if (type === 'ArrayPattern') return namesIn(pattern.elements);
  if (type === 'ObjectPattern') return namesIn(pattern.properties);
  if (type === 'ObjectProperty') return namesIn(pattern.value);
  if (type === 'TSParameterProperty') return namesIn(pattern.parameter);
  return [];
}

function* declaredIn(source: Source): Generator<{ name: string; line: number }> {
  for (const node of nodesOf(source)) {
    for (const member of node.computed === true ? [] : (NAMED[node.type] ?? [])) {
      const held = node[member];
      if (typeof held === 'string') yield { name: held, line: node.loc.start.line };
      for (const { name, loc } of namesIn(held)) yield { name: String(name), line: loc.start.line };
    }
  }
}

/** Where a retired word names something, as `path:line word`. */
const comebacks = (retired: readonly Retired[], source: Source): string[] => [
  ...(isRetired(retired, `${basename(source.path).split('.')[0]}.*`, source.path) ? [source.path] : []),
  ...new Set(
    [...declaredIn(source)]
      .filter(({ name }) => isRetired(retired, name, source.path))
      .map(({ name, line }) => `${source.path}:${line} ${name}`),
  ),
];

describe('the words of the glossary', () => {
  const retired = retiredWords(readFileSync(join(rootFolder, 'CONTRIBUTING.md'), 'utf8'));

  it('retire others', () => {
    expect(retired.map(({ word }) => word)).toEqual(expect.arrayContaining(['Place', 'untold', 'handToLives', 'Life']));
  });

  it('have not been undone', () => {
    expect(sourcesOf(ROOMS).flatMap((source) => comebacks(retired, source))).toEqual([]);
  }, 30_000);

  const planted = (text: string, path = 'registry/planted.ts'): string[] =>
    comebacks(retiredWords('## Glossary\n\n| a | 甲 | is | `old`, `life` (in registry), `late.*` |\n\n## B\n'), {
      path,
      text,
    });

  it.each([
    'const old = 1;',
    'const { a: [old = 1] } = b;',
    'const { old } = b;',
    'function old() {}',
    'const f = (a: string, ...old: string[]) => a;',
    'class old {}',
    'class A { constructor(private readonly old: string) {} }',
    'class A { #old = 1; }',
    'class A { old(): void {} }',
    'const a = { old: 1 };',
    'const a = { old() {} };',
    'interface A { old: string }',
    'interface A { f(old: string): void }',
    'type A = (old: string) => void;',
    'type old = string;',
    "import { a as old } from 'b';",
    'const a = 1; export { a as old };',
    'try { f(); } catch (old) { g(); }',
    'const life = 1;',
  ])('see one come back: %s', (text) => {
    expect(planted(text)).toEqual([expect.stringMatching(/^registry\/planted\.ts:1 (old|life)$/)]);
  });

  it('see the name of a file come back', () => {
    expect(planted('', 'api/late.ts')).toEqual(['api/late.ts']);
  });

  it.each([
    ['another word', 'const older = 1;', 'registry/planted.ts'],
    ['what others named', "a.old = b['old'];", 'registry/planted.ts'],
    ['a text or a comment', "f('old'); // old", 'registry/planted.ts'],
    ['a word that this room may use', 'const life = 1;', 'bench/planted.ts'],
  ])('let %s pass', (_, text, path) => {
    expect(planted(text, path)).toEqual([]);
  });
});
