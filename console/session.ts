import type { Request, Response } from 'express';
import type { Caller } from '../registry/access/credentials.js';
import { closeSession, openSession, sessionCaller } from '../registry/access/sessions.js';
import type { Pool } from '../registry/database/pool.js';
import { readCookie } from './cookies.js';
import { setCookie } from './security.js';

const SESSION_COOKIE = 'console-session';

/** Who is signed in in this browser. */
export async function signedIn(pool: Pool, req: Request): Promise<Caller | undefined> {
  const cookie = readCookie(req, SESSION_COOKIE);
  return cookie === undefined ? undefined : sessionCaller(pool, cookie);
}

/** Signs in; the session this browser had before ends. */
export async function signIn(pool: Pool, req: Request, res: Response, caller: Caller): Promise<void> {
  await endSession(pool, req);
  const { cookie, expiresAt } = await openSession(pool, caller.credential);
  setCookie(req, res, SESSION_COOKIE, cookie, expiresAt);
}

export async function signOut(pool: Pool, req: Request, res: Response): Promise<void> {
  await endSession(pool, req);
  setCookie(req, res, SESSION_COOKIE, '', new Date(0));
}

async function endSession(pool: Pool, req: Request): Promise<void> {
  const cookie = readCookie(req, SESSION_COOKIE);
  if (cookie !== undefined) await closeSession(pool, cookie);
}
