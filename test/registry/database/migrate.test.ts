import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseBusy, migrate } from '../../../registry/database/migrate.js';
import { type FreshDatabase, freshDatabase } from '../../harness/database.js';
import { eventually } from '../../harness/eventually.js';

// A version comes while the one before serves: nobody waits for a migration longer than a moment.
let database: FreshDatabase;
let served: pg.Client;
let other: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  [served, other] = await Promise.all([connected(), connected()]);
});
afterAll(async () => {
  await Promise.all([served.end(), other.end()]);
  await database.drop();
});

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.adminUrl, statement_timeout: 3_000 });
  await client.connect();
  return client;
}

const done = async () =>
  (await served.query(`select name from migration where name >= '006' order by name`)).rows.map(({ name }) => name);
const COMPARISON = 'select 1 from subject where id = gen_random_uuid()';
const valid = async (index: string) =>
  (await served.query('select indisvalid as valid from pg_index where indexrelid = to_regclass($1)', [index])).rows[0]
    ?.valid;
/** A deadline as the version before writes it; of a defaulter that is not there, which only the owner may do. */
const written = async (kind: string, about: string, level: number) => {
  await served.query(`set session_replication_role = replica`);
  await served.query(
    `insert into deadline (id, key, defaulter, kind, level, within, due_at)
     values (gen_random_uuid(), $1, gen_random_uuid(), $2, $3, '1d', clock_timestamp())`,
    [`${kind}:${about}:${level}`, kind, level],
  );
  await served.query('reset session_replication_role');
};
/** Somebody's transaction that has looked at a table and goes on. */
async function whileHeld(table: string, work: () => Promise<void>): Promise<void> {
  await other.query('begin');
  await other.query(`select 1 from ${table} limit 1`);
  await work().finally(() => other.query('rollback'));
}

describe('a migration while others serve', () => {
  it('gives up on a table that is held, file by file, and goes on from there', async () => {
    const all = await done();
    // Left behind by a version before.
    await served.query(`
      with erased as (insert into subject (id, kind, name_sealed, canonical_sealed, erased_at)
        values (gen_random_uuid(), 'person', '\\x04', '\\x04', clock_timestamp()) returning id)
      insert into identifier (id, subject, type, alias, number_sealed, index_key, blind, country, fifteen_digits)
        select gen_random_uuid(), id, 'passport', false, '\\x04', 'AIC/2026Q3', decode(repeat('07', 16), 'hex'), 'CHN', false from erased`);
    await served.query(`
      drop table name_index, identity_search; alter table subject drop column name_index_key;
      drop index identity_link_any_subject; alter table deadline drop column about;
      delete from migration where name >= '006'`);
    await whileHeld('retention_rule', async () => {
      await expect(migrate(database.adminUrl)).rejects.toBeInstanceOf(DatabaseBusy);
      expect(await done()).toEqual(all.slice(0, 1));
    });
    await whileHeld('subject', async () => {
      await expect(migrate(database.adminUrl)).rejects.toBeInstanceOf(DatabaseBusy);
      await served.query(COMPARISON);
      expect(await done()).toEqual(all.slice(0, 2));
    });
    await migrate(database.adminUrl);
    expect(await done()).toEqual(all);
    expect((await served.query('select from identifier')).rowCount).toBe(0);
    expect(await valid('identity_link_any_subject')).toBe(true);
  });

  it('builds its indexes beside those who write', async () => {
    await served.query(`alter table deadline drop column about; delete from migration where name >= '0063'`);
    await other.query('begin');
    await other.query('lock table subject in row exclusive mode');
    const migrating = migrate(database.adminUrl);
    migrating.catch(() => undefined);
    await eventually(
      async () =>
        (
          await served.query(
            `select from pg_stat_activity where datname = current_database() and application_name = 'migrate' and wait_event_type = 'Lock'`,
          )
        ).rowCount === 1,
    );
    await served.query('update subject set erased_at = null where id = gen_random_uuid()');
    await other.query('rollback');
    await migrating;
    for (const index of ['subject_without_name_index', 'interception_by_link', 'data_key_destroyed'])
      expect([index, await valid(index)]).toEqual([index, true]);
  });

  it('says what a deadline is about, whichever version wrote it, and writes no row anew', async () => {
    await served.query(`alter table deadline drop column about; delete from migration where name >= '0066'`);
    // The version before knows of keys alone, and goes on writing them while and after the column comes.
    const STOP = '0198c0de-0000-7000-8000-000000000001#2';
    const QUESTION = '9f86d081884c7d659a2feaa0c55ad015';
    await written('answer', STOP, 1);
    const file = () => served.query(`select pg_relation_filenode('deadline') as node`);
    const before = (await file()).rows;
    await whileHeld('deadline', async () => {
      await expect(migrate(database.adminUrl)).rejects.toBeInstanceOf(DatabaseBusy);
      await written('decide', QUESTION, 0);
    });
    await migrate(database.adminUrl);
    await written('decide', QUESTION, 1);
    const { rows } = await served.query('select kind, level, about from deadline order by kind, level');
    expect(rows).toEqual([
      { kind: 'answer', level: 1, about: STOP },
      { kind: 'decide', level: 0, about: QUESTION },
      { kind: 'decide', level: 1, about: QUESTION },
    ]);
    expect((await file()).rows).toEqual(before);
  });
});
