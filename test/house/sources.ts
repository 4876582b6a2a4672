// What the tests of the house read: the sources of all rooms, as files and as syntax trees.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type ParserPlugin, parse } from '@babel/parser';
import { rootFolder } from '../../local/machine/paths.mjs';

/** A source: its path below the product's folder and its text. */
export interface Source {
  path: string;
  text: string;
}

/** A node of the syntax tree; what else it has depends on its type (Babel's own names). */
export interface Node {
  type: string;
  loc: { start: { line: number; column: number }; end: { line: number; column: number } };
  [member: string]: unknown;
}

/** Every file below these folders, by path below the product's folder, in the order of the alphabet. */
export function filesBelow(folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) => readdirSync(join(rootFolder, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(rootFolder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}

/** `.mts`: the types that stand beside an `.mjs`; they have its names, and no length of their own. */
const SOURCES = ['.ts', '.tsx', '.mjs', '.mts'];
export const isDeclarations = ({ path }: Source): boolean => path.endsWith('.mts');

export const sourcesOf = (rooms: readonly string[]): Source[] =>
  filesBelow(rooms)
    .filter((path) => SOURCES.includes(extname(path)))
    .map((path) => ({ path, text: readFileSync(join(rootFolder, path), 'utf8') }));

/** All nodes of a source, each before what it holds. */
export function* nodesOf({ path, text }: Source): Generator<Node> {
  const typescript: ParserPlugin = ['typescript', { dts: path.endsWith('.mts') }];
  const plugins: ParserPlugin[] = path.endsWith('.mjs')
    ? []
    : [typescript, ...(path.endsWith('x') ? ['jsx' as const] : [])];
  const waiting: unknown[] = [parse(text, { sourceType: 'module', sourceFilename: path, plugins }).program];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (Array.isArray(value)) waiting.push(...value.toReversed());
    else if (isNode(value)) {
      yield value;
      for (const member of Object.keys(value).reverse()) if (!BESIDE.has(member)) waiting.push(value[member]);
    }
  }
}

/** Members of a node that hold no part of it. */
const BESIDE = new Set(['loc', 'extra', 'leadingComments', 'trailingComments', 'innerComments']);

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'loc' in value;
