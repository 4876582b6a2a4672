import { courtsBelow } from '../catalogue/catalogue.js';
import type { Queryable } from '../database/pool.js';
import { caseScope } from '../views/case-views.js';
import type { Caller } from './credentials.js';

/** Somebody of a court: clerk, judge or supervisor. */
export type CourtCaller = Extract<Caller, { court: string }>;

export const isOfCourt = (caller: Caller): caller is CourtCaller => 'court' in caller;

/** The courts whose cases a caller sees: their own, and for a supervisor those below too. */
export async function courtsOf(q: Queryable, caller: CourtCaller): Promise<string[]> {
  return caller.role === 'supervisor' ? courtsBelow(q, caller.court) : [caller.court];
}

/** Whether the case exists and is the caller's to see. */
export async function maySee(q: Queryable, caller: CourtCaller, caseId: string): Promise<boolean> {
  const scope = await caseScope(q, caseId);
  return scope !== undefined && (await courtsOf(q, caller)).includes(scope.court);
}
