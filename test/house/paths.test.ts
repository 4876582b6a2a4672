// Documents do not rot: every file of the tree that they name is there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rootFolder } from '../../local/machine/paths.mjs';
import { ROOMS } from '../../local/setup/rooms.mjs';
import { filesBelow } from './sources.js';

const documents = [...readdirSync(rootFolder), ...filesBelow(['docs'])].filter((path) => path.endsWith('.md'));

/** Every file's name without its folder: documents name a neighbour so. */
const names = new Set([...ROOMS, 'docs'].flatMap((folder) => filesBelow([folder])).map((path) => basename(path)));

/** Folders at the top of which something named in backticks is a file of ours. */
const FOLDERS: readonly string[] = [...ROOMS, 'docs'];

/** What stands in a document, less its fenced blocks: those show calls and drawings. */
const prose = (document: string): string => document.replaceAll(/^(```|~~~).*?^\1/gms, '');

/** `a/{b,c}.ts` names two. */
const expanded = (path: string): string[] => {
  const [whole, before = '', choices = '', after = ''] = /^(.*?)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  return whole === undefined ? [path] : choices.split(',').flatMap((choice) => expanded(before + choice + after));
};

const isThere = (path: string): boolean => existsSync(join(rootFolder, path));

/** Names in backticks that look like a file of the tree, and links within it, that lead nowhere. */
function deadPaths(path: string, document: string): string[] {
  const text = prose(document);
  const quoted = [...text.matchAll(/`([\w.@{},/-]+)`/g)].flatMap(([, name = '']) => expanded(name));
  const files = quoted.filter((name) => name.includes('/') && FOLDERS.includes(name.split('/')[0] ?? ''));
  const neighbours = quoted.filter((name) => /^[\w.-]+\.(ts|tsx|mjs|sql)$/.test(name));
  const links = [...text.matchAll(/\]\(([^)\s#:]+)(#[^)\s]*)?\)/g)].map(([, target = '']) =>
    join(dirname(path), target),
  );
  return [
    ...files.filter((name) => !isThere(name)),
    ...neighbours.filter((name) => !names.has(name) && !isThere(name)),
    ...links.filter((target) => !isThere(target)),
  ].map((name) => `${path}: ${name}`);
}

describe('documents', () => {
  it.each(documents)('%s names files that are there', (path) => {
    expect(deadPaths(path, readFileSync(join(rootFolder, path), 'utf8'))).toEqual([]);
  });

  it.each([
    '`domain/gone.ts`',
    '`domain/gone/`',
    '`registry/case/{outbox,gone}.ts`',
    '`gone.ts`',
    '[gone](gone.md#here)',
  ])('are caught naming %s', (text) => {
    expect(deadPaths('docs/planted.md', `See ${text}.`)).toHaveLength(1);
  });

  it.each([
    '`domain/calendar.ts`',
    '`domain/`',
    '`calendar.ts`',
    '[rules](rules.md#who-is-it)',
    '[others](https://example.org/a.md)',
    '`/v1/cases`',
    '`npm run docs`',
    '```\ndomain/gone.ts\n`domain/gone.ts`\n```',
  ])('may say %s', (text) => {
    expect(deadPaths('docs/planted.md', `See\n${text}\n`)).toEqual([]);
  });
});
