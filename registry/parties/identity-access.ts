import { uuidv7 } from 'uuidv7';
import type { Purpose } from '../../domain/identity/relations.js';
import { type CourtCaller, courtsOf } from '../access/scope.js';
import { type TimeCursor, type TimePage, timePage } from '../database/pages.js';
import { inTransaction, type Pool, type Queryable, type Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';

export interface Look {
  id: string;
  at: string;
  subject: string;
  interception?: string;
  /** `role:id` */
  by: string;
  court: string;
  purpose: Purpose;
}

/** Writes down that somebody sees persons unmasked, one look for each, before they do. */
export async function recordLooks(
  q: Queryable,
  caller: CourtCaller,
  actor: Actor,
  { subjects, interception, purpose }: { subjects: readonly string[]; interception?: string; purpose: Purpose },
): Promise<void> {
  await q.query(
    `insert into identity_access (
       id, subject, interception, actor_role, actor, court, credential, purpose, trace
     )
     select id, subject, $3, $4, $5, $6, $7, $8, $9
     from unnest($1::uuid[], $2::uuid[]) as t(id, subject)`,
    [
      subjects.map(() => uuidv7()),
      subjects,
      interception ?? null,
      actor.role,
      actor.id,
      caller.court,
      caller.credential,
      purpose,
      actor.trace ?? null,
    ],
  );
}

/**
 * Reads what shows persons: masked, or in full for a purpose, and then every one of them stands in the log of looks before it is answered.
 * Undefined where there is nothing to show.
 */
export const shown = <T>(
  pool: Pool,
  { caller, actor, purpose }: { caller: CourtCaller; actor: Actor; purpose: Purpose | undefined },
  read: (tx: Transaction, how: { unmasked: boolean }) => Promise<T | undefined>,
  persons: (found: T) => { subjects: readonly string[]; interception?: string },
): Promise<T | undefined> =>
  inTransaction(pool, async (tx) => {
    const found = await read(tx, { unmasked: purpose !== undefined });
    if (found && purpose) await recordLooks(tx, caller, actor, { ...persons(found), purpose });
    return found;
  });

/**
 * Looks, newest first: at one subject, whoever took them (the caller has to be let see it); without one, those of the caller's courts.
 */
export async function looks(
  q: Queryable,
  caller: CourtCaller,
  filter: { subject?: string; after?: TimeCursor; limit: number },
): Promise<TimePage<Look>> {
  const { rows } = await q.query<{
    id: string;
    at: Date;
    exact: string;
    subject: string;
    interception: string | null;
    actor_role: string;
    actor: string;
    court: string;
    purpose: Purpose;
  }>(
    `select id, at, at::text as exact, subject, interception, actor_role, actor, court, purpose
     from identity_access
     where case when $1::uuid is null then court = any($2) else subject = $1 end
       and ($3::timestamptz is null or (at, id) < ($3, $4::uuid))
     order by at desc, id desc
     limit $5`,
    [
      filter.subject ?? null,
      await courtsOf(q, caller),
      filter.after?.at ?? null,
      filter.after?.id ?? null,
      filter.limit + 1,
    ],
  );
  return timePage(rows, filter.limit, (row) => ({
    id: row.id,
    at: row.at.toISOString(),
    subject: row.subject,
    ...(row.interception ? { interception: row.interception } : {}),
    by: `${row.actor_role}:${row.actor}`,
    court: row.court,
    purpose: row.purpose,
  }));
}
