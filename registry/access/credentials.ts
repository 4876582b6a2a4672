import { hash as digest, randomBytes } from 'node:crypto';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Role } from '../../domain/vocabulary.js';
import { JUDGES_PER_COURT } from '../catalogue/catalogue.js';
import type { Queryable } from '../database/pool.js';
import type { Actor } from '../inputs.js';

// Tokens are opaque: 32 random bytes, of which only the SHA-256 is kept. Role and scope come from the database, never from the token.

/** Who asks. `client` is the court or department behind the token: idempotency keys and budgets are theirs, not the token's. */
export type Caller = { credential: string; client: string } & (
  | { role: 'clerk'; court: string }
  | { role: 'supervisor'; court: string }
  | { role: 'judge'; court: string; judge: string }
  | { role: 'department'; department: string }
  | { role: 'administrator' }
);

/** One sign-in of `credentials.json`. */
export type Credential =
  | { role: 'clerk'; court: string; token: string }
  | { role: 'judge'; court: string; judge: string; token: string }
  | { role: 'department'; department: string; token: string }
  | { role: 'supervisor'; court: string; token: string }
  | { role: 'administrator'; token: string };

export type Identified = { caller: Caller } | { refused: 'token-invalid' | 'token-expired' };

/** A credential's row as far as scope goes. */
export interface CredentialRow {
  id: string;
  role: Role;
  court: string | null;
  judge: string | null;
  department: string | null;
}

/** A revoked token is refused at the latest when what was remembered of it is this old; `until` is of this process's monotonic clock. */
const REMEMBERED_MS = 1_000;
const REMEMBERED_AT_MOST = 10_000;
const remembered = new WeakMap<object, Map<string, { caller: Caller; until: number }>>();

/** The SHA-256 under which a token or a session's cookie is kept; 256 random bits need no salt. */
export function hashSecret(secret: string): Buffer {
  return digest('sha256', secret, 'buffer');
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Who a bearer token stands for. Positive answers are remembered for a second per pool. */
export async function identify(q: Queryable, token: string): Promise<Identified> {
  const key = digest('sha256', token, 'hex');
  const cache = cacheOf(q);
  const known = cache.get(key);
  if (known && known.until > performance.now()) return { caller: known.caller };
  cache.delete(key);
  const { rows } = await q.query<CredentialRow & { left_ms: number | null }>(
    `select
       id, role, court, judge, department,
       (extract(epoch from expires_at - now()) * 1000)::float8 as left_ms
     from credential
     where token_hash = $1 and revoked_at is null`,
    [Buffer.from(key, 'hex')],
  );
  const row = rows[0];
  if (!row) return { refused: 'token-invalid' };
  const leftMs = row.left_ms ?? Number.POSITIVE_INFINITY;
  if (leftMs <= 0) return { refused: 'token-expired' };
  const caller = toCaller(row);
  if (cache.size >= REMEMBERED_AT_MOST) cache.clear();
  cache.set(key, { caller, until: performance.now() + Math.min(REMEMBERED_MS, leftMs) });
  return { caller };
}

/** As `identify`, for those who need no reason. */
export async function authenticate(q: Queryable, token: string): Promise<Caller | undefined> {
  const found = await identify(q, token);
  return 'caller' in found ? found.caller : undefined;
}

function cacheOf(q: Queryable): Map<string, { caller: Caller; until: number }> {
  const found = remembered.get(q);
  if (found) return found;
  const fresh = new Map<string, { caller: Caller; until: number }>();
  remembered.set(q, fresh);
  return fresh;
}

/** Throws when the row breaks the table's own constraints. */
export function toCaller(row: CredentialRow): Caller {
  const { id: credential, role, court, judge, department } = row;
  if (role === 'administrator') return { credential, client: 'administrator', role };
  if (role === 'department' && department) return { credential, client: `department:${department}`, role, department };
  if (role === 'judge' && court && judge) return { credential, client: `court:${court}`, role, court, judge };
  if ((role === 'clerk' || role === 'supervisor') && court)
    return { credential, client: `court:${court}`, role, court };
  throw new Error(`credential ${credential} has no scope`);
}

/** Who does it, for the record: role, court, judge or department, and the trace of the request where there is one. */
export function actorOf(caller: Caller, trace?: string): Actor {
  const { role } = caller;
  const traced = trace === undefined ? {} : { trace };
  switch (role) {
    case 'judge':
      return { role, id: caller.judge, ...traced };
    case 'department':
      return { role, id: caller.department, ...traced };
    case 'administrator':
      return { role, id: caller.credential, ...traced };
    default:
      return { role, id: caller.court, ...traced };
  }
}

type Slot = Credential extends infer C ? (C extends Credential ? Omit<C, 'token'> : never) : never;

/**
 * Gives every party a credential: a clerk, a supervisor and two judges for every court, every department, one administrator. Those of
 * `existing` which still verify are kept; a token is readable only here, at its issue. `adminUrl`: a role that may write `credential`.
 */
export async function ensureCredentials(adminUrl: string, existing: readonly Credential[]): Promise<Credential[]> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'credentials' });
  await client.connect();
  try {
    await client.query('begin');
    // Two starts at once must not both find a slot empty.
    await client.query('lock table credential in share row exclusive mode');
    const slots = await readSlots(client);
    const valid = await readValid(client);
    const kept = new Map<string, Credential>();
    for (const credential of existing) {
      const slot = slotKey(credential);
      if (valid.get(hashSecret(credential.token).toString('hex')) === slot) kept.set(slot, credential);
    }
    const all: Credential[] = [];
    for (const slot of slots) all.push(kept.get(slotKey(slot)) ?? (await issue(client, slot)));
    await client.query('commit');
    return all;
  } finally {
    await client.end();
  }
}

async function readSlots(client: pg.Client): Promise<Slot[]> {
  const courts = await client.query<{ code: string; judges: string[] }>(
    `select
       c.code,
       array(select j.id from judge j where j.court = c.code order by j.id limit $1) as judges
     from court c
     order by c.code`,
    [JUDGES_PER_COURT],
  );
  const departments = await client.query<{ code: string }>(
    `select code
     from department
     where left_position is null
     order by ordinal`,
  );
  return [
    ...courts.rows.flatMap(({ code: court, judges }): Slot[] => [
      { role: 'clerk', court },
      ...judges.map((judge): Slot => ({ role: 'judge', court, judge })),
      { role: 'supervisor', court },
    ]),
    ...departments.rows.map(({ code }): Slot => ({ role: 'department', department: code })),
    { role: 'administrator' },
  ];
}

async function readValid(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<CredentialRow & { hash: string }>(
    `select id, role, court, judge, department, encode(token_hash, 'hex') as hash
     from credential
     where revoked_at is null and (expires_at is null or expires_at > now())`,
  );
  return new Map(rows.map((row) => [row.hash, slotKey(toCaller(row))]));
}

async function issue(client: pg.Client, slot: Slot): Promise<Credential> {
  const token = newSecret();
  await client.query(
    `insert into credential (id, token_hash, role, court, judge, department)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      uuidv7(),
      hashSecret(token),
      slot.role,
      'court' in slot ? slot.court : null,
      'judge' in slot ? slot.judge : null,
      'department' in slot ? slot.department : null,
    ],
  );
  return { ...slot, token };
}

function slotKey(slot: Slot | Caller): string {
  const scope = 'department' in slot ? slot.department : 'court' in slot ? slot.court : '';
  return [slot.role, scope, 'judge' in slot ? slot.judge : ''].join('/');
}
