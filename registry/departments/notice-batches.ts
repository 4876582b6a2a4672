import { uuidv7 } from 'uuidv7';
import type { Queryable, Transaction } from '../database/pool.js';
import { decrypt, type KeyRing } from '../keys/key-ring.js';
import { acknowledgedBy, recordDelivery } from './acknowledgements.js';
import { endpointContext, NO_FAILURES } from './endpoints.js';
import { anyEnded, blockingOf, projectNotices } from './notices.js';

// What is to be sent to a department's webhook, and what became of it; sending is an activity's.

/** Notices in one batch, about 0.5 kB each. */
const BATCH_AT_MOST = 100;

/** What there is to send now. */
export type Due =
  /** The department has no webhook any more. */
  | { kind: 'closed' }
  | { kind: 'paused' }
  /** Nothing stands in the log above this position. */
  | { kind: 'nothing'; position: number }
  /** It failed, and is tried again after so many ms. */
  | { kind: 'later'; ms: number }
  | ({ kind: 'send' } & Sending);

export interface Sending {
  /** Id of the batch: stable however often it is sent. */
  batch: string;
  body: string;
  upTo: number;
  url: string;
  /** The present one first, the one before it while the department changes over; then, where it asked for them, the signing keys. */
  secrets: string[];
  /** The endpoint's version: an answer of an address that was replaced meanwhile says nothing about the new one. */
  version: number;
  /** Failed attempts in a row before this one. */
  failures: number;
}

interface ChannelRow {
  url: string;
  version: number;
  secret_sealed: Buffer;
  previous: Buffer | null;
  signing_key_sealed: Buffer | null;
  previous_key: Buffer | null;
  failures: number;
  paused: boolean;
  wait_ms: number;
  position: string;
  acknowledged: string;
  now: Date;
}

const DUE = `
  select e.url, e.version, e.secret_sealed,
         case when e.previous_secret_until > now() then e.previous_secret_sealed end as previous,
         e.signing_key_sealed,
         case
           when e.previous_secret_until > now()
           then e.previous_signing_key_sealed end as previous_key,
         e.failures, e.paused_at is not null as paused, e.position,
         coalesce(
           greatest(extract(epoch from e.retry_at - clock_timestamp()) * 1000, 0),
           0)::float8 as wait_ms,
         greatest(d.joined_position - 1, ${acknowledgedBy('$1')}) as acknowledged,
         clock_timestamp() as now
  from endpoint e
  join department d on d.code = e.department
  where e.department = $1 and d.left_position is null
  for update of e`;

/**
 * What a channel has to do next. A stored batch is given again as it was, unless something in it that blocks has ended (then a new one
 * is made, in which that notice is void) or the department has acknowledged all of it elsewhere.
 */
export async function dueFor(tx: Transaction, ring: KeyRing, department: string): Promise<Due> {
  const { rows } = await tx.query<ChannelRow>(DUE, [department]);
  const row = rows[0];
  if (!row) return { kind: 'closed' };
  if (row.paused) return { kind: 'paused' };
  if (row.wait_ms > 0) return { kind: 'later', ms: row.wait_ms };
  const acknowledged = BigInt(row.acknowledged);
  const position = BigInt(row.position) > acknowledged ? BigInt(row.position) : acknowledged;
  const batch =
    (await storedBatch(tx, department, acknowledged)) ?? (await newBatch(tx, department, position, row.now));
  if ('nothingAbove' in batch) return { kind: 'nothing', position: Number(batch.nothingAbove) };
  await tx.query('update endpoint set sent = greatest(sent, $2) where department = $1', [
    department,
    batch.upTo.toString(),
  ]);
  const secrets = secretsOf(ring, department, row);
  const { url, version, failures } = row;
  return { kind: 'send', batch: batch.id, body: batch.body, upTo: Number(batch.upTo), url, secrets, version, failures };
}

function secretsOf(ring: KeyRing, department: string, row: ChannelRow): string[] {
  const encrypted = [
    ['secret_sealed', row.secret_sealed],
    ['previous_secret_sealed', row.previous],
    ['signing_key_sealed', row.signing_key_sealed],
    ['previous_signing_key_sealed', row.previous_key],
  ] as const;
  return encrypted.flatMap(([column, value]) =>
    value ? [decrypt(ring, endpointContext(department, column), value)] : [],
  );
}

interface Batch {
  id: string;
  body: string;
  upTo: bigint;
}

/** The batch under way, if it may go out as it is; one that is out of date is taken away. */
async function storedBatch(tx: Transaction, department: string, acknowledged: bigint): Promise<Batch | undefined> {
  const { rows } = await tx.query<{ id: string; body: string; up_to: string; blocking: string[] }>(
    'select id, body, up_to, blocking from notice_batch where department = $1',
    [department],
  );
  const row = rows[0];
  if (!row) return undefined;
  const upTo = BigInt(row.up_to);
  if (upTo > acknowledged && !(await anyEnded(tx, row.blocking))) return { id: row.id, body: row.body, upTo };
  await tx.query('delete from notice_batch where id = $1', [row.id]);
  return undefined;
}

/** Stores the next notices under a new id. Positions with nothing of this department's are passed over and not sent. */
async function newBatch(
  tx: Transaction,
  department: string,
  position: bigint,
  now: Date,
): Promise<Batch | { nothingAbove: bigint }> {
  for (let after = position; ; ) {
    const { items, upTo } = await projectNotices(tx, department, after, BATCH_AT_MOST);
    if (items.length > 0) {
      const id = uuidv7();
      const data = { items, served: Number(upTo) };
      const body = JSON.stringify({ type: 'notices', timestamp: now.toISOString(), data });
      await tx.query(
        `insert into notice_batch (id, department, after, up_to, body, blocking)
         values ($1, $2, $3, $4, $5, $6)`,
        [id, department, after.toString(), upTo.toString(), body, blockingOf(items)],
      );
      return { id, body, upTo };
    }
    if (upTo === after) return { nothingAbove: after };
    await tx.query('update endpoint set position = $2 where department = $1', [department, upTo.toString()]);
    after = upTo;
  }
}

/** The batch was answered 2xx: it is delivered, and the channel goes on from its end. Told twice, it happens once. */
export async function batchTaken(tx: Transaction, department: string, batch: string): Promise<void> {
  const { rows } = await tx.query<{ up_to: string }>(
    'delete from notice_batch where id = $1 and department = $2 returning up_to',
    [batch, department],
  );
  const upTo = rows[0]?.up_to;
  if (upTo === undefined) return;
  await tx.query(
    `update endpoint set position = greatest(position, $2), ${NO_FAILURES}
     where department = $1`,
    [department, upTo],
  );
  recordDelivery(tx, department, BigInt(upTo));
}

/** The batch was not taken: it goes again after `retryInMs`. `failure` is a code, never a value. */
export async function batchFailed(
  q: Queryable,
  department: string,
  { version, failure, retryInMs }: { version: number; failure: string; retryInMs: number },
): Promise<void> {
  await q.query(
    `update endpoint set
       failures = failures + 1,
       last_failure = $3,
       retry_at = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
     where department = $1 and version = $2 and paused_at is null`,
    [department, version, failure, retryInMs],
  );
}
