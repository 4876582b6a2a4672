import type { Queryable } from '../database/pool.js';
import { type Caller, type CredentialRow, hashSecret, newSecret, toCaller } from './credentials.js';

// A signed-in person's browser. The cookie's value is known to the browser alone: the database keeps its SHA-256.

/** One working day. */
const SESSION_HOURS = 10;

/** Opens a session for a credential; `cookie` is shown to the browser once. */
export async function openSession(q: Queryable, credential: string): Promise<{ cookie: string; expiresAt: Date }> {
  const cookie = newSecret();
  await q.query('delete from console_session where expires_at <= now()');
  const { rows } = await q.query<{ expires_at: Date }>(
    `insert into console_session (id_hash, credential, expires_at)
     values ($1, $2, now() + make_interval(hours => $3))
     returning expires_at`,
    [hashSecret(cookie), credential, SESSION_HOURS],
  );
  const expiresAt = rows[0]?.expires_at;
  if (!expiresAt) throw new Error('the session was not written');
  return { cookie, expiresAt };
}

/** Whose session it is; undefined once it or its credential has expired, ended or been revoked. */
export async function sessionCaller(q: Queryable, cookie: string): Promise<Caller | undefined> {
  const { rows } = await q.query<CredentialRow>(
    `select c.id, c.role, c.court, c.judge, c.department
     from console_session s
     join credential c on c.id = s.credential
     where s.id_hash = $1
       and s.expires_at > now()
       and c.revoked_at is null
       and (c.expires_at is null or c.expires_at > now())`,
    [hashSecret(cookie)],
  );
  return rows[0] && toCaller(rows[0]);
}

export async function closeSession(q: Queryable, cookie: string): Promise<void> {
  await q.query('delete from console_session where id_hash = $1', [hashSecret(cookie)]);
}
