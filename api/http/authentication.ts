import type { Request } from 'express';
import { type Caller, identify } from '../../registry/access/credentials.js';
import type { Pool } from '../../registry/database/pool.js';
import { Problem, type ProblemCode } from './problem.js';

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*) *$/i;

/** The token of an Authorization header (RFC 6750), undefined where it has none. */
export const bearerToken = (header: string | undefined): string | undefined => BEARER.exec(header ?? '')?.[1];

/** Who asks, by the bearer token (RFC 6750); undefined without one. Throws Problem 401 for a token that is not, or no longer, one of ours. */
export async function authenticate(pool: Pool, req: Request): Promise<Caller | undefined> {
  const header = req.get('authorization');
  if (header === undefined) return undefined;
  const token = bearerToken(header);
  if (token === undefined) throw refused('token-invalid');
  const found = await identify(pool, token);
  if ('refused' in found) throw refused(found.refused);
  return found.caller;
}

const refused = (code: ProblemCode): Problem =>
  new Problem(code, { headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } });
