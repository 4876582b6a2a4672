// Sequencers are killed two hundred times: the log has no gap and one root for each size.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, inject, it } from 'vitest';
import { checkLog } from '../../audit/full-check.js';
import { openCheckpoint } from '../../ledger/checkpoint.js';
import { rootFolder } from '../../local/machine/paths.mjs';
import { logKeys } from '../../registry/ledger/signed-log.js';
import { treeOf } from '../../registry/ledger/tiles.js';
import { useLedgerWorld } from '../harness/ledger.js';
import { tableReader } from '../harness/table-reader.js';

const KILLS = 200;
/** At once, on one log: the lock changes hands when its holder dies. */
const PROCESSES = 4;
const LEAVES = 1_000;

const world = useLedgerWorld();

/** As many leaves as were placed come after: there is always a next round to be killed in. */
const further: Promise<string[]>[] = [];

/** Lives for so many of its rounds, and a moment. */
async function startAndKill(rounds: number): Promise<void> {
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
  const received = once(child, 'disconnect');
  child.on('message', (placed: number) => {
    if (placed > 0) further.push(world.accept(placed));
  });
  for (let message = 0; message <= rounds; message++) await Promise.race([once(child, 'message'), ended]);
  await pause(Math.random() * 10);
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  await received;
}

it('killed at two hundred random moments, the sequencer leaves a contiguous log with one root for each size', async () => {
  await world.accept(LEAVES);
  let left = KILLS;
  await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      while (left-- > 0) await startAndKill(left % 4);
    }),
  );
  const { rows } = await world.owner.query<{ size: string; root: Buffer; note: string }>(
    'select size, root, note from ledger_checkpoint order by size',
  );
  const accepted = LEAVES + (await Promise.all(further)).flat().length;
  // They did work, and were not done.
  expect(rows.length).toBeGreaterThan(KILLS);
  expect(Number(rows.at(-1)?.size)).toBeLessThan(accepted);
  for (const { size, root, note } of rows) {
    expect(await treeOf(world.application).root(Number(size))).toEqual(root);
    expect(openCheckpoint(note, logKeys(world.log))).toMatchObject({ size: Number(size), root });
  }
  expect(await world.sequence()).toBe(accepted);
  const check = await checkLog({ log: tableReader(world.application), logKeys: logKeys(world.log) });
  expect(check).toMatchObject({ size: accepted, problems: [] });
});
