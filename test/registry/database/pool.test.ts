// What transactions promise to the code above them: order, all or nothing, and one lasting answer.

import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { once } from '../../../registry/database/idempotency.js';
import {
  allAnswered,
  createPool,
  gather,
  inTransaction,
  send,
  sqlState,
  type Transaction,
} from '../../../registry/database/pool.js';
import { useWorld } from '../../harness/world.js';

describe('a transaction', () => {
  const world = useWorld();
  beforeAll(async () => {
    const owner = new pg.Client({ connectionString: world.adminUrl });
    await owner.connect();
    await owner.query('create table pair (id int primary key, value text not null)');
    await owner.query('grant select, insert, update on pair to enforcement_application');
    await owner.end();
  });

  const values = async (): Promise<string[]> =>
    (await world.pool.query<{ value: string }>('select value from pair order by id')).rows.map((row) => row.value);

  it('keeps what was sent and not awaited, in order', async () => {
    await inTransaction(world.pool, async (tx) => {
      send(tx, 'insert into pair values ($1, $2)', [1, 'first']);
      send(tx, 'update pair set value = $2 where id = $1', [1, 'second']);
      send(tx, 'insert into pair values ($1, $2)', [2, 'third']);
    });
    expect(await values()).toEqual(['second', 'third']);
  });

  it('writes nothing when something sent has failed, and tells that failure rather than what came of it', async () => {
    const before = await values();
    const failure = await inTransaction(world.pool, async (tx) => {
      send(tx, 'insert into pair values ($1, $2)', [3, 'lost']);
      send(tx, 'insert into pair values ($1, $2)', [1, 'a second one of this key']);
      send(tx, 'insert into pair values ($1, $2)', [4, 'lost too']);
      return tx.query('select 1 as one', []);
    }).catch((error: unknown) => error);
    expect(sqlState(failure)).toBe('23505');
    expect(await values()).toEqual(before);
  });

  const write = (tx: Transaction, rows: readonly [number, string][]): void => {
    statements.push(rows.length);
    send(tx, 'insert into pair select * from unnest($1::int[], $2::text[])', [
      rows.map(([id]) => id),
      rows.map(([, value]) => value),
    ]);
  };
  const statements: number[] = [];

  it('writes what was gathered in one statement: with the commit, or before anything is asked', async () => {
    const before = await values();
    const seen = await inTransaction(world.pool, async (tx) => {
      gather(tx, write, [[20, 'a']]);
      send(tx, 'update pair set value = value where id = $1', [1]);
      gather(tx, write, [[21, 'b']]);
      const { rows } = await tx.query<{ n: number }>('select count(*)::int as n from pair where id in (20, 21)', []);
      gather(tx, write, [[22, 'c']]);
      return rows[0]?.n;
    });
    expect(seen).toBe(2);
    expect(await values()).toEqual([...before, 'a', 'b', 'c']);
    expect(statements.splice(0)).toEqual([2, 1]);
  });

  it('forgets what was gathered with what is rolled back, and the next on its connection begins with nothing', async () => {
    const before = await values();
    const alone = createPool({ connectionString: world.adminUrl, applicationName: 'test', max: 1 });
    try {
      await expect(
        inTransaction(alone, async (tx) => {
          gather(tx, write, [[30, 'lost']]);
          throw new Error('refused');
        }),
      ).rejects.toThrow('refused');
      await inTransaction(alone, async (tx) => {
        gather(tx, write, [[31, 'kept']]);
        await tx.query('savepoint refusing');
        gather(tx, write, [[32, 'lost']]);
        await tx.query('insert into pair values (1, $1)', ['taken']).catch(() => undefined);
        gather(tx, write, [[33, 'lost']]);
        await tx.query('rollback to savepoint refusing');
        gather(tx, write, [[34, 'kept too']]);
      });
    } finally {
      await alone.end();
    }
    expect(await values()).toEqual([...before, 'kept', 'kept too']);
    statements.length = 0;
  });

  it('says at once that what was gathered cannot be written, where all is asked to be answered', async () => {
    await expect(
      inTransaction(world.pool, async (tx) => {
        gather(tx, write, [[1, 'taken']]);
        await allAnswered(tx);
        throw new Error('too late');
      }),
    ).rejects.toMatchObject({ code: '23505' });
    statements.length = 0;
  });

  it('tells what failed, not that what was gathered before could not follow it', async () => {
    await expect(
      inTransaction(world.pool, async (tx) => {
        const failed = tx.query('insert into pair values ($1, $2)', [1, 'taken']);
        gather(tx, write, [[40, 'lost']]);
        await failed;
      }),
    ).rejects.toMatchObject({ code: '23505' });
    statements.length = 0;
  });

  it('is run again when what was sent ran into a deadlock, and is then kept once', async () => {
    await world.pool.query('insert into pair values (10, $1), (11, $1)', ['-']);
    let locked = 0;
    let bothLocked = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      bothLocked = resolve;
    });
    const cross = (mine: number, theirs: number) =>
      inTransaction(world.pool, async (tx) => {
        send(tx, 'update pair set value = value || $2 where id = $1', [mine, String(mine)]);
        await allAnswered(tx);
        locked += 1;
        if (locked >= 2) bothLocked();
        await both;
        send(tx, 'update pair set value = value || $2 where id = $1', [theirs, String(mine)]);
      });
    await Promise.all([cross(10, 11), cross(11, 10)]);
    const { rows } = await world.pool.query<{ value: string }>(
      'select value from pair where id in (10, 11) order by id',
    );
    expect(rows.map((row) => [...row.value.matchAll(/1[01]/g)].map(String).sort())).toEqual([
      ['10', '11'],
      ['10', '11'],
    ]);
  });

  it('gives a lasting answer although something sent before it had failed, and keeps nothing of the work', async () => {
    const before = await values();
    const outcome = await once(
      world.pool,
      { client: 'court:test', key: 'a', fingerprint: Buffer.alloc(32, 1) },
      {
        run: async (tx) => {
          send(tx, 'insert into pair values ($1, $2)', [5, 'lost']);
          throw new RangeError('refused');
        },
        lasting: (error) => (error instanceof RangeError ? { status: 409, body: '{}' } : undefined),
      },
    );
    expect(outcome).toMatchObject({ kind: 'answered', answer: { status: 409 } });
    expect(await values()).toEqual(before);
  });

  it('refuses to send outside of one', async () => {
    const client = await world.pool.connect();
    try {
      expect(() => send(client, 'select $1::int', [1])).toThrow('outside a transaction');
    } finally {
      client.release();
    }
  });
});
