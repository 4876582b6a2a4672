import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WrongUse } from './arguments.js';

const KEY_BYTES = 32;

/**
 * A witness's own key, 32 bytes in base64 in a file of mode 600, made at its first start. It signs checkpoints and nothing else. Throws WrongUse
 * where the file is not that.
 */
export function witnessSeed(folder: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'key');
  if (!existsSync(file))
    writeFileSync(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  const seed = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (seed.length !== KEY_BYTES) throw new WrongUse(`${file}: 密钥须为 32 字节 · the key must be 32 bytes in base64`);
  return seed;
}
