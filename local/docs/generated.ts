import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootFolder } from '../machine/paths.mjs';
import { rulesDocument } from './rules-table.js';
import { type StateTable, stateDiagram, stateTable, walkStates } from './state-diagram.js';

/** Made from a database that the migrations made, so not among the others: `schema.ts`. */
export const SCHEMA = join('docs', 'schema.sql');

/** The documents that need no server and are wholly or partly made from the sources, by path in the product's folder, as they should read now. */
export function generatedDocuments(states: StateTable = walkStates()): Map<string, string> {
  const architecture = join('docs', 'architecture.md');
  const drawn = fill(read(architecture), 'diagram', `\`\`\`mermaid\n${stateDiagram(states)}\n\`\`\``);
  return new Map([
    [architecture, fill(drawn, 'table', stateTable(states))],
    [join('docs', 'rules.md'), rulesDocument()],
  ]);
}

export const read = (path: string): string => readFileSync(join(rootFolder, path), 'utf8');

/** The document with what stands between the marks of this name replaced. Throws when it has no such marks. */
function fill(document: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: made by npm run docs -->`, `<!-- end of ${name} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document has no place for the ${name}`);
  return `${document.slice(0, from)}${begin}\n\n${content}\n\n${document.slice(to)}`;
}
