import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from 'uuidv7';
import { Refusal } from '../../domain/refusal.js';
import { lockKeyed } from '../database/locks.js';
import { isUnavailable, type Queryable, send, type Transaction } from '../database/pool.js';
import { type DataKey, dataKeyIn, type KeyRing, unwrap, wrap } from './key-ring.js';

/** What a data key encrypts: a subject's identity, or a case's own texts. */
export type DataKeyKind = 'subject' | 'case';

/** A new key for its owner, who has had none: written wrapped. Fails on a second active one (`data_key_active`). */
export function createDataKey(tx: Transaction, ring: KeyRing, kind: DataKeyKind, owner: string): DataKey {
  const dataKey = { id: uuidv7(), bytes: randomBytes(32) };
  const { kek, wrapped } = wrap(ring, dataKey);
  send(tx, 'insert into data_key (id, kind, owner, kek, wrapped) values ($1, $2, $3, $4, $5)', [
    dataKey.id,
    kind,
    owner,
    kek,
    wrapped,
  ]);
  return dataKey;
}

/**
 * The key with which an owner's values are encrypted now; made where it has none yet, as in rows of older versions. Throws Refusal `state-conflict`
 * erased where its keys were destroyed: who was erased gets no new key, and so nothing new.
 */
export async function dataKeyOf(tx: Transaction, ring: KeyRing, kind: DataKeyKind, owner: string): Promise<DataKey> {
  const key = await keptDataKeyOf(tx, ring, kind, owner);
  if (key) return key;
  throw Refusal.conflict(
    '该记录已按期删除，不能再写入。 / This record was erased at the end of its term: nothing is added to it.',
    'erased',
  );
}

/** As `dataKeyOf`; undefined where the owner's keys were destroyed. */
export async function keptDataKeyOf(
  tx: Transaction,
  ring: KeyRing,
  kind: DataKeyKind,
  owner: string,
): Promise<DataKey | undefined> {
  const found = await activeKey(tx, ring, owner);
  if (found) return found;
  // Two that find none at once must make one.
  await tx.query(LOCK_KEYS, [[owner]]);
  const made = await activeKey(tx, ring, owner);
  if (made) return made;
  return (await wereDestroyed(tx, owner)) ? undefined : createDataKey(tx, ring, kind, owner);
}

/** Whoever makes, renews or destroys the keys of these owners waits for each other, in order. */
const LOCK_KEYS = `
  select ${lockKeyed('dataKeys', 'owner')}
  from (select unnest($1::text[]) as owner order by 1) o`;

async function wereDestroyed(tx: Transaction, owner: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select 1
     from data_key
     where owner = $1 and destroyed_at is not null
     limit 1`,
    [owner],
  );
  return (rowCount ?? 0) > 0;
}

/** The key of a locked case, which came with the lock; made where the case is of an older version and has none. */
export async function caseKeyOf(
  tx: Transaction,
  ring: KeyRing,
  { id, sealedBy }: { id: string; sealedBy: Buffer | null },
): Promise<DataKey> {
  return (sealedBy && dataKeyIn(ring, sealedBy)) ?? dataKeyOf(tx, ring, 'case', id);
}

/** A new key in the place of the owner's: the next write encrypts with it, the sweep brings the rest over. Nothing where it was destroyed meanwhile. */
export async function renewDataKey(tx: Transaction, ring: KeyRing, kind: DataKeyKind, owner: string): Promise<void> {
  await tx.query(LOCK_KEYS, [[owner]]);
  const { rowCount } = await tx.query(
    'update data_key set retired_at = clock_timestamp() where owner = $1 and retired_at is null',
    [owner],
  );
  if ((rowCount ?? 0) > 0) createDataKey(tx, ring, kind, owner);
}

/** Destroys every key of these owners: what they encrypted can never be read again. Returns how many keys that were. */
export async function destroyDataKeys(tx: Transaction, owners: readonly string[]): Promise<number> {
  await tx.query(LOCK_KEYS, [owners]);
  const { rowCount } = await tx.query(
    `update data_key
     set
       wrapped = null, destroyed_at = clock_timestamp(),
       retired_at = coalesce(retired_at, clock_timestamp())
     where owner = any($1) and wrapped is not null`,
    [owners],
  );
  return rowCount ?? 0;
}

async function activeKey(q: Queryable, ring: KeyRing, owner: string): Promise<DataKey | undefined> {
  const { rows } = await q.query<{ id: string; kek: string; wrapped: Buffer }>(
    'select id, kek, wrapped from data_key where owner = $1 and retired_at is null',
    [owner],
  );
  const row = rows[0];
  return row && unwrap(ring, row.id, row.kek, row.wrapped);
}

const AWAY_RETRY_MS = 1_000;

/** As `requireKnownKeys`; waits while PostgreSQL is away: before this is known, nobody may be told that a person is clear. */
export async function awaitKnownKeys(q: Queryable, ring: KeyRing): Promise<void> {
  for (;;) {
    try {
      return await requireKnownKeys(q, ring);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      await sleep(AWAY_RETRY_MS);
    }
  }
}

/**
 * Called once at the start of a process: fails where the database holds values under a key that is not on the ring (they could not be read, and a
 * person indexed under it would never be found), and else writes down the keys it will use.
 */
export async function requireKnownKeys(q: Queryable, ring: KeyRing): Promise<void> {
  // Before anything is written: a process that was started with an old ring, and fails, must not bring its keys back into use.
  await failOnUnknownKeys(q, ring);
  await q.query(
    `insert into key_in_use (id, purpose)
     values ($1, 'seal'), ($2, 'index')
     on conflict (id, purpose) do update set retired_at = null
     where key_in_use.retired_at is not null`,
    [ring.active, ring.activeIndex],
  );
  // And after: of two that start at once with rings of their own, one at least sees the other's keys.
  await failOnUnknownKeys(q, ring);
}

async function failOnUnknownKeys(q: Queryable, ring: KeyRing): Promise<void> {
  const { rows } = await q.query<{ id: string; purpose: 'seal' | 'index' }>(
    `select id, purpose
     from key_in_use
     where retired_at is null
     union
     select distinct kek, 'seal'
     from data_key
     where wrapped is not null`,
  );
  const tokens = await q.query('select 1 from token_index limit 1');
  if ((tokens.rowCount ?? 0) > 0 && !ring.tokenRoot)
    throw new Error('key ring: tokenRoot missing, and departments compare by tokens: put it back');
  const missing = rows.filter(({ id, purpose }) => !(purpose === 'seal' ? ring.keys : ring.indexKeys).has(id));
  if (missing.length > 0) {
    const names = missing.map(({ id, purpose }) => `${purpose === 'seal' ? 'keys' : 'indexKeys'}.${id}`).join(', ');
    throw new Error(
      `key ring: ${names} missing, and the database holds values under it: put it back (npm run keys:rotate says when a key may leave)`,
    );
  }
}
