import { caseScope } from '../registry/case-views.js';
import { courtsBelow } from '../registry/catalogue.js';
import type { Caller } from '../registry/credentials.js';
import type { Queryable } from '../registry/pool.js';

/** Those for whom this version has pages. */
export type CourtCaller = Extract<Caller, { court: string }>;

export const isOfCourt = (caller: Caller): caller is CourtCaller => 'court' in caller;

/** The courts whose cases the reader sees: their own, and for a supervisor those below too. */
export async function courtsOf(q: Queryable, caller: CourtCaller): Promise<string[]> {
  return caller.role === 'supervisor' ? courtsBelow(q, caller.court) : [caller.court];
}

/** Whether the case exists and is the reader's to see. */
export async function maySee(q: Queryable, caller: CourtCaller, caseId: string): Promise<boolean> {
  const scope = await caseScope(q, caseId);
  return scope !== undefined && (await courtsOf(q, caller)).includes(scope.court);
}
