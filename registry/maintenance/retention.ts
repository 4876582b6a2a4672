import { createHash } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { commitToDocument, freshSalt, makeLeaf } from '../../ledger/leaf.js';
import { BEFORE_ALL, firstIdAt } from '../database/ids.js';
import { tryLock } from '../database/locks.js';
import { type TimeCursor, type TimePage, timePage } from '../database/pages.js';
import { inTransaction, type Pool, type Queryable, type Transaction } from '../database/pool.js';
import { leafValues, withLeaf } from '../ledger/leaf-rows.js';
import { eraseCases, eraseLinkedParties } from './erasure.js';

// What is kept has an end (个人信息保护法 art. 19, 47). Each run deletes what is due, in small transactions, and proves it: a fact with the count
// and a digest of the ids, its leaf chained to the run before.

export type RetentionKind = 'clear-comparison' | 'exception' | 'access-log' | 'case' | 'linked-party';

const BATCH = 1_000;

type Step = (tx: Transaction, upTo: Date) => Promise<string[]>;

const STEPS: readonly (readonly [RetentionKind, Step])[] = [
  ['clear-comparison', forgetClearComparisons],
  ['exception', forgetExceptions],
  ['access-log', deleteLooks],
  ['case', eraseCases],
  ['linked-party', eraseLinkedParties],
];

/**
 * Deletes what is due at `now` (epoch ms; PostgreSQL's clock unless told), one batch of each kind. Returns whether there may be more. One process
 * at a time; the others find nothing to do.
 */
export async function retainOnce(pool: Pool, now?: number): Promise<boolean> {
  let more = false;
  for (const [kind, step] of STEPS) {
    const deleted = await inTransaction(pool, async (tx) => {
      const { rows } = await tx.query<{ held: boolean; at: Date; up_to: Date | null }>(
        // Whom links join is found by two indexes at once, which the loops' connections plan without.
        `select
           set_config('enable_bitmapscan', 'on', true), ${tryLock('retention')} as held, at,
           at - (select keep from retention_rule where kind = $1) as up_to
         from (select coalesce(to_timestamp($2::float8 / 1000), clock_timestamp()) as at) t`,
        [kind, now ?? null],
      );
      const row = rows[0];
      // A kind without a rule is kept.
      if (!row?.held || !row.up_to) return 0;
      const ids = await step(tx, row.up_to);
      if (ids.length > 0) await prove(tx, { kind, at: row.at, upTo: row.up_to, ids });
      return ids.length;
    });
    more ||= deleted > 0;
  }
  return more;
}

/** A clear comparison keeps that it was made, where and when; who was asked, by whom and about what is gone. Ids are in order of time. */
async function forgetClearComparisons(tx: Transaction, upTo: Date): Promise<string[]> {
  const found = await tx.query<{ id: string; clear: boolean; ready: boolean }>(
    `select
       id, outcome = 'CLEAR' as clear,
       at < $2
         and (
           outcome <> 'CLEAR' or exists (select from comparison_seal s where s.comparison = c.id)
         ) as ready
     from comparison c
     where id > coalesce(
       (select cursor from retention_cursor where kind = 'clear-comparison'),
       '${BEFORE_ALL}'
     )
       and id < $1
     order by id
     limit ${BATCH}`,
    [firstIdAt(upTo.getTime()), upTo],
  );
  // Up to the first that is not over yet, or in no batch: its leaf is over what was compared.
  const waits = found.rows.findIndex((row) => !row.ready);
  const rows = waits < 0 ? found.rows : found.rows.slice(0, waits);
  const last = rows.at(-1);
  if (!last) return [];
  await tx.query(
    `insert into retention_cursor (kind, cursor)
     values ('clear-comparison', $1)
     on conflict (kind) do update set cursor = excluded.cursor`,
    [last.id],
  );
  const clear = rows.filter((row) => row.clear).map((row) => row.id);
  await tx.query(
    `update comparison
     set blinds = '{}', operator_sealed = null, reference = '', forgotten_at = clock_timestamp()
     where id = any($1)`,
    [clear],
  );
  // Without its salt the commitment in the record opens to nobody: who guesses a reference cannot tell.
  await tx.query('update comparison_seal set salt = null where comparison = any($1)', [clear]);
  return clear;
}

/** An exception that has ended keeps that it was made; the name and number it was about are gone. */
async function forgetExceptions(tx: Transaction, upTo: Date): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select id
     from identity_exception
     where least(expires_at, revoked_at) < $1 and forgotten_at is null
     order by id
     limit ${BATCH}
     for update`,
    [upTo],
  );
  const ids = rows.map((row) => row.id);
  await tx.query('delete from identity_exception_number where exception = any($1)', [ids]);
  await tx.query(
    `update identity_exception
     set name_sealed = '\\x04', forgotten_at = clock_timestamp()
     where id = any($1)`,
    [ids],
  );
  return ids;
}

async function deleteLooks(tx: Transaction, upTo: Date): Promise<string[]> {
  const deleted = [];
  for (const log of ['identity_access', 'identity_search']) {
    const { rows } = await tx.query<{ id: string }>(
      `delete from ${log}
       where id in (select id from ${log} where at < $1 order by at limit ${BATCH})
       returning id`,
      [upTo],
    );
    deleted.push(...rows.map((row) => row.id));
  }
  return deleted;
}

/** The fact of a run: what it deleted is named by count and digest alone. */
async function prove(
  tx: Transaction,
  run: { kind: RetentionKind; at: Date; upTo: Date; ids: readonly string[] },
): Promise<void> {
  const { kind, at, upTo, ids } = run;
  const [id, salt] = [uuidv7(), freshSalt()];
  const digest = digestOf(ids);
  const before = await tx.query<{ leaf_hash: Buffer }>(
    `select l.leaf_hash
     from retention_run r
     join ledger_leaf l on l.entry_id = r.id
     where r.kind = $1
     order by r.at desc, r.id desc
     limit 1`,
    [kind],
  );
  const leaf = makeLeaf({
    id,
    key: `retention:${id}`,
    type: 'retention.deleted',
    at: at.toISOString(),
    actor: 'system:retention',
    doc: {
      sha256: commitToDocument(salt, {
        kind,
        upTo: upTo.toISOString(),
        count: ids.length,
        digest: digest.toString('hex'),
      }),
    },
    ...(before.rows[0] ? { prev: before.rows[0].leaf_hash.toString('hex') } : {}),
  });
  await tx.query(
    withLeaf(
      `insert into retention_run (id, kind, at, up_to, count, digest, salt)
       select entry_id, $5, $6, $7, $8, $9, $10
       from leaf`,
    ),
    [...leafValues(id, `retention:${id}`, leaf), kind, at, upTo, ids.length, digest, salt],
  );
}

/** SHA-256 over ids, sorted, one a line. */
export const digestOf = (ids: readonly string[]): Buffer =>
  createHash('sha256')
    .update([...ids].sort().join('\n'), 'utf8')
    .digest();

export interface RetentionRun {
  id: string;
  kind: RetentionKind;
  at: string;
  upTo: string;
  count: number;
  /** hex */
  digest: string;
  /** hex: the leaf of the run. */
  leaf: string;
}

/** Runs that deleted something, newest first. */
export async function retentionRuns(
  q: Queryable,
  filter: { after?: TimeCursor; limit: number },
): Promise<TimePage<RetentionRun>> {
  const { rows } = await q.query<{
    id: string;
    kind: RetentionKind;
    at: Date;
    exact: string;
    up_to: Date;
    count: number;
    digest: Buffer;
    leaf_hash: Buffer;
  }>(
    `select r.id, r.kind, r.at, r.at::text as exact, r.up_to, r.count, r.digest, l.leaf_hash
     from retention_run r
     join ledger_leaf l on l.entry_id = r.id
     where $1::timestamptz is null or (r.at, r.id) < ($1, $2::uuid)
     order by r.at desc, r.id desc
     limit $3`,
    [filter.after?.at ?? null, filter.after?.id ?? null, filter.limit + 1],
  );
  return timePage(rows, filter.limit, (row) => ({
    id: row.id,
    kind: row.kind,
    at: row.at.toISOString(),
    upTo: row.up_to.toISOString(),
    count: row.count,
    digest: row.digest.toString('hex'),
    leaf: row.leaf_hash.toString('hex'),
  }));
}
