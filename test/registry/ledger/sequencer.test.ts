// The sequencer gives every leaf its place, once, whatever storage and rivals do.

import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../ledger/checkpoint.js';
import { type Pool, sqlState } from '../../../registry/database/pool.js';
import { markBehind, markLevel } from '../../../registry/ledger/log-status.js';
import { sequenceRound } from '../../../registry/ledger/sequencer.js';
import { logKeys } from '../../../registry/ledger/signed-log.js';
import { treeOf } from '../../../registry/ledger/tiles.js';
import { aLeaf, commit, ledgerWorld, ORIGIN, useLedgerWorld } from '../../harness/ledger.js';
import * as naive from '../../ledger/naive-tree.js';

const world = useLedgerWorld();

const refused = (pool: Pool, sql: string): Promise<string> =>
  pool.query(sql).then(
    () => 'accepted',
    (error: unknown) => sqlState(error) ?? 'other',
  );

async function leavesInOrder(): Promise<Buffer[]> {
  const { rows } = await world.owner.query<{ seq: string; leaf: Buffer }>(
    'select e.seq, l.leaf from ledger_entry e join ledger_leaf l using (entry_id) order by e.seq',
  );
  expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_, nth) => nth));
  return rows.map(({ leaf }) => leaf);
}

describe('the sequencer', () => {
  it('gives every waiting leaf the next place, and signs the root of the very leaves', async () => {
    await world.accept(300);
    expect(await world.sequence(70)).toBe(300);
    await world.accept(7, true);
    expect(await world.sequence()).toBe(307);
    const leaves = await leavesInOrder();
    const { rows } = await world.owner.query<{ size: string; root: Buffer; note: string }>(
      'select * from ledger_checkpoint order by size',
    );
    expect(rows.map(({ size }) => Number(size))).toEqual([70, 140, 210, 280, 300, 307]);
    for (const { size, root, note } of rows) {
      expect(root).toEqual(naive.root(leaves.slice(0, Number(size))));
      const signed = openCheckpoint(note, logKeys(world.log));
      expect([signed.origin, signed.size, signed.root]).toEqual([ORIGIN, Number(size), root]);
      expect(await treeOf(world.application).root(Number(size))).toEqual(root);
    }
    expect((await world.owner.query('select from ledger_pending')).rowCount).toBe(0);
  });

  it('makes no checkpoint when nothing waits', async () => {
    const before = (await world.owner.query('select from ledger_checkpoint')).rowCount;
    expect(await sequenceRound(world.sequencer, world.log)).toMatchObject({ appended: 0 });
    expect((await world.owner.query('select from ledger_checkpoint')).rowCount).toBe(before);
  });

  it('takes a leaf that was written before others and committed after them', async () => {
    const early = aLeaf();
    const slow = await world.application.connect();
    try {
      await slow.query('begin');
      await slow.query('insert into ledger_leaf (entry_id, business_key, leaf, leaf_hash) values ($1, $2, $3, $4)', [
        early.id,
        early.key,
        early.bytes,
        early.hash,
      ]);
      await slow.query('insert into ledger_pending values ($1)', [early.id]);
      await world.accept(2);
      const size = await world.sequence();
      await slow.query('commit');
      expect(await world.sequence()).toBe(size + 1);
    } finally {
      slow.release();
    }
    const { rows } = await world.owner.query('select entry_id from ledger_entry order by seq desc limit 1');
    expect(rows[0]?.entry_id).toBe(early.id);
  });

  it('of a hundred that say the same at once, one is written', async () => {
    const before = await world.sequence();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, () => commit(world.application, [aLeaf('repayment:the-same')])),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await world.sequence()).toBe(before + 1);
  });

  it('two at once, on as many connections as they like, never sign two roots for one size', async () => {
    const before = await world.sequence();
    let accepting = true;
    const rounds = Array.from({ length: 4 }, async () => {
      while (accepting || (await world.owner.query('select from ledger_pending')).rowCount !== 0)
        await sequenceRound(world.sequencer, world.log, { leavesAtOnce: 3 });
    });
    for (let n = 0; n < 30; n++) await world.accept(5, true);
    accepting = false;
    await Promise.all(rounds);
    const leaves = await leavesInOrder();
    expect(leaves).toHaveLength(before + 150);
    const { rows } = await world.owner.query<{ size: string; root: Buffer }>(
      'select size, root from ledger_checkpoint where size > $1',
      [before],
    );
    expect(rows.length).toBeGreaterThanOrEqual(50);
    for (const { size, root } of rows) expect(root).toEqual(naive.root(leaves.slice(0, Number(size))));
  });

  it('found behind by many at once is behind once, and again after each recovery', async () => {
    const other = await ledgerWorld();
    try {
      const behind = (): Promise<unknown> =>
        Promise.all(
          Array.from({ length: 24 }, (_, n) => markBehind(other.sequencer, { witness: `w${n}`, size: 9, note: 'x' })),
        );
      await behind();
      await markLevel(other.owner, 'mirror', { size: 9, text: 'x' });
      await behind();
      const { rows } = await other.owner.query('select state from ledger_standing order by number');
      expect(rows.map(({ state }) => state)).toEqual(['behind', 'level', 'behind']);
    } finally {
      await other.end();
    }
  });

  it('stops where the tables are not the tree that was signed', async () => {
    const other = await ledgerWorld();
    try {
      await other.accept(3);
      await other.sequence();
      await other.owner.query('alter table ledger_entry disable trigger all');
      await other.owner.query('delete from ledger_entry where seq = 2');
      await other.accept(1);
      await expect(other.sequence()).rejects.toThrow(RangeError);
    } finally {
      await other.end();
    }
  });
});

describe('storage that says no', () => {
  const RECORD = [
    'ledger_leaf',
    'ledger_entry',
    'ledger_hash',
    'ledger_checkpoint',
    'ledger_cosignature',
    'ledger_witnessed',
    'ledger_standing',
    'ledger_superseded',
    'ledger_replayed',
  ];

  it.each(RECORD)('%s: nobody changes, deletes or empties it, its owner neither', async (table) => {
    const { rows } = await world.owner.query<{ column: string }>(
      'select attname as column from pg_attribute where attrelid = $1::regclass order by attnum desc limit 1',
      [table],
    );
    const column = rows[0]?.column;
    for (const pool of [world.application, world.sequencer, world.owner]) {
      for (const sql of [
        `update ${table} set ${column} = ${column}`,
        `delete from ${table}`,
        `truncate ${table} cascade`,
      ])
        expect(await refused(pool, sql), sql).toBe('42501');
    }
  });

  it('the application places nothing and signs nothing; the sequencer writes no fact and no leaf', async () => {
    for (const sql of [
      `insert into ledger_entry values (1000000, gen_random_uuid(), sha256(''))`,
      `insert into ledger_hash values (1, 1000000, sha256(''))`,
      `insert into ledger_checkpoint (size, root, note) values (1000000, sha256(''), '')`,
      `insert into ledger_cosignature (size, witness, line) select size, 'x', 'x' from ledger_checkpoint limit 1`,
      `insert into ledger_witnessed (size, note) select size, 'x' from ledger_checkpoint limit 1`,
      `insert into ledger_standing (number, state, witness, size) values (1, 'level', 'x', 1)`,
      `insert into ledger_superseded select entry_id, entry_id from ledger_leaf limit 1`,
      'delete from ledger_pending',
      'alter table ledger_entry disable trigger all',
      `select ledger_supersede(gen_random_uuid())`,
    ])
      expect(await refused(world.application, sql), sql).toBe('42501');
    for (const sql of [
      `insert into ledger_leaf select gen_random_uuid(), 'x', '', sha256('')`,
      'insert into ledger_pending select entry_id from ledger_leaf limit 1',
      'select from fact',
      'select from subject',
      'update defaulter set stayed = true',
    ])
      expect(await refused(world.sequencer, sql), sql).toBe('42501');
  });

  it('a leaf whose hash is not that of its bytes is not written', async () => {
    const { bytes, ...leaf } = aLeaf();
    await expect(
      commit(world.application, [{ ...leaf, bytes: Buffer.concat([bytes, Buffer.of(32)]) }]),
    ).rejects.toThrow(/ledger_leaf_hash/);
  });
});
