// The database is restored from an old back-up: the log stops, and goes on only after what witnesses hold.

import request from 'supertest';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createApplication } from '../../api/application.js';
import { checkLog } from '../../audit/full-check.js';
import { openCheckpoint } from '../../ledger/checkpoint.js';
import { folderLog } from '../../ledger/log-reader.js';
import type { Policy } from '../../ledger/policy.js';
import { readKeyRing } from '../../registry/keys/key-ring.js';
import { latestCheckpoint } from '../../registry/ledger/checkpoints.js';
import { ledgerHealth, markBehind, markLevel } from '../../registry/ledger/log-status.js';
import { receipt } from '../../registry/ledger/receipts.js';
import { sequenceRound } from '../../registry/ledger/sequencer.js';
import { logKeys } from '../../registry/ledger/signed-log.js';
import { RecoveryRefused, recoverFromMirror } from '../../registry/maintenance/ledger-recovery.js';
import type { Ledger } from '../../worker/ledger/ledger-loops.js';
import { backUp } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { aLeaf, commit, type LedgerWorld, ledgerWorld, runLedger, silent, WitnessHost } from '../harness/ledger.js';
import { tableReader } from '../harness/table-reader.js';

const [N, M] = [290, 600];
const KEY = 'acknowledged:TAX:17';

let world: LedgerWorld;
let restored: LedgerWorld;
let host: WitnessHost;
let policy: Policy;
let running: Ledger | undefined;
/** Waited for its place when the back-up was made. */
let waiting = '';

beforeEach(async () => {
  world = await ledgerWorld();
  await world.accept(N);
  await world.sequence();
  [waiting = ''] = await world.accept(1);
  await world.close();
  const backup = await backUp(world.database);

  const grown = await ledgerWorld(world.database);
  host = await WitnessHost.open(grown.log, ['court', 'TAX'], tableReader(grown.application));
  policy = host.policy(1);
  running = runLedger(grown, policy);
  await commit(grown.application, [aLeaf(KEY)]);
  await grown.accept(M - N - 2);
  await witnessed(grown, M);
  await host.mirrored('court');
  await running.stop();
  running = undefined;
  world = grown;
  restored = await ledgerWorld(backup);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await host.stop();
  await Promise.all([world.end(), restored.end()]);
});

const witnessed = (of: LedgerWorld, size: number): Promise<boolean> =>
  eventually(async () => (await ledgerHealth(of.owner)).witnessed >= size);
const behind = (): Promise<boolean> => eventually(async () => (await ledgerHealth(restored.owner)).isBehind);
const mirror = () => folderLog(host.mirrorFolder('court'));

describe('a database restored from an old back-up', () => {
  it('signs nothing, says so, takes facts, and goes on where it was once the record is replayed from a mirror', async () => {
    const app = createApplication({
      pool: restored.application,
      ring: readKeyRing(inject('keyRingFile')),
      logger: silent,
      log: restored.log,
    });
    running = runLedger(restored, policy);
    await behind();
    const meanwhile = aLeaf();
    const again = aLeaf(KEY);
    const after = aLeaf(`acknowledged:TAX:18`, again.hash);
    await commit(restored.application, [meanwhile, again]);
    await running.round();
    expect((await latestCheckpoint(restored.owner))?.size).toBe(N);
    expect(await receipt(restored.application, meanwhile.id)).toMatchObject({ state: 'accepted' });
    const ready = await request(app).get('/readyz');
    expect([ready.status, ready.body.degraded]).toEqual([200, expect.arrayContaining(['ledger: behind'])]);

    const { from, to, root } = await recoverFromMirror(restored.owner, restored.log, policy, mirror());
    expect([from, to]).toEqual([N, M]);
    expect(root).toEqual((await latestCheckpoint(world.owner))?.root);
    expect((await latestCheckpoint(restored.owner))?.note).toBe((await latestCheckpoint(world.owner))?.note);
    // What waited then has the place it had; what was written again under a key of before is that leaf.
    expect(await receipt(restored.application, waiting)).toMatchObject({ index: N });
    const written = await receipt(restored.application, again.id);
    expect(written).toMatchObject({ state: 'published' });
    expect(written?.leafHash).not.toBe(again.hash.toString('hex'));

    await commit(restored.application, [after]);
    await witnessed(restored, M + 3);
    expect((await request(app).get('/readyz')).body.degraded).not.toContain('ledger: behind');
    const check = await checkLog({ log: tableReader(restored.application), logKeys: logKeys(world.log), policy });
    expect(check).toMatchObject({ size: M + 3, isQuorum: true, problems: [] });
    const { rows } = await restored.owner.query(
      'select count(distinct witness)::int as n from ledger_cosignature where size = $1',
      [M + 3],
    );
    expect(rows[0]?.n).toBe(2);
  });

  it('a fact sent again after the recovery finds its leaf, and is in the record once', async () => {
    await recoverFromMirror(restored.owner, restored.log, policy, mirror());
    const again = aLeaf(KEY);
    await commit(restored.application, [again]);
    running = runLedger(restored, policy);
    await witnessed(restored, M + 1);
    const replayed = await receipt(restored.application, again.id);
    expect(Number(replayed?.index)).toBeLessThan(M);
    const check = await checkLog({ log: tableReader(restored.application), logKeys: logKeys(world.log) });
    expect(check).toMatchObject({ size: M + 1, problems: [] });
  });

  it('found behind though nothing is missing goes on; where the mirror holds less than what was found ahead it does not', async () => {
    await recoverFromMirror(restored.owner, restored.log, policy, mirror());
    await markBehind(restored.owner, { witness: 'court', size: M + 1 });
    const short = recoverFromMirror(restored.owner, restored.log, policy, mirror());
    await expect(short).rejects.toThrow(RecoveryRefused);
    await markLevel(restored.owner, 'by hand', { size: M, text: '' });
    await markBehind(restored.owner, { witness: 'court', size: M });
    const { from, to } = await recoverFromMirror(restored.owner, restored.log, policy, mirror());
    expect([from, to]).toEqual([M, M]);
    expect((await ledgerHealth(restored.owner)).isBehind).toBe(false);
  });

  it('found behind by a note of another history is not said to be whole', async () => {
    await restored.accept(10);
    await restored.sequence();
    const forked = (await latestCheckpoint(restored.owner))?.note;
    await markBehind(world.owner, { witness: 'court', size: N + 11, ...(forked ? { note: forked } : {}) });
    const whole = recoverFromMirror(world.owner, world.log, policy, mirror());
    await expect(whole).rejects.toThrow(RecoveryRefused);
    expect((await ledgerHealth(world.owner)).isBehind).toBe(true);
  });

  it('that went on anyway is refused by every witness: 409, and 422 once it has caught up in size', async () => {
    await restored.accept(10);
    await restored.sequence();
    expect(await asked(N)).toBe(409);
    await restored.accept(M - N);
    while ((await sequenceRound(restored.sequencer, restored.log)).appended > 0);
    expect((await latestCheckpoint(restored.owner))?.size).toBeGreaterThan(M);
    expect(await asked(M)).toBe(422);
    expect(await host.refused()).toHaveLength(1);
    const lost = recoverFromMirror(restored.owner, restored.log, policy, mirror());
    await expect(lost).rejects.toThrow(RecoveryRefused);
  });

  it('is not recovered from another history, from what no witness has seen, or from a mirror that was changed', async () => {
    await restored.accept(1);
    await restored.sequence();
    const other = recoverFromMirror(restored.owner, restored.log, policy, mirror());
    await expect(other).rejects.toThrow(/another history|entries have not the root/);
    const strangers = await WitnessHost.open(world.log, ['nobody']);
    const unseen = recoverFromMirror(restored.owner, restored.log, strangers.policy(0), mirror());
    await expect(unseen).rejects.toThrow(/no known witness/);
    await strangers.stop();
    expect(await ledgerHealth(restored.owner)).toMatchObject({ size: N + 2 });
  });

  it('says by whom it was noticed, with the note that proves it', async () => {
    running = runLedger(restored, host.policy(0));
    await behind();
    const { rows } = await restored.owner.query('select witness, size, note from ledger_standing');
    expect(rows).toMatchObject([{ witness: expect.stringMatching(/^(court|TAX)$/), size: String(M) }]);
    expect(openCheckpoint(rows[0]?.note, logKeys(world.log)).size).toBe(M);
  });
});

/** What a witness answers to the restored log's last checkpoint, asked from `old`. */
async function asked(old: number): Promise<number> {
  const checkpoint = await latestCheckpoint(restored.owner);
  if (!checkpoint) throw new Error('nothing was signed');
  const body = `old ${old}\n\n${checkpoint.note}`;
  return (await fetch(`${host.url('TAX')}/add-checkpoint`, { method: 'POST', body })).status;
}
