import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootFolder } from '../machine/paths.mjs';
import { say } from '../machine/say.mjs';
import { withMigratedDatabase } from './empty-database.js';
import { generatedDocuments, read, SCHEMA } from './generated.js';
import { schemaDocument } from './schema.js';

/** `npm run docs`: writes what the sources say into the documents. */
export async function main(stopping: AbortSignal): Promise<number> {
  const schema = await withMigratedDatabase(stopping, schemaDocument);
  for (const [path, content] of [...generatedDocuments(), [SCHEMA, schema] as const]) {
    if (existsSync(join(rootFolder, path)) && read(path) === content) continue;
    writeFileSync(join(rootFolder, path), content);
    say(`已更新 ${path}`, `${path} is brought up to date`);
  }
  return 0;
}
