import { randomBytes } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { Refusal } from '../../domain/refusal.js';
import { tryLockKeyed } from '../database/locks.js';
import type { Queryable, Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { decrypt, encrypt, type KeyRing } from '../keys/key-ring.js';
import { recordDelivery } from './acknowledgements.js';
import { anyEnded, blockingOf, projectNotices } from './notices.js';
import { newSigningKey } from './signing-keys.js';

// The channels: one per department with a webhook. What is to be sent, and what became of it, stands here; sending is an activity's.

/** Who answered 410 Gone paused its channel itself. */
const RECEIVER = 'receiver';
/** After a change of secret the old one signs beside the new one for this long (Standard Webhooks 1.0: several signatures). */
const CHANGE_OVER = '24 hours';
/** Notices in one batch, about 0.5 kB each. */
const BATCH_AT_MOST = 100;

export interface Endpoint {
  url: string;
  /** What its strong ETag is made of. */
  version: number;
  pausedAt?: string;
  /** `receiver`: it answered 410 Gone. */
  pausedBy?: 'receiver' | 'administrator';
  /** With which its `v1a` signatures are checked; only where the department asked for them. */
  publicKey?: string;
  /** Failed attempts in a row. */
  failures: number;
  lastFailure?: string;
}

/** A department's endpoint as it may be shown: without its secret. Undefined when it has none. */
export async function endpointOf(q: Queryable, department: string): Promise<Endpoint | undefined> {
  const { rows } = await q.query<{
    url: string;
    version: number;
    paused_at: Date | null;
    paused_by: string | null;
    failures: number;
    last_failure: string | null;
    public_key: string | null;
  }>(
    'select url, version, paused_at, paused_by, failures, last_failure, public_key from endpoint where department = $1',
    [department],
  );
  const row = rows[0];
  return (
    row && {
      url: row.url,
      version: row.version,
      ...(row.paused_at
        ? {
            pausedAt: row.paused_at.toISOString(),
            pausedBy: row.paused_by === RECEIVER ? ('receiver' as const) : ('administrator' as const),
          }
        : {}),
      ...(row.public_key ? { publicKey: row.public_key } : {}),
      failures: row.failures,
      ...(row.last_failure ? { lastFailure: row.last_failure } : {}),
    }
  );
}

/**
 * The version of a department's endpoint, undefined when it has none; nobody else changes it until the transaction ends. Throws Refusal
 * `state-conflict` for a department that has left.
 */
export async function lockEndpoint(tx: Transaction, department: string): Promise<number | undefined> {
  const { rows } = await tx.query<{ left: boolean }>(
    'select left_position is not null as left from department where code = $1 for no key update',
    [department],
  );
  if (rows[0]?.left) throw Refusal.conflict('该部门已撤并。 / This department has left the platform.');
  const found = await tx.query<{ version: number }>('select version from endpoint where department = $1', [department]);
  return found.rows[0]?.version;
}

/**
 * Sets where a department takes its notices, under `lockEndpoint`, and gives it a new signing secret: the only time it is readable; with
 * `v1a` a new pair of keys beside it. Secret and key before them sign too for a day. A channel that the receiver had closed (410) is open again; one that an administrator paused is not.
 */
export async function putEndpoint(
  tx: Transaction,
  ring: KeyRing,
  department: string,
  url: string,
  signature: 'v1' | 'v1a' = 'v1',
): Promise<{ secret: string; publicKey?: string; version: number }> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const sealed = encrypt(ring, placeOf(department, 'secret_sealed'), secret);
  const key = signature === 'v1a' ? newSigningKey() : undefined;
  const before = await tx.query<{ secret_sealed: Buffer; signing_key_sealed: Buffer | null }>(
    'select secret_sealed, signing_key_sealed from endpoint where department = $1',
    [department],
  );
  const moved = (column: string, sealedBefore: Buffer | null | undefined): Buffer | null =>
    sealedBefore
      ? encrypt(
          ring,
          placeOf(department, `previous_${column}`),
          decrypt(ring, placeOf(department, column), sealedBefore),
        )
      : null;
  const [old] = before.rows;
  const { rows } = await tx.query<{ version: number }>(
    `insert into endpoint (department, url, secret_sealed, signing_key_sealed, public_key) values ($1, $2, $3, $7, $8)
     on conflict (department) do update set url = excluded.url, version = endpoint.version + 1, change = endpoint.change + 1,
       secret_sealed = excluded.secret_sealed, previous_secret_sealed = $4, previous_secret_until = now() + $5::interval,
       signing_key_sealed = excluded.signing_key_sealed, public_key = excluded.public_key, previous_signing_key_sealed = $9,
       failures = 0, last_failure = null, retry_at = null,
       paused_at = case when endpoint.paused_by <> $6 then endpoint.paused_at end,
       paused_by = case when endpoint.paused_by <> $6 then endpoint.paused_by end
     returning version`,
    [
      department,
      url,
      sealed,
      moved('secret_sealed', old?.secret_sealed),
      CHANGE_OVER,
      RECEIVER,
      key ? encrypt(ring, placeOf(department, 'signing_key_sealed'), key.privateKey) : null,
      key?.publicKey ?? null,
      moved('signing_key_sealed', old?.signing_key_sealed),
    ],
  );
  const row = rows[0];
  if (!row) throw new Error('the endpoint was not written');
  return { secret, ...(key ? { publicKey: key.publicKey } : {}), version: row.version };
}

const placeOf = (department: string, column: string) => ({ table: 'endpoint', column, row: department });

/** Sends nothing more until it is resumed; paused twice is paused once. Throws Refusal `not-found` where there is no webhook. */
export async function pauseChannel(tx: Transaction, department: string, actor: Actor): Promise<void> {
  await requireOne(
    tx.query(
      `update endpoint set change = change + (paused_at is null or paused_by = $3)::int,
         paused_at = coalesce(paused_at, clock_timestamp()), paused_by = case when paused_by <> $3 then paused_by else $2 end
       where department = $1`,
      [department, `${actor.role}:${actor.id}`, RECEIVER],
    ),
  );
}

/** Sends again, at once: what failed before no longer delays it. Throws Refusal `not-found` where there is no webhook. */
export async function resumeChannel(tx: Transaction, department: string): Promise<void> {
  await requireOne(
    tx.query(
      `update endpoint set change = change + (paused_at is not null)::int, paused_at = null, paused_by = null,
         failures = 0, last_failure = null, retry_at = null where department = $1`,
      [department],
    ),
  );
}

async function requireOne(updating: Promise<{ rowCount: number | null }>): Promise<void> {
  if ((await updating).rowCount !== 1) {
    throw Refusal.notFound('webhook');
  }
}

/** What there is to send now. */
export type Due =
  /** The department has no webhook any more. */
  | { kind: 'closed' }
  | { kind: 'paused' }
  /** Nothing stands in the log above this place. */
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

interface EndpointRow {
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

/**
 * What a channel has to do next. A stored batch is given again as it was, unless something in it that blocks has ended (then a new one
 * is made, in which that notice is void) or the department has acknowledged all of it elsewhere.
 */
export async function dueFor(tx: Transaction, ring: KeyRing, department: string): Promise<Due> {
  const { rows } = await tx.query<EndpointRow>(
    `select e.url, e.version, e.secret_sealed, case when e.previous_secret_until > now() then e.previous_secret_sealed end as previous,
            e.signing_key_sealed, case when e.previous_secret_until > now() then e.previous_signing_key_sealed end as previous_key,
            e.failures, e.paused_at is not null as paused, e.position,
            coalesce(greatest(extract(epoch from e.retry_at - clock_timestamp()) * 1000, 0), 0)::float8 as wait_ms,
            greatest(d.joined_position - 1, (select coalesce(max(a.up_to), 0) from acknowledgement a where a.department = $1)) as acknowledged,
            clock_timestamp() as now
     from endpoint e join department d on d.code = e.department where e.department = $1 and d.left_position is null for update of e`,
    [department],
  );
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
  const secrets = (
    [
      ['secret_sealed', row.secret_sealed],
      ['previous_secret_sealed', row.previous],
      ['signing_key_sealed', row.signing_key_sealed],
      ['previous_signing_key_sealed', row.previous_key],
    ] as const
  ).flatMap(([column, sealed]) => (sealed ? [decrypt(ring, placeOf(department, column), sealed)] : []));
  const { url, version, failures } = row;
  return { kind: 'send', batch: batch.id, body: batch.body, upTo: Number(batch.upTo), url, secrets, version, failures };
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

/** Stores the next notices under a new id. Places of the log that are nothing of this department's are passed over and not sent. */
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
        'insert into notice_batch (id, department, after, up_to, body, blocking) values ($1, $2, $3, $4, $5, $6)',
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
    'update endpoint set position = greatest(position, $2), failures = 0, last_failure = null, retry_at = null where department = $1',
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
    `update endpoint set failures = failures + 1, last_failure = $3, retry_at = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
     where department = $1 and version = $2 and paused_at is null`,
    [department, version, failure, retryInMs],
  );
}

/** The receiver answered 410: nothing more is sent to it until somebody looks. Returns whether that was new. */
export async function receiverGone(q: Queryable, department: string, version: number): Promise<boolean> {
  const { rowCount } = await q.query(
    `update endpoint set paused_at = clock_timestamp(), paused_by = $3, last_failure = 'gone', change = change + 1
     where department = $1 and version = $2 and paused_at is null`,
    [department, version, RECEIVER],
  );
  return rowCount === 1;
}

/** A channel whose process has to be there, and whether it must hear of a change. */
export interface ChannelToEnsure {
  department: string;
  change: number;
  changed: boolean;
  paused: boolean;
}

/** How long a process that was there is believed to be there still. */
const BELIEVED_SECONDS = 60;

/** Channels to start or signal, claimed until the transaction ends: another worker does not get the same. `all`: every one. */
export async function channelsToEnsure(tx: Transaction, all: boolean): Promise<ChannelToEnsure[]> {
  // The claim comes first and the row is read after it: what another worker has just told is then seen.
  const claimed = await tx.query<{ department: string }>(
    `with due as materialized (
       select department from endpoint
       where $1 or told_change < change or told_at is null or told_at < clock_timestamp() - make_interval(secs => $2)
     )
     select department from due where ${tryLockKeyed('channel', 'department')} order by department`,
    [all, BELIEVED_SECONDS],
  );
  if (claimed.rows.length === 0) return [];
  const { rows } = await tx.query<ChannelToEnsure>(
    `select department, change, told_change < change as changed, paused_at is not null as paused
     from endpoint where department = any($1) order by department`,
    [claimed.rows.map((row) => row.department)],
  );
  return rows;
}

/** The channel's process is there and has heard of all changes up to this one. */
export async function channelEnsured(tx: Transaction, { department, change }: ChannelToEnsure): Promise<void> {
  await tx.query(
    'update endpoint set told_change = greatest(told_change, $2), told_at = clock_timestamp() where department = $1',
    [department, change],
  );
}

export interface ChannelHealth {
  department: string;
  failures: number;
  pausedBy: 'receiver' | 'administrator' | null;
  /** How long the oldest notice that this channel has not delivered has been in existence, in seconds. */
  lagSeconds: number;
}

/** How every channel stands, for the metrics: a pause by the receiver is an alarm. */
export async function channelHealth(q: Queryable): Promise<ChannelHealth[]> {
  const { rows } = await q.query<{ department: string; failures: number; paused_by: string | null; lag: number }>(
    `select e.department, e.failures, e.paused_by,
            coalesce((select extract(epoch from clock_timestamp() - n.at) from notice n
              where n.position > greatest(e.position, (select coalesce(max(a.up_to), 0) from acknowledgement a where a.department = e.department))
                and (n.department is null or n.department = e.department)
              order by n.position limit 1), 0)::float8 as lag
     from endpoint e order by e.department`,
  );
  return rows.map((row) => ({
    department: row.department,
    failures: row.failures,
    pausedBy: row.paused_by === null ? null : row.paused_by === RECEIVER ? 'receiver' : 'administrator',
    lagSeconds: Math.max(row.lag, 0),
  }));
}
