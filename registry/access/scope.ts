import { courtsBelow } from '../catalogue/catalogue.js';
import type { Queryable } from '../database/pool.js';
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

/** Whose case it is. */
async function caseScope(q: Queryable, id: string): Promise<{ court: string; judge: string } | undefined> {
  const { rows } = await q.query<{ court: string; judge: string }>(
    'select court, judge from enforcement_case where id = $1',
    [id],
  );
  return rows[0];
}

export interface InterceptionScope {
  court: string;
  judge: string;
  department: string;
  enforcementCase: string;
}

/** Whose an interception is: the court that listed, the department that stopped. */
export async function interceptionScope(q: Queryable, id: string): Promise<InterceptionScope | undefined> {
  const { rows } = await q.query<{ court: string; judge: string; department: string; enforcement_case: string }>(
    `select c.court, c.judge, i.department, i.enforcement_case
     from interception i
     join enforcement_case c on c.id = i.enforcement_case
     where i.id = $1`,
    [id],
  );
  const row = rows[0];
  return (
    row && { court: row.court, judge: row.judge, department: row.department, enforcementCase: row.enforcement_case }
  );
}
