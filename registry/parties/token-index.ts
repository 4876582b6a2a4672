import { uuidv7 } from 'uuidv7';
import { epochOf, liveEpochs } from '../../domain/identity/epoch.js';
import { IDENTIFIER_TYPES, type IdentifierKey } from '../../domain/identity/identifier.js';
import { hold, lockShared } from '../database/locks.js';
import { inTransaction, type Pool, type Transaction } from '../database/pool.js';
import { dataKeyOf } from '../keys/data-keys.js';
import { decrypt, encrypt, isErased, type KeyRing } from '../keys/key-ring.js';
import { departmentKey, tokenOf } from './department-tokens.js';

// A department's token of a number is found like the number itself: a blind row under the index key `department/epoch`.

const BATCH = 200;
/** The next quarter's index is made this long before it begins. */
const AHEAD_MS = 10 * 86_400_000;
/** A quarter's index outlives it by this: the clock of whoever compares may be behind this process's. */
const GRACE_MS = 86_400_000;

export interface TokenIndex {
  /** `department/epoch` */
  indexKey: string;
  key: Buffer;
}

/** SQL: a row that is found by a number stands under a key of the platform's own, not under a department's token. */
export const underOwnKey = (row: string): string => `strpos(${row}.index_key, '/') = 0`;

export const indexKeyOf = (department: string, epoch: string): string => `${department}/${epoch}`;

/** The token indexes in which a number that is now written has to stand, too. Both statements go out together. */
export async function tokenIndexes(tx: Transaction, ring: KeyRing): Promise<TokenIndex[]> {
  const [, { rows }] = await Promise.all([
    tx.query(`select ${lockShared('tokenIndexes')}`, []),
    tx.query<{ department: string; epoch: string }>(
      'select department, epoch from token_index order by department, epoch',
      [],
    ),
  ]);
  return rows.map(({ department, epoch }) => tokenIndexOf(ring, department, epoch));
}

function tokenIndexOf(ring: KeyRing, department: string, epoch: string): TokenIndex {
  if (!ring.tokenRoot) throw new Error('key ring: tokenRoot is missing, and departments compare by tokens');
  return { indexKey: indexKeyOf(department, epoch), key: departmentKey(ring.tokenRoot, department, epoch) };
}

/** Asks for the indexes of a department's live quarters. Returns those that are complete: only their keys may be given out. */
export async function requireTokenIndexes(tx: Transaction, department: string, now: number): Promise<string[]> {
  const epochs = liveEpochs(now);
  const known = await tx.query<{ epoch: string; ready: boolean }>(
    `select epoch, ready_at is not null as ready
     from token_index
     where department = $1 and epoch = any($2)`,
    [department, epochs],
  );
  if (known.rows.length < epochs.length) {
    await hold(tx, 'tokenIndexes');
    await tx.query(
      `insert into token_index (department, epoch)
       select $1, unnest($2::text[])
       on conflict (department, epoch) do nothing`,
      [department, epochs],
    );
  }
  const ready = new Set(known.rows.filter((row) => row.ready).map((row) => row.epoch));
  return epochs.filter((epoch) => ready.has(epoch));
}

/**
 * Does what is due for the token indexes at `now` (epoch ms): begins the next quarter's, fills one batch of each that is not complete, drops those
 * of quarters that have been over for a day and of departments that have left. Returns whether there may be more.
 */
export async function keepTokenIndexes(pool: Pool, ring: KeyRing, now: number): Promise<boolean> {
  const { rows } = await pool.query<{ department: string; epoch: string; ready: boolean; present: boolean }>(
    `select
       t.department, t.epoch, t.ready_at is not null as ready, d.left_position is null as present
     from token_index t
     join department d on d.code = t.department
     order by t.department, t.epoch`,
  );
  const live = new Set<string>([...liveEpochs(now - GRACE_MS), ...liveEpochs(now), epochOf(now + AHEAD_MS)]);
  const coming = [...new Set(rows.filter((row) => row.present).map((row) => row.department))].filter(
    (department) => !rows.some((row) => row.department === department && row.epoch === epochOf(now + AHEAD_MS)),
  );
  if (coming.length > 0) {
    await inTransaction(pool, async (tx) => {
      await hold(tx, 'tokenIndexes');
      await tx.query(
        `insert into token_index (department, epoch)
         select unnest($1::text[]), $2
         on conflict do nothing`,
        [coming, epochOf(now + AHEAD_MS)],
      );
    });
  }
  let more = coming.length > 0;
  for (const { department, epoch, ready, present } of rows) {
    if (!present || !live.has(epoch)) more = (await drop(pool, department, epoch)) || more;
    else if (!ready) more = (await fill(pool, ring, department, epoch)) || more;
  }
  return more;
}

async function fill(pool: Pool, ring: KeyRing, department: string, epoch: string): Promise<boolean> {
  const { indexKey, key } = tokenIndexOf(ring, department, epoch);
  return inTransaction(pool, async (tx) => {
    const progress = await tx.query<{ cursor: string | null }>(
      `select cursor
       from token_index
       where department = $1 and epoch = $2 and ready_at is null
       for update skip locked`,
      [department, epoch],
    );
    const [at] = progress.rows;
    if (!at) return false;
    const { rows } = await tx.query<{ id: string; subject: string; type: string; country: string; value: Buffer }>(
      // Held against erasure: a token written for somebody who is erased at this moment would stay for ever.
      `select i.id, i.subject, i.type, i.country, with_key(i.number_sealed) as value
       from identifier i
       join subject s on s.id = i.subject and s.erased_at is null
       where ${underOwnKey('i')} and ($1::uuid is null or i.id > $1)
       order by i.id
       limit ${BATCH}
       for key share of s`,
      [at.cursor],
    );
    for (const row of rows) {
      const type = IDENTIFIER_TYPES.find((known) => known === row.type);
      if (!type || isErased(row.value)) continue;
      const number = decrypt(ring, { table: 'identifier', column: 'number_sealed', row: row.id }, row.value);
      const id = uuidv7();
      const dataKey = await dataKeyOf(tx, ring, 'subject', row.subject);
      await tx.query(
        `insert into identifier (
           id, subject, type, alias, number_sealed, index_key, blind, valid_from, valid_until,
           country, fifteen_digits, link, revoked_at
         )
         select
           $2, subject, type, alias, $3, $4, $5, valid_from, valid_until, country, fifteen_digits,
           link, revoked_at
         from identifier t
         where t.id = $1
           and not exists (
             select from identifier o
             where o.subject = t.subject
               and o.index_key = $4
               and o.blind = $5
               and o.link is not distinct from t.link
           )`,
        [
          row.id,
          id,
          encrypt(ring, { table: 'identifier', column: 'number_sealed', row: id }, number, dataKey),
          indexKey,
          tokenOf(key, { type, country: row.country, number }),
        ],
      );
    }
    await tx.query(
      `update token_index
       set cursor = coalesce($3, cursor), ready_at = case when $4 then clock_timestamp() end
       where department = $1 and epoch = $2`,
      [department, epoch, rows.at(-1)?.id ?? null, rows.length < BATCH],
    );
    return true;
  });
}

/**
 * Takes rows away, and with the last of them the index's own: whoever writes numbers meanwhile writes tokens into it still, and waits for this
 * transaction's lock, so none is left behind.
 */
async function drop(pool: Pool, department: string, epoch: string): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    await hold(tx, 'tokenIndexes');
    const { rowCount } = await tx.query(
      `delete from identifier
       where id in (select id from identifier where index_key = $1 order by id limit 1000)`,
      [indexKeyOf(department, epoch)],
    );
    if ((rowCount ?? 0) < 1000)
      await tx.query('delete from token_index where department = $1 and epoch = $2', [department, epoch]);
    return true;
  });
}

/** The token of a document under one index. */
export const tokenIn = ({ key }: TokenIndex, document: IdentifierKey): Buffer => tokenOf(key, document);
