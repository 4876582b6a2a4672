import { inTransaction, type Pool, type Transaction } from '../database/pool.js';

// An owner's command is a loop of small transactions that finds by itself what is left: stopped at any moment, it is begun again.

/** Rows of one transaction that are changed. */
export const BATCH = 200;

/** Told after every batch what was done so far. */
export type Progress = (step: string, done: number) => void;

/** Runs a step in transactions of its own until one finds nothing. */
export async function inBatches(
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
export async function resumable(
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
        `select cursor, done
         from key_rotation
         where task = $1 and key = $2
         for update`,
        [task, key],
      );
      const { done, cursor } = await batch(tx, rows[0]?.cursor ?? null);
      await tx.query(
        `update key_rotation
         set
           cursor = coalesce($3, cursor), done = done + $4,
           finished_at = case when $4 = 0 then clock_timestamp() end
         where task = $1 and key = $2`,
        [task, key, cursor ?? null, done],
      );
      if (done > 0) progress(task, Number(rows[0]?.done ?? 0) + done);
      return done;
    });
  }
}
