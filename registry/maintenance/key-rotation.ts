import { uuidv7 } from 'uuidv7';
import { normaliseNumber } from '../../domain/identity/identifier.js';
import { inTransaction, type Pool, type Transaction } from '../database/pool.js';
import { keptDataKeyOf, renewDataKey } from '../keys/data-keys.js';
import { blindIndex, decrypt, ERASED, encrypt, type KeyRing, unwrap, wrap } from '../keys/key-ring.js';
import { SEALED_COLUMNS, type SealedColumn } from '../keys/sealed-columns.js';
import { reindexNames } from '../parties/name-index.js';

// Changing keys while everything runs. Each step is a loop of small transactions that finds by itself what is left, so that it can be
// stopped at any moment and begun again. Run as the owner of the tables.

const BATCH = 200;
/** Rows of a table that are looked at in one transaction. */
const PAGE = 500;

export type Progress = (step: string, done: number) => void;

/** Wraps every data key anew under the ring's active key; no data is touched. */
export async function rewrapDataKeys(pool: Pool, ring: KeyRing, progress: Progress): Promise<void> {
  await inBatches(pool, 'data_key', progress, async (tx) => {
    const { rows } = await tx.query<{ id: string; kek: string; wrapped: Buffer }>(
      `select id, kek, wrapped from data_key where kek <> $1 and wrapped is not null order by id limit ${BATCH} for update`,
      [ring.active],
    );
    for (const row of rows) {
      const { kek, wrapped } = wrap(ring, unwrap(ring, row.id, row.kek, row.wrapped));
      await tx.query('update data_key set kek = $2, wrapped = $3 where id = $1', [row.id, kek, wrapped]);
    }
    return rows.length;
  });
}

/** A new data key for every owner whose key was made before this instant (RFC 3339); the sweep then brings the values over. */
export async function renewDataKeys(pool: Pool, ring: KeyRing, before: string, progress: Progress): Promise<void> {
  await inBatches(pool, 'new data keys', progress, async (tx) => {
    const { rows } = await tx.query<{ kind: 'subject' | 'case'; owner: string }>(
      `select kind, owner from data_key where retired_at is null and created_at < $1 order by owner limit ${BATCH}`,
      [before],
    );
    for (const { kind, owner } of rows) await renewDataKey(tx, ring, kind, owner);
    return rows.length;
  });
}

/** Seals anew what is not under its owner's present data key, or, belonging to nobody, not under the ring's active key. */
export async function sweepSealedValues(pool: Pool, ring: KeyRing, progress: Progress, rows = PAGE): Promise<void> {
  for (const column of SEALED_COLUMNS) {
    let done = 0;
    for (let after: string | null | undefined = null; after !== undefined; ) {
      const page: Page = { after, upTo: undefined };
      const found = await inTransaction(pool, async (tx) => {
        page.upTo = await endOfPage(tx, column, page.after, rows);
        return page.upTo === undefined ? 0 : encryptAnew(tx, ring, column, page);
      });
      done += found;
      if (found > 0) progress(`${column.table}.${column.column}`, done);
      after = page.upTo;
    }
  }
}

/** Rows of a table by primary key: after this one, up to that one. */
interface Page {
  after: string | null;
  upTo: string | undefined;
}

/** The last of the next rows, whether anything is to be done with them or not: no statement walks a table from end to end. */
async function endOfPage(
  tx: Transaction,
  { table, row }: SealedColumn,
  after: string | null,
  rows: number,
): Promise<string | undefined> {
  const found = await tx.query<{ up_to: string }>(
    `select up_to::text from (select ${row} as up_to from ${table} where ${row} > ${placeOf(row, '$1')}
       order by ${row} limit $2) p order by p.up_to desc limit 1`,
    [after, rows],
  );
  return found.rows[0]?.up_to;
}

async function encryptAnew(tx: Transaction, ring: KeyRing, column: SealedColumn, page: Page): Promise<number> {
  const rows = await staleRows(tx, ring, column, page);
  for (const row of rows) {
    const context = { table: column.table, column: column.column, row: row.row };
    const kept = column.sealedFor && row.owner ? { kind: column.sealedFor.kind, owner: row.owner } : undefined;
    const dataKey = kept && (await keptDataKeyOf(tx, ring, kept.kind, kept.owner));
    // Erased, meanwhile or before its values of older versions were swept: the ring must not open them either.
    const isErased = kept !== undefined && dataKey === undefined;
    await tx.query(`update ${column.table} set ${column.column} = $2 where ${column.row} = $1`, [
      row.row,
      isErased ? ERASED : encrypt(ring, context, decrypt(ring, context, row.value), dataKey),
    ]);
  }
  return rows.length;
}

/** A place in the order of a primary key, before all of it where there is none yet: a condition that its index answers. */
const placeOf = (row: SealedColumn['row'], value: string): string =>
  row === 'id' ? `coalesce(${value}::uuid, '00000000-0000-0000-0000-000000000000')` : `coalesce(${value}, '')`;

/** Values of a page that another key should seal. One whose key was destroyed is not among them. */
async function staleRows(
  tx: Transaction,
  ring: KeyRing,
  { table, column, row, sealedFor }: SealedColumn,
  { after, upTo }: Page,
): Promise<{ row: string; value: Buffer; owner: string | null }[]> {
  const value = `t.${column}`;
  const owner = sealedFor?.owner ?? 'null::uuid';
  const byRing = `get_byte(${value}, 0) = 1 and convert_from(substring(${value} from 3 for get_byte(${value}, 1)), 'UTF8') = $1`;
  const keyId = `encode(substring(${value} from 2 for 16), 'hex')::uuid`;
  // What belongs to an owner has an active key of that owner; what has none is sealed by the ring.
  const current = `case when ${owner} is null then ${byRing} else get_byte(${value}, 0) = 2 and exists (
    select from data_key k where k.id = ${keyId} and k.owner = ${owner} and k.retired_at is null) end`;
  const destroyed = `get_byte(${value}, 0) = 2 and exists (select from data_key k where k.id = ${keyId} and k.wrapped is null)`;
  const { rows } = await tx.query<{ row: string; value: Buffer; owner: string | null }>(
    `select t.${row}::text as row, with_key(${value}) as value, ${owner} as owner from ${table} t
     where t.${row} > ${placeOf(row, '$2')} and t.${row} <= ${placeOf(row, '$3')}
       and get_byte(${value}, 0) in (1, 2) and not (${current}) and not (${destroyed})
     order by t.${row} for no key update of t`,
    [ring.active, after, upTo],
  );
  return rows;
}

/** Rows by which a number is found: one per index key. */
interface BlindTable {
  table: 'identifier' | 'identity_exception_number';
  /** SQL of the subject whose number it is, in a row `t`. */
  subject: string;
  /** What a row has beside id, sealed number, index key and blind. */
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
    sealed: 'asset_sealed',
    blind: 'asset_blind',
    type: `'asset:' || asset_type`,
  });
  await reindex(pool, ring, progress, {
    table: 'interception',
    sealed: 'object_sealed',
    blind: 'object_blind',
    type: `'asset:' || object_type`,
  });
  await reindex(pool, ring, progress, {
    table: 'identity_link',
    sealed: 'reference_sealed',
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
  { table, sealed, blind, type, key }: { table: string; sealed: string; blind: string; type: string; key?: string },
): Promise<void> {
  await resumable(pool, table, ring.activeIndex, progress, async (tx, cursor) => {
    const { rows } = await tx.query<{ id: string; type: string; value: Buffer }>(
      `select id, ${type} as type, with_key(${sealed}) as value from ${table}
       where ${sealed} is not null and ($1::uuid is null or id > $1) and get_byte(with_key(${sealed}), 0) <> 4
         -- Erased while this waited for the row: its key may still look kept.
         and ${blind} <> substring(sha256(id::text::bytea) from 1 for 16)
       order by id limit ${BATCH} for update`,
      [cursor],
    );
    for (const row of rows) {
      const number = normaliseNumber(decrypt(ring, { table, column: sealed, row: row.id }, row.value));
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
      `delete from name_index where ctid = any(array(select ctid from name_index where index_key <> $1 limit ${BATCH}))`,
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
    `select id, type, country, subject, value, get_byte(value, 0) = 4 as erased from (
       select t.id, t.type, t.country, ${subject} as subject, with_key(t.number_sealed) as value from ${table} t
       where t.index_key <> $1 and strpos(t.index_key, '/') = 0 and ($2::uuid is null or t.id > $2) order by t.id limit ${BATCH} for no key update of t) x order by id`,
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
    `insert into ${table} (id, number_sealed, index_key, blind, ${rest}) select $2, $3, $4, $5, ${rest} from ${table} t
     where t.id = $1 and not exists (select from ${table} o where ${same} and o.index_key = $4 and o.blind = $5)`,
    [row.id, id, encrypt(ring, { table, column: 'number_sealed', row: id }, number, dataKey), ring.activeIndex, blind],
  );
}

/** Keys under which nothing is left: from now on they may leave the ring. */
export async function retireUnusedKeys(
  pool: Pool,
  ring: KeyRing,
): Promise<{ id: string; purpose: 'seal' | 'index' }[]> {
  const v1 = SEALED_COLUMNS.map(
    ({ table, column }) =>
      `select convert_from(substring(${column} from 3 for get_byte(${column}, 1)), 'UTF8') as id, 'seal' as purpose from ${table}
       where ${column} is not null and get_byte(${column}, 0) = 1`,
  );
  const { rows } = await pool.query<{ id: string; purpose: 'seal' | 'index' }>(
    `update key_in_use k set retired_at = clock_timestamp()
     where retired_at is null and not (purpose = 'seal' and id = $1) and not (purpose = 'index' and id = $2) and not exists (
       select from (
         ${v1.join(' union ')}
         union select kek, 'seal' from data_key where wrapped is not null
         union select index_key, 'index' from identifier
         union select index_key, 'index' from identity_exception_number
         union select index_key, 'index' from name_index
         union select reference_key, 'index' from identity_link where reference_key is not null
         -- An asset that a court announced keeps no number, so it cannot be indexed anew: it is asked under its old key until it is over.
         union select o.id, 'index' from key_in_use o join key_in_use n on n.id = $2 and n.purpose = 'index' and o.since < n.since
           where o.purpose = 'index' and exists (select from court_application a join decision d on d.id = a.decision
             where clock_timestamp() < a.until_at and d.at < n.since + interval '1 day')
       ) used where used.id = k.id and used.purpose = k.purpose)
     returning k.id, k.purpose`,
    [ring.active, ring.activeIndex],
  );
  return rows;
}

const activeBlind = (ring: KeyRing, type: string, country: string, number: string): Buffer => {
  const key = ring.indexKeys.get(ring.activeIndex);
  if (!key) throw new Error('key ring: the active index key is missing');
  return blindIndex(key, type, country, number);
};

/** Runs a step in transactions of its own until one finds nothing. */
async function inBatches(
  pool: Pool,
  step: string,
  progress: Progress,
  batch: (tx: Transaction) => Promise<number>,
): Promise<void> {
  let done = 0;
  for (let found = 1; found > 0; ) {
    found = await inTransaction(pool, batch);
    done += found;
    if (found > 0) progress(step, done);
  }
}

/** As `inBatches`, where what is done cannot be seen from the rows: the place is kept, so that it goes on there. */
async function resumable(
  pool: Pool,
  task: string,
  key: string,
  progress: Progress,
  batch: (tx: Transaction, cursor: string | null) => Promise<{ done: number; cursor: string | undefined }>,
): Promise<void> {
  await pool.query('insert into key_rotation (task, key) values ($1, $2) on conflict do nothing', [task, key]);
  for (let found = 1; found > 0; ) {
    found = await inTransaction(pool, async (tx) => {
      const { rows } = await tx.query<{ cursor: string | null; done: string }>(
        'select cursor, done from key_rotation where task = $1 and key = $2 for update',
        [task, key],
      );
      const { done, cursor } = await batch(tx, rows[0]?.cursor ?? null);
      await tx.query(
        `update key_rotation set cursor = coalesce($3, cursor), done = done + $4, finished_at = case when $4 = 0 then clock_timestamp() end
         where task = $1 and key = $2`,
        [task, key, cursor ?? null, done],
      );
      if (done > 0) progress(task, Number(rows[0]?.done ?? 0) + done);
      return done;
    });
  }
}
