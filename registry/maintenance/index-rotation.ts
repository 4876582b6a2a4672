import { uuidv7 } from 'uuidv7';
import { normaliseNumber } from '../../domain/identity/identifier.js';
import type { Pool, Transaction } from '../database/pool.js';
import { keptDataKeyOf } from '../keys/data-keys.js';
import { activeBlind, decrypt, encrypt, type KeyRing } from '../keys/key-ring.js';
import { reindexNames } from '../parties/name-index.js';
import { underOwnKey } from '../parties/token-index.js';
import { BATCH, inBatches, type Progress, resumable } from './batches.js';

// Changing the key under which numbers and names are found, while everything runs: a second index is filled, then the old one dropped.

/** Rows by which a number is found: one per index key. */
interface BlindTable {
  table: 'identifier' | 'identity_exception_number';
  /** SQL of the subject whose number it is, in a row `t`. */
  subject: string;
  /** What a row has beside id, encrypted number, index key and blind. */
  rest: string;
  /** What, with the blind, makes two rows the same. */
  same: string;
}

const BLIND_TABLES: readonly BlindTable[] = [
  {
    table: 'identifier',
    subject: 't.subject',
    rest: 'subject, type, country, alias, valid_from, valid_until, fifteen_digits, link, revoked_at',
    same: 'o.subject = t.subject and o.link is not distinct from t.link',
  },
  {
    table: 'identity_exception_number',
    subject: '(select e.subject from identity_exception e where e.id = t.exception)',
    rest: 'exception, type, country',
    same: 'o.exception = t.exception',
  },
];

/** Gives every number a second blind row under the active index key; comparisons ask under both. Moves the other blind columns. */
export async function fillIndex(pool: Pool, ring: KeyRing, progress: Progress): Promise<void> {
  for (const blinds of BLIND_TABLES) {
    await resumable(pool, blinds.table, ring.activeIndex, progress, async (tx, cursor) => {
      const rows = await oldBlindRows(tx, ring, blinds, cursor);
      for (const row of rows) await addBlindRow(tx, ring, blinds, row);
      return { done: rows.length, cursor: rows.at(-1)?.id };
    });
  }
  await fillNameIndex(pool, ring, progress);
  await reindex(pool, ring, progress, {
    table: 'restriction',
    column: 'asset_sealed',
    blind: 'asset_blind',
    type: `'asset:' || asset_type`,
  });
  await reindex(pool, ring, progress, {
    table: 'interception',
    column: 'object_sealed',
    blind: 'object_blind',
    type: `'asset:' || object_type`,
  });
  await reindex(pool, ring, progress, {
    table: 'identity_link',
    column: 'reference_sealed',
    blind: 'reference_blind',
    type: `'reference:' || department`,
    key: 'reference_key',
  });
}

/** Every name under the active index key, for the search for candidates. */
async function fillNameIndex(pool: Pool, ring: KeyRing, progress: Progress): Promise<void> {
  let after: string | null = null;
  await inBatches(pool, 'name_index', progress, async (tx) => {
    const done = await reindexNames(tx, ring, after);
    after = done.at(-1) ?? after;
    return done.length;
  });
}

/** Moves a column of blind values to the active index key; until then comparisons look under both. */
async function reindex(
  pool: Pool,
  ring: KeyRing,
  progress: Progress,
  { table, column, blind, type, key }: { table: string; column: string; blind: string; type: string; key?: string },
): Promise<void> {
  await resumable(pool, table, ring.activeIndex, progress, async (tx, cursor) => {
    const { rows } = await tx.query<{ id: string; type: string; value: Buffer }>(
      `select id, ${type} as type, with_key(${column}) as value
       from ${table}
       where ${column} is not null
         and ($1::uuid is null or id > $1)
         and get_byte(with_key(${column}), 0) <> 4
         -- Erased while this waited for the row: its key may still look kept.
         and ${blind} <> substring(sha256(id::text::bytea) from 1 for 16)
       order by id
       limit ${BATCH}
       for update`,
      [cursor],
    );
    for (const row of rows) {
      const number = normaliseNumber(decrypt(ring, { table, column, row: row.id }, row.value));
      await tx.query(`update ${table} set ${blind} = $2${key ? `, ${key} = $3` : ''} where id = $1`, [
        row.id,
        activeBlind(ring, row.type, '', number),
        ...(key ? [ring.activeIndex] : []),
      ]);
    }
    return { done: rows.length, cursor: rows.at(-1)?.id };
  });
}

/**
 * Drops the blind rows of all other index keys, each once its number surely stands under the active one. Only after no process indexes under
 * another key any more: what one wrote meanwhile would be found by nobody.
 */
export async function dropOldIndex(pool: Pool, ring: KeyRing, progress: Progress): Promise<void> {
  for (const blinds of BLIND_TABLES) {
    await inBatches(pool, `${blinds.table}: old index`, progress, async (tx) => {
      const rows = await oldBlindRows(tx, ring, blinds, null);
      for (const row of rows) await addBlindRow(tx, ring, blinds, row);
      await tx.query(`delete from ${blinds.table} where id = any($1)`, [rows.map((row) => row.id)]);
      return rows.length;
    });
  }
  await fillNameIndex(pool, ring, progress);
  await inBatches(pool, 'name_index: old index', progress, async (tx) => {
    const { rowCount } = await tx.query(
      `delete from name_index
       where ctid = any(array(select ctid from name_index where index_key <> $1 limit ${BATCH}))`,
      [ring.activeIndex],
    );
    return rowCount ?? 0;
  });
}

interface BlindRow {
  id: string;
  type: string;
  country: string;
  subject: string;
  value: Buffer;
  erased: boolean;
}

async function oldBlindRows(
  tx: Transaction,
  ring: KeyRing,
  { table, subject }: BlindTable,
  after: string | null,
): Promise<BlindRow[]> {
  const { rows } = await tx.query<BlindRow>(
    `select id, type, country, subject, value, get_byte(value, 0) = 4 as erased
     from (
       select t.id, t.type, t.country, ${subject} as subject, with_key(t.number_sealed) as value
       from ${table} t
       where t.index_key <> $1 and ${underOwnKey('t')} and ($2::uuid is null or t.id > $2)
       order by t.id
       limit ${BATCH}
       for no key update of t
     ) x
     order by id`,
    [ring.activeIndex, after],
  );
  return rows;
}

/** The row's number under the active index key, unless it stands there already or was erased. */
async function addBlindRow(
  tx: Transaction,
  ring: KeyRing,
  { table, rest, same }: BlindTable,
  row: BlindRow,
): Promise<void> {
  if (row.erased) return;
  const number = decrypt(ring, { table, column: 'number_sealed', row: row.id }, row.value);
  const blind = activeBlind(ring, row.type, row.country, number);
  const id = uuidv7();
  const dataKey = await keptDataKeyOf(tx, ring, 'subject', row.subject);
  if (!dataKey) return;
  await tx.query(
    `insert into ${table} (id, number_sealed, index_key, blind, ${rest})
     select $2, $3, $4, $5, ${rest}
     from ${table} t
     where t.id = $1
       and not exists (select from ${table} o where ${same} and o.index_key = $4 and o.blind = $5)`,
    [row.id, id, encrypt(ring, { table, column: 'number_sealed', row: id }, number, dataKey), ring.activeIndex, blind],
  );
}
