import { uuidv7 } from 'uuidv7';
import type { InboxKind } from '../../domain/vocabulary.js';
import { type TimeCursor, type TimePage, timePage } from '../database/pages.js';
import type { Queryable, Transaction } from '../database/pool.js';

export interface InboxItem {
  id: string;
  kind: InboxKind;
  at: string;
  case?: string;
  defaulter?: string;
  interception?: string;
  department?: string;
  deadline?: string;
  readAt?: string;
}

/** Who looks: a judge sees the cases they handle, a supervisor those of the courts below too. */
export interface InboxScope {
  judge?: string;
  courts: string[];
}

export interface NewInboxItem {
  /** One item per key, however often a step runs. */
  key: string;
  kind: InboxKind;
  enforcementCase: string;
  /** Epoch ms. */
  at: number;
  defaulter?: string | null;
  interception?: string | null;
  department?: string | null;
  /** Epoch ms. */
  deadline?: number | null;
}

/** What items are keyed by that are looked for again by what they are about: a stop, a question to the judge, a deadline. */
type KeyedItem = 'interception' | 'decide-restriction' | 'escalation' | 'overdue';

/** The key of an item; `about`: a stop (`stopId`), a question (`questionOf`), the id of a deadline. */
export const itemKey = (item: KeyedItem, about: string): string => `${item}:${about}`;

/** The same in SQL; `about` is an expression of text or uuid. */
export const itemKeySql = (item: KeyedItem, about: string): string => `'${item}:' || ${about}`;

/** Puts an item before the judge of the case; returns its id, or null when it was there already. */
export async function raise(tx: Transaction, item: NewInboxItem): Promise<string | null> {
  const { rows } = await tx.query<{ id: string }>(
    `insert into inbox_item (
       id, key, kind, enforcement_case, defaulter, interception, department, at, deadline)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (key) do nothing
     returning id`,
    [
      uuidv7(),
      item.key,
      item.kind,
      item.enforcementCase,
      item.defaulter ?? null,
      item.interception ?? null,
      item.department ?? null,
      new Date(item.at),
      item.deadline == null ? null : new Date(item.deadline),
    ],
  );
  return rows[0]?.id ?? null;
}

interface InboxRow {
  id: string;
  kind: InboxKind;
  at: Date;
  /** To the microsecond: where a page ends. */
  exact: string;
  enforcement_case: string;
  defaulter: string | null;
  interception: string | null;
  department: string | null;
  deadline: Date | null;
  read_at: Date | null;
}

const COLUMNS = `i.id, i.kind, i.at, i.at::text as exact, i.enforcement_case, i.defaulter,
       i.interception, i.department, i.deadline, i.read_at`;
const IN_SCOPE = `($1::text is null or c.judge = $1)
       and c.court = any($2)`;

/** Newest first. */
export async function listInbox(
  q: Queryable,
  scope: InboxScope,
  after: TimeCursor | undefined,
  limit: number,
): Promise<TimePage<InboxItem>> {
  const { rows } = await q.query<InboxRow>(
    `select ${COLUMNS}
     from inbox_item i
     join enforcement_case c on c.id = i.enforcement_case
     where ${IN_SCOPE}
       and ($3::timestamptz is null or (i.at, i.id) < ($3, $4::uuid))
     order by i.at desc, i.id desc
     limit $5`,
    [scope.judge ?? null, scope.courts, after?.at ?? null, after?.id ?? null, limit + 1],
  );
  return timePage(rows, limit, toItem);
}

/** The case an item belongs to, if the reader may see it. */
export async function inboxItemCase(q: Queryable, id: string, scope: InboxScope): Promise<string | undefined> {
  const { rows } = await q.query<{ enforcement_case: string }>(
    `select i.enforcement_case
     from inbox_item i
     join enforcement_case c on c.id = i.enforcement_case
     where ${IN_SCOPE}
       and i.id = $3`,
    [scope.judge ?? null, scope.courts, id],
  );
  return rows[0]?.enforcement_case;
}

/** Marks an item read, the first time only; returns it as it stands and whether this was the first time. */
export async function markRead(
  tx: Transaction,
  id: string,
  reader: string,
  at: number,
): Promise<{ item: InboxItem; first: boolean } | undefined> {
  const marked = await tx.query(
    `update inbox_item
     set read_at = $2, read_by = $3
     where id = $1
       and read_at is null`,
    [id, new Date(at), reader],
  );
  const { rows } = await tx.query<InboxRow>(
    `select ${COLUMNS}
     from inbox_item i
     where i.id = $1`,
    [id],
  );
  return rows[0] && { item: toItem(rows[0]), first: marked.rowCount === 1 };
}

function toItem(row: InboxRow): InboxItem {
  return {
    id: row.id,
    kind: row.kind,
    at: row.at.toISOString(),
    case: row.enforcement_case,
    ...(row.defaulter ? { defaulter: row.defaulter } : {}),
    ...(row.interception ? { interception: row.interception } : {}),
    ...(row.department ? { department: row.department } : {}),
    ...(row.deadline ? { deadline: row.deadline.toISOString() } : {}),
    ...(row.read_at ? { readAt: row.read_at.toISOString() } : {}),
  };
}
