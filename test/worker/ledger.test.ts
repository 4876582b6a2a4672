// Departments witness the log: slow, away or of another mind; and a superuser’s edits are found.

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLog } from '../../audit/full-check.js';
import { parseCheckpoint } from '../../ledger/checkpoint.js';
import { verifiedSignatures } from '../../ledger/note.js';
import { chooseLines, servedCheckpoint } from '../../registry/ledger/checkpoints.js';
import { ledgerHealth } from '../../registry/ledger/log-status.js';
import { receipt } from '../../registry/ledger/receipts.js';
import { logKeys } from '../../registry/ledger/signed-log.js';
import type { Ledger } from '../../worker/ledger/ledger-loops.js';
import { eventually } from '../harness/eventually.js';
import { runLedger, useLedgerWorld, WitnessHost } from '../harness/ledger.js';
import { tableReader } from '../harness/table-reader.js';

const NAMES = ['court', 'TAX', 'AIC', 'PLN'];
const world = useLedgerWorld('test');
let host: WitnessHost;
let running: Ledger | undefined;
beforeEach(async () => {
  host = await WitnessHost.open(world.log, NAMES, tableReader(world.application));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await host.stop();
});

const witnessed = (size: number): Promise<boolean> =>
  eventually(async () => (await ledgerHealth(world.owner)).witnessed >= size);
const published = (size: number): Promise<boolean> =>
  eventually(async () => (await ledgerHealth(world.owner)).size >= size);

describe('witnesses', () => {
  it('cosign what is published, and the served note carries enough of their lines', async () => {
    const policy = host.policy(2);
    running = runLedger(world, policy);
    const [first = ''] = await world.accept(20, true);
    await witnessed(20);
    expect(await receipt(world.application, first)).toMatchObject({ state: 'witnessed', size: 20 });
    const note = parseCheckpoint((await servedCheckpoint(world.application))?.note ?? '');
    const names = policy.witnesses.filter(({ key }) => verifiedSignatures(note.note, [key]).length > 0);
    expect(policy.isQuorum(new Set(names.map(({ name }) => name)))).toBe(true);
    await world.accept(300);
    await witnessed(320);
    const check = await checkLog({ log: tableReader(world.application), logKeys: logKeys(world.log), policy });
    expect(check).toMatchObject({ size: 320, isQuorum: true, problems: [] });
  });

  it('one that is slow and one that is away hold up neither intake nor publication nor the others', async () => {
    running = runLedger(world, host.policy(1));
    await world.accept(1);
    await witnessed(1);
    const slow: ((status: number) => void)[] = [];
    host.onCall = async (path) => {
      if (path.startsWith('/TAX')) return new Promise((answer) => slow.push(answer));
      return path.startsWith('/AIC') ? 500 : undefined;
    };
    await world.accept(50, true);
    await published(51);
    await witnessed(51);
    // All this while it was waited for, and it has answered nothing yet.
    expect([await eventually(() => slow.length > 0 && slow.length), host.givenUp]).toEqual([1, []]);
    for (const answer of slow) answer(503);
    const { rows } = await world.owner.query<{ witness: string }>(
      'select distinct witness from ledger_cosignature where size > 1 order by 1',
    );
    expect(rows.map(({ witness }) => witness)).toEqual(['PLN', 'court']);
  });

  it('too few for too long raise an alarm; facts are published all the same, and witnessed when they come back', async () => {
    const alarms: unknown[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => void alarms.push(JSON.parse(line).alarm) });
    running = runLedger(world, host.policy(2), { logger, alarmMs: 200 });
    await world.accept(3);
    await witnessed(3);
    host.onCall = async (path) => (path.startsWith('/court') ? 503 : undefined);
    await world.accept(3);
    await published(6);
    await eventually(() => alarms.includes('witnesses'));
    expect(await ledgerHealth(world.owner)).toMatchObject({ size: 6, witnessed: 3, isBehind: false });
    host.onCall = async () => undefined;
    await witnessed(6);
  });

  it('none of whom can be heard: nothing is signed before, for a quorum of them might hold more', async () => {
    await host.stop();
    running = runLedger(world, host.policy(2));
    const [first = ''] = await world.accept(5);
    await running.round();
    expect(await receipt(world.application, first)).toMatchObject({ state: 'accepted' });
    await host.start();
    await witnessed(5);
  });

  it('two processes that both sequence and both ask agree', async () => {
    running = runLedger(world, host.policy(2));
    const other = runLedger(world, host.policy(2));
    for (let n = 0; n < 10; n++) await world.accept(7, true);
    await witnessed(70);
    await other.stop();
    expect((await ledgerHealth(world.owner)).isBehind).toBe(false);
  });

  it('a process that starts while another signs is not behind: what it holds is read when they have answered', async () => {
    const policy = host.policy(2);
    running = runLedger(world, policy);
    await world.accept(5);
    await witnessed(5);
    let received = 0;
    host.onCall = async (path) => {
      if (!path.endsWith('/checkpoint') || path.endsWith('/add-checkpoint')) return undefined;
      received += 1;
      await world.accept(1);
      await witnessed(6);
      return undefined;
    };
    const other = runLedger(world, policy);
    await other.round();
    await other.stop();
    expect(received).toBe(NAMES.length);
    expect((await ledgerHealth(world.owner)).isBehind).toBe(false);
  });

  it('of more lines than a reader must accept, those are kept that are enough', () => {
    const policy = host.policy(2);
    const names = ['PLN', 'AIC', 'TAX', 'court', 'stranger'];
    expect(chooseLines(names, policy, 3)).toEqual(['PLN', 'AIC', 'court']);
    expect(chooseLines(names, policy, 2)).toBeUndefined();
    expect(chooseLines(['PLN', 'AIC', 'TAX'], policy, 15)).toBeUndefined();
  });
});

describe('a superuser who edits', () => {
  beforeEach(async () => {
    running = runLedger(world, host.policy(2));
    await world.accept(300);
    await witnessed(300);
    await host.mirrored('court');
    for (const table of ['ledger_entry', 'ledger_leaf', 'ledger_hash', 'ledger_checkpoint'])
      await world.owner.query(`alter table ${table} disable trigger all`);
  });

  const problems = async (): Promise<string> =>
    checkLog({ log: tableReader(world.application), logKeys: logKeys(world.log) }).then(
      (check) => check.problems.join('\n'),
      (error: Error) => error.message,
    );

  it('a place in the tree: the next witness refuses, and the check names the tile', async () => {
    await world.owner.query(`update ledger_entry set leaf_hash = sha256('another') where seq = 290`);
    await world.accept(1);
    await published(301);
    await eventually(async () => (await host.refused()).length >= NAMES.length);
    expect((await ledgerHealth(world.owner)).witnessed).toBe(300);
    expect(await problems()).toContain('entry 290: tile/entries/001.p/45 and tile/0/001.p/45 do not agree');
  });

  it('a leaf, also one that is long under others: the check names the entry', async () => {
    await world.owner.query('alter table ledger_leaf drop constraint ledger_leaf_hash');
    await world.owner.query(
      `update ledger_leaf set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'clerk', 'judge'), 'UTF8')
       where entry_id = (select entry_id from ledger_entry where seq = 17)`,
    );
    expect(await problems()).toContain('entry 17: tile/entries/000 and tile/0/000 do not agree');
  });

  it('the hash of a tile, a checkpoint’s root, a checkpoint’s note', async () => {
    await world.owner.query(`update ledger_hash set hash = sha256('another')`);
    expect(await problems()).toContain('tile/1/000.p/1: hash 0 is not that of the tile below');
    await world.accept(1);
    await published(301);
    await eventually(async () => (await host.refused()).length >= NAMES.length);
    await world.owner.query(`update ledger_checkpoint set note = replace(note, E'\\n301\\n', E'\\n302\\n')`);
    expect(await problems()).toContain('does not verify');
  });

  it('rows taken from the end: the sequencer stops, and what witnesses hold says so', async () => {
    await world.owner.query(
      'alter table ledger_cosignature disable trigger all; alter table ledger_witnessed disable trigger all',
    );
    await world.owner.query(
      'delete from ledger_witnessed; delete from ledger_cosignature; delete from ledger_checkpoint; delete from ledger_hash; delete from ledger_entry',
    );
    await eventually(async () => (await ledgerHealth(world.owner)).isBehind);
    await world.accept(3);
    await running?.round();
    expect(await ledgerHealth(world.owner)).toMatchObject({ size: 0, isBehind: true });
  });
});
