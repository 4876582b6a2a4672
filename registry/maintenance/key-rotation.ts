import { BEFORE_ALL } from '../database/ids.js';
import { inTransaction, type Pool, type Transaction } from '../database/pool.js';
import { keptDataKeyOf, renewDataKey } from '../keys/data-keys.js';
import { decrypt, ERASED, encrypt, type KeyRing, unwrap, wrap } from '../keys/key-ring.js';
import { SEALED_COLUMNS, type SealedColumn } from '../keys/sealed-columns.js';
import { BATCH, inBatches, type Progress } from './batches.js';

// Changing keys while everything runs. Each step is a loop of small transactions that finds by itself what is left, so that it can be
// stopped at any moment and begun again. Run as the owner of the tables.

/** Rows of a table that are looked at in one transaction. */
const PAGE = 500;

/** Wraps every data key anew under the ring's active key; no data is touched. */
export async function rewrapDataKeys(pool: Pool, ring: KeyRing, progress: Progress): Promise<void> {
  await inBatches(pool, 'data_key', progress, async (tx) => {
    const { rows } = await tx.query<{ id: string; kek: string; wrapped: Buffer }>(
      `select id, kek, wrapped
       from data_key
       where kek <> $1 and wrapped is not null
       order by id
       limit ${BATCH}
       for update`,
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
      `select kind, owner
       from data_key
       where retired_at is null and created_at < $1
       order by owner
       limit ${BATCH}`,
      [before],
    );
    for (const { kind, owner } of rows) await renewDataKey(tx, ring, kind, owner);
    return rows.length;
  });
}

/** Encrypts anew what is not under its owner's present data key, or, belonging to nobody, not under the ring's active key. */
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
    `select up_to::text
     from (
       select ${row} as up_to
       from ${table}
       where ${row} > ${positionOf(row, '$1')}
       order by ${row}
       limit $2
     ) p
     order by p.up_to desc
     limit 1`,
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

/** A position in the order of a primary key, before all of it where there is none yet: a condition that its index answers. */
const positionOf = (row: SealedColumn['row'], value: string): string =>
  row === 'id' ? `coalesce(${value}::uuid, '${BEFORE_ALL}')` : `coalesce(${value}, '')`;

/** Values of a page that another key should encrypt. One whose key was destroyed is not among them. */
async function staleRows(
  tx: Transaction,
  ring: KeyRing,
  { table, column, row, sealedFor }: SealedColumn,
  { after, upTo }: Page,
): Promise<{ row: string; value: Buffer; owner: string | null }[]> {
  const value = `t.${column}`;
  const owner = sealedFor?.owner ?? 'null::uuid';
  const byRing = `get_byte(${value}, 0) = 1
         and convert_from(substring(${value} from 3 for get_byte(${value}, 1)), 'UTF8') = $1`;
  const byDataKey = (condition: string): string => `get_byte(${value}, 0) = 2
         and exists (
           select from data_key k
           where k.id = encode(substring(${value} from 2 for 16), 'hex')::uuid and ${condition}
         )`;
  // What belongs to an owner has an active key of that owner; what has none is encrypted by the ring.
  const current = `case
         when ${owner} is null then ${byRing}
         else ${byDataKey(`k.owner = ${owner} and k.retired_at is null`)}
       end`;
  const destroyed = byDataKey('k.wrapped is null');
  const { rows } = await tx.query<{ row: string; value: Buffer; owner: string | null }>(
    `select t.${row}::text as row, with_key(${value}) as value, ${owner} as owner
     from ${table} t
     where t.${row} > ${positionOf(row, '$2')}
       and t.${row} <= ${positionOf(row, '$3')}
       and get_byte(${value}, 0) in (1, 2)
       and not (${current})
       and not (${destroyed})
     order by t.${row}
     for no key update of t`,
    [ring.active, after, upTo],
  );
  return rows;
}

/** Keys under which nothing is left: from now on they may leave the ring. */
export async function retireUnusedKeys(
  pool: Pool,
  ring: KeyRing,
): Promise<{ id: string; purpose: 'seal' | 'index' }[]> {
  const byRing = SEALED_COLUMNS.map(
    ({ table, column }) =>
      `select
         convert_from(substring(${column} from 3 for get_byte(${column}, 1)), 'UTF8') as id,
         'seal' as purpose
       from ${table}
       where ${column} is not null and get_byte(${column}, 0) = 1`,
  );
  const { rows } = await pool.query<{ id: string; purpose: 'seal' | 'index' }>(
    `update key_in_use k
     set retired_at = clock_timestamp()
     where retired_at is null
       and not (purpose = 'seal' and id = $1)
       and not (purpose = 'index' and id = $2)
       and not exists (
         select from (
           ${byRing.join(' union ')}
           union
           select kek, 'seal'
           from data_key
           where wrapped is not null
           union
           select index_key, 'index'
           from identifier
           union
           select index_key, 'index'
           from identity_exception_number
           union
           select index_key, 'index'
           from name_index
           union
           select reference_key, 'index'
           from identity_link
           where reference_key is not null
           -- An asset that a court announced keeps no number, so it cannot be indexed anew:
           -- it is asked under its old key until it is over.
           union
           select o.id, 'index'
           from key_in_use o
           join key_in_use n on n.id = $2 and n.purpose = 'index' and o.since < n.since
           where o.purpose = 'index'
             and exists (
               select from court_application a
               join decision d on d.id = a.decision
               where clock_timestamp() < a.until_at and d.at < n.since + interval '1 day'
             )
         ) used
         where used.id = k.id and used.purpose = k.purpose
       )
     returning k.id, k.purpose`,
    [ring.active, ring.activeIndex],
  );
  return rows;
}
