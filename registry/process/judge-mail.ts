import type { InboxKind } from '../../domain/vocabulary.js';
import type { Pool } from '../database/pool.js';

// A mail beside the inbox: what stands in the inbox counts, so nothing waits for a mail and an item nobody could mail is only not mailed.

/** What a mail may say: no person, no number of one. */
export interface DueMail {
  item: string;
  judge: string;
  caseNumber: string;
  kind: InboxKind;
  deadline?: string;
  /** Failed attempts so far. */
  failures: number;
}

/** Older items are not mailed any more: switched on late, or a mail server long away, must not flood anybody. */
const MAILED_FOR = '7 days';

/**
 * Takes up to `limit` unread items that the judge of their case was not mailed yet, for these judges; nobody else takes them for `leaseMs`.
 * A sender that dies in between mails again after that: at least once.
 */
export async function leaseDueMail(
  pool: Pool,
  judges: readonly string[],
  limit: number,
  leaseMs: number,
): Promise<DueMail[]> {
  await pool.query(
    `insert into judge_mail (inbox_item, judge)
     select i.id, c.judge
     from inbox_item i
     join enforcement_case c on c.id = i.enforcement_case
     where i.read_at is null
       and i.at > now() - $2::interval
       and c.judge = any($1)
       and not exists (
         select from judge_mail m
         where m.inbox_item = i.id and m.judge = c.judge)
     order by i.at
     limit $3
     on conflict do nothing`,
    [judges, MAILED_FOR, limit],
  );
  const { rows } = await pool.query<{
    inbox_item: string;
    judge: string;
    case_number: string;
    kind: InboxKind;
    deadline: Date | null;
    failures: number;
  }>(
    `with due as (
       select m.inbox_item, m.judge, c.case_number, i.kind, i.deadline
       from judge_mail m
       join inbox_item i on i.id = m.inbox_item
       join enforcement_case c on c.id = i.enforcement_case and c.judge = m.judge
       where m.sent_at is null
         and m.retry_at <= clock_timestamp()
         and m.judge = any($1)
         and i.read_at is null
         and i.at > now() - $2::interval
       order by m.retry_at
       limit $3
       for update of m skip locked
     )
     update judge_mail m set
       retry_at = clock_timestamp() + $4 * interval '1 millisecond'
     from due
     where m.inbox_item = due.inbox_item and m.judge = due.judge
     returning m.inbox_item, m.judge, due.case_number, due.kind, due.deadline, m.failures`,
    [judges, MAILED_FOR, limit, leaseMs],
  );
  return rows.map((row) => ({
    item: row.inbox_item,
    judge: row.judge,
    caseNumber: row.case_number,
    kind: row.kind,
    failures: row.failures,
    ...(row.deadline ? { deadline: row.deadline.toISOString() } : {}),
  }));
}

/** The mail server took it. */
export async function mailSent(pool: Pool, { item, judge }: DueMail): Promise<void> {
  await pool.query(
    `update judge_mail set
       sent_at = clock_timestamp(),
       last_failure = null
     where inbox_item = $1 and judge = $2`,
    [item, judge],
  );
}

/** It goes again after `retryMs`. `why` is a code, never an address. */
export async function mailFailed(pool: Pool, { item, judge }: DueMail, why: string, retryMs: number): Promise<void> {
  await pool.query(
    `update judge_mail set
       failures = failures + 1,
       last_failure = $3,
       retry_at = clock_timestamp() + $4 * interval '1 millisecond'
     where inbox_item = $1 and judge = $2`,
    [item, judge, why, retryMs],
  );
}
