import type { z } from 'zod';
import { actorOf } from '../../registry/access/credentials.js';
import type { CourtCaller } from '../../registry/access/scope.js';
import type { Transaction } from '../../registry/database/pool.js';
import { shown } from '../../registry/parties/identity-access.js';
import { Problem } from '../http/problem.js';
import type { Services } from '../http/route.js';
import type { look } from '../schemas/identity.js';

/** A GET that shows persons: who looks, and for which purpose (`shown`). Throws Problem 404 where there is nothing to show. */
export async function lookedUp<T>(
  { caller, query, traceId }: { caller: CourtCaller; query: z.output<typeof look>; traceId: string },
  { pool }: Pick<Services, 'pool'>,
  read: (tx: Transaction, how: { unmasked: boolean }) => Promise<T | undefined>,
  persons: (found: T) => { subjects: readonly string[]; interception?: string },
): Promise<T> {
  const looker = { caller, actor: actorOf(caller, traceId), purpose: query.purpose };
  const found = await shown(pool, looker, read, persons);
  if (!found) throw new Problem('not-found');
  return found;
}
