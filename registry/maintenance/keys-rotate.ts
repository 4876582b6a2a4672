import { parseArgs } from 'node:util';
import { createPool } from '../database/pool.js';
import { requireKnownKeys } from '../keys/data-keys.js';
import { readKeyRing } from '../keys/key-ring.js';
import type { Progress } from './batches.js';
import { dropOldIndex, fillIndex } from './index-rotation.js';
import { renewDataKeys, retireUnusedKeys, rewrapDataKeys, sweepSealedValues } from './key-rotation.js';

const USAGE = `用法 / usage: npm run keys:rotate [-- --renew-before INSTANT] [--drop-old-index]
  把数据密钥改由当前密钥包裹，把旧值逐步重新加密，并在新的索引密钥下建立第二套盲索引。可随时中断并重新运行。
  Wraps data keys under the active key, seals older values anew, and fills the second index. It can be stopped and run again at any time.
  --renew-before INSTANT  在此时刻之前生成的数据密钥全部更换 / new data keys in place of those made before (RFC 3339)
  --drop-old-index        删除旧索引：须先确认所有进程都已使用新的索引密钥 / drop the old index: only once every process uses the new index key
DATABASE_URL: 数据表所有者 / the owner of the tables; KEY_RING_FILE: 密钥环 / the key ring`;

/** Throws for arguments it does not know. */
function readArguments(): { renewBefore?: string; dropOldIndex: boolean } {
  const { values } = parseArgs({
    options: { 'renew-before': { type: 'string' }, 'drop-old-index': { type: 'boolean' } },
  });
  const before = values['renew-before'];
  if (before !== undefined && !Number.isFinite(Date.parse(before))) throw new Error('not an instant');
  return { dropOldIndex: values['drop-old-index'] ?? false, ...(before === undefined ? {} : { renewBefore: before }) };
}

/** The operator's command. Exit code 2 for arguments or settings that are wrong, 1 where a key is missing. */
async function main(): Promise<number> {
  let given: ReturnType<typeof readArguments>;
  try {
    given = readArguments();
  } catch {
    console.error(USAGE);
    return 2;
  }
  const { DATABASE_URL: connectionString, KEY_RING_FILE: file } = process.env;
  if (!connectionString || !file) {
    console.error(`DATABASE_URL or KEY_RING_FILE is not set\n${USAGE}`);
    return 2;
  }
  const ring = readKeyRing(file);
  const pool = createPool({ connectionString, applicationName: 'keys-rotate', max: 1, statementTimeoutMs: 0 });
  const progress: Progress = (step, done) => console.log(`${step}: ${done}`);
  try {
    await requireKnownKeys(pool, ring);
    await rewrapDataKeys(pool, ring, progress);
    if (given.renewBefore !== undefined) await renewDataKeys(pool, ring, given.renewBefore, progress);
    await sweepSealedValues(pool, ring, progress);
    await fillIndex(pool, ring, progress);
    if (given.dropOldIndex) await dropOldIndex(pool, ring, progress);
    const unused = await retireUnusedKeys(pool, ring);
    for (const { id, purpose } of unused) {
      console.log(
        `${purpose === 'seal' ? 'keys' : 'indexKeys'}.${id}: 已无数据使用，可从密钥环移除 / nothing is left under it, it may leave the ring`,
      );
    }
    console.log('完成。 / Done.');
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : 'failed');
    return 1;
  } finally {
    await pool.end();
  }
}

process.exitCode = await main();
