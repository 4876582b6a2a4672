import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { checkLog } from '../../audit/full-check.js';
import { openCheckpoint } from '../../ledger/checkpoint.js';
import { rootFolder } from '../../local/places.mjs';
import { logKeys } from '../../registry/ledger-log.js';
import { treeOf } from '../../registry/ledger-tiles.js';
import { type LedgerWorld, ledgerWorld } from '../harness/ledger.js';
import { tableReader } from '../harness/table-reader.js';

const KILLS = 200;
/** At once, on one log: the lock changes hands when its holder dies. */
const PROCESSES = 4;
const LEAVES = 6_000;

let world: LedgerWorld;
beforeAll(async () => {
  world = await ledgerWorld();
});
afterAll(() => world.end());

async function startAndKill(): Promise<void> {
  const child = fork(join(rootFolder, 'dist', 'test', 'journeys', 'sequencer-process.js'), {
    execArgv: [],
    env: {
      ...process.env,
      SEQUENCER_DATABASE_URL: world.database.sequencerUrl,
      KEY_RING_FILE: inject('keyRingFile'),
      LEDGER_ORIGIN: world.log.origin,
    },
  });
  const ended = once(child, 'exit');
  await Promise.race([once(child, 'message'), ended]);
  await pause(Math.random() * 25);
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
}

it(`killed at ${KILLS} random moments, the sequencer leaves a contiguous log with one root for each size`, async () => {
  await world.accept(LEAVES);
  let left = KILLS;
  await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      while (left-- > 0) await startAndKill();
    }),
  );
  const { rows } = await world.owner.query<{ size: string; root: Buffer; note: string }>(
    'select size, root, note from ledger_checkpoint order by size',
  );
  // They did work, and were not done.
  expect(rows.length).toBeGreaterThan(KILLS / 2);
  expect(Number(rows.at(-1)?.size)).toBeLessThan(LEAVES);
  for (const { size, root, note } of rows) {
    expect(await treeOf(world.application).root(Number(size))).toEqual(root);
    expect(openCheckpoint(note, logKeys(world.log))).toMatchObject({ size: Number(size), root });
  }
  expect(await world.sequence()).toBe(LEAVES);
  const check = await checkLog({ log: tableReader(world.application), logKeys: logKeys(world.log) });
  expect(check).toMatchObject({ size: LEAVES, problems: [] });
});
