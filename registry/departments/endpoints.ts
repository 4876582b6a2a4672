import { randomBytes } from 'node:crypto';
import { Refusal } from '../../domain/refusal.js';
import type { Queryable, Transaction } from '../database/pool.js';
import { type Actor, actorName } from '../inputs.js';
import { type AadContext, decrypt, encrypt, type KeyRing } from '../keys/key-ring.js';
import { lockPresent } from './departures.js';
import { newWebhookKey } from './webhook-keys.js';

// Where a department takes its notices, and whether any are sent there: what it and administrators set. Sending: notice-batches.ts.

/** Who answered 410 Gone paused its channel itself. */
const RECEIVER = 'receiver';
/** After a change of secret the old one signs beside the new one for this long (Standard Webhooks 1.0: several signatures). */
const CHANGE_OVER = '24 hours';

/** What is set when a channel starts afresh: an attempt that failed before delays nothing. */
export const NO_FAILURES = 'failures = 0, last_failure = null, retry_at = null';

/** `receiver`: it answered 410 Gone. */
export type PausedBy = 'receiver' | 'administrator';

export const pausedByOf = (stored: string | null): PausedBy => (stored === RECEIVER ? 'receiver' : 'administrator');

/** What an encrypted column of a department's endpoint is bound to. */
export const endpointContext = (department: string, column: string): AadContext => ({
  table: 'endpoint',
  column,
  row: department,
});

export interface Endpoint {
  url: string;
  /** What its strong ETag is made of. */
  version: number;
  pausedAt?: string;
  pausedBy?: PausedBy;
  /** With which its `v1a` signatures are checked; only where the department asked for them. */
  publicKey?: string;
  /** Failed attempts in a row. */
  failures: number;
  lastFailure?: string;
}

interface EndpointRow {
  url: string;
  version: number;
  paused_at: Date | null;
  paused_by: string | null;
  failures: number;
  last_failure: string | null;
  public_key: string | null;
}

/** A department's endpoint as it may be shown: without its secret. Undefined when it has none. */
export async function endpointOf(q: Queryable, department: string): Promise<Endpoint | undefined> {
  const { rows } = await q.query<EndpointRow>(
    `select url, version, paused_at, paused_by, failures, last_failure, public_key
     from endpoint
     where department = $1`,
    [department],
  );
  const row = rows[0];
  return (
    row && {
      url: row.url,
      version: row.version,
      ...(row.paused_at ? { pausedAt: row.paused_at.toISOString(), pausedBy: pausedByOf(row.paused_by) } : {}),
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
  await lockPresent(tx, department);
  const found = await tx.query<{ version: number }>('select version from endpoint where department = $1', [department]);
  return found.rows[0]?.version;
}

const PUT_ENDPOINT = `
  insert into endpoint (department, url, secret_sealed, signing_key_sealed, public_key)
  values ($1, $2, $3, $7, $8)
  on conflict (department) do update set
    url = excluded.url,
    version = endpoint.version + 1,
    change = endpoint.change + 1,
    secret_sealed = excluded.secret_sealed,
    previous_secret_sealed = $4,
    previous_secret_until = now() + $5::interval,
    signing_key_sealed = excluded.signing_key_sealed,
    public_key = excluded.public_key,
    previous_signing_key_sealed = $9,
    ${NO_FAILURES},
    paused_at = case when endpoint.paused_by <> $6 then endpoint.paused_at end,
    paused_by = case when endpoint.paused_by <> $6 then endpoint.paused_by end
  returning version`;

/**
 * Sets where a department takes its notices, under `lockEndpoint`, and gives it a new signing secret: the only time it is readable; with
 * `v1a` a new pair of keys beside it. Secret and key before them sign too for a day. A channel that the receiver had closed (410) is open again;
 * one that an administrator paused is not.
 */
export async function putEndpoint(
  tx: Transaction,
  ring: KeyRing,
  department: string,
  url: string,
  signature: 'v1' | 'v1a' = 'v1',
): Promise<{ secret: string; publicKey?: string; version: number }> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const key = signature === 'v1a' ? newWebhookKey() : undefined;
  const before = await tx.query<{ secret_sealed: Buffer; signing_key_sealed: Buffer | null }>(
    'select secret_sealed, signing_key_sealed from endpoint where department = $1',
    [department],
  );
  const [old] = before.rows;
  const context = (column: string): AadContext => endpointContext(department, column);
  const asPrevious = (column: string, encrypted: Buffer | null | undefined): Buffer | null =>
    encrypted ? encrypt(ring, context(`previous_${column}`), decrypt(ring, context(column), encrypted)) : null;
  const { rows } = await tx.query<{ version: number }>(PUT_ENDPOINT, [
    department,
    url,
    encrypt(ring, context('secret_sealed'), secret),
    asPrevious('secret_sealed', old?.secret_sealed),
    CHANGE_OVER,
    RECEIVER,
    key ? encrypt(ring, context('signing_key_sealed'), key.privateKey) : null,
    key?.publicKey ?? null,
    asPrevious('signing_key_sealed', old?.signing_key_sealed),
  ]);
  const row = rows[0];
  if (!row) throw new Error('the endpoint was not written');
  return { secret, ...(key ? { publicKey: key.publicKey } : {}), version: row.version };
}

/** Sends nothing more until it is resumed; paused twice is paused once. Throws Refusal `not-found` where there is no webhook. */
export async function pauseChannel(tx: Transaction, department: string, actor: Actor): Promise<void> {
  const { rowCount } = await tx.query(
    `update endpoint set
       change = change + (paused_at is null or paused_by = $3)::int,
       paused_at = coalesce(paused_at, clock_timestamp()),
       paused_by = case when paused_by <> $3 then paused_by else $2 end
     where department = $1`,
    [department, actorName(actor), RECEIVER],
  );
  requireWebhook(rowCount);
}

/** Sends again, at once: what failed before no longer delays it. Throws Refusal `not-found` where there is no webhook. */
export async function resumeChannel(tx: Transaction, department: string): Promise<void> {
  const { rowCount } = await tx.query(
    `update endpoint set
       change = change + (paused_at is not null)::int,
       paused_at = null,
       paused_by = null,
       ${NO_FAILURES}
     where department = $1`,
    [department],
  );
  requireWebhook(rowCount);
}

function requireWebhook(found: number | null): void {
  if (found !== 1) throw Refusal.notFound('webhook');
}

/** The receiver answered 410: nothing more is sent to it until somebody looks. Returns whether that was new. */
export async function receiverGone(q: Queryable, department: string, version: number): Promise<boolean> {
  const { rowCount } = await q.query(
    `update endpoint set
       paused_at = clock_timestamp(),
       paused_by = $3,
       last_failure = 'gone',
       change = change + 1
     where department = $1 and version = $2 and paused_at is null`,
    [department, version, RECEIVER],
  );
  return rowCount === 1;
}
