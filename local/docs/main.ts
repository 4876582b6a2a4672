import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootFolder } from '../machine/paths.mjs';
import { say } from '../machine/say.mjs';
import { generatedDocuments, read } from './generated.js';

/** `npm run docs`: writes what the sources say into the documents. */
export async function main(): Promise<number> {
  for (const [path, content] of generatedDocuments()) {
    if (read(path) === content) continue;
    writeFileSync(join(rootFolder, path), content);
    say(`已更新 ${path}`, `${path} is brought up to date`);
  }
  return 0;
}
