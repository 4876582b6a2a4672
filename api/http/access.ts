import type { Role } from '../../domain/vocabulary.js';
import type { Caller } from '../../registry/access/credentials.js';
import { type CourtCaller, courtsOf, interceptionScope, maySee } from '../../registry/access/scope.js';
import type { Queryable } from '../../registry/database/pool.js';
import { maySeeSubject } from '../../registry/parties/identity-chain.js';
import { mayUndo } from '../../registry/parties/identity-links.js';
import { Problem } from './problem.js';

// The one place that says who may call what, and whose is whose. What is not yours is 404.

const COURT = ['clerk', 'judge', 'supervisor'] as const satisfies readonly Role[];

/** Every call under /v1 and who may make it; `any`: without a token, too. The routes in force are these and no others. */
export const ACCESS = {
  'POST /v1/cases': ['clerk'],
  'GET /v1/cases': COURT,
  'GET /v1/cases/:id': COURT,
  'GET /v1/cases/:id/timeline': COURT,
  'GET /v1/cases/:id/certificate': COURT,
  'POST /v1/cases/:id/repayments': ['clerk'],
  'POST /v1/repayments/:id/reversal': ['judge'],
  'POST /v1/cases/:id/decisions': ['judge'],
  'POST /v1/cases/:id/close': ['judge'],
  'GET /v1/inbox': ['judge', 'supervisor'],
  'POST /v1/inbox/:id/read': ['judge', 'supervisor'],
  'POST /v1/interceptions': ['department'],
  'POST /v1/interceptions/:id/directives': ['judge'],
  'POST /v1/interceptions/:id/feedback': ['department'],
  'GET /v1/interceptions/:id/identity': ['judge', 'supervisor'],
  'POST /v1/interceptions/:id/identity': ['judge'],
  'GET /v1/identity-reviews': ['judge', 'supervisor'],
  'POST /v1/identity-exceptions/:id/revocation': ['judge'],
  'GET /v1/identity-chain/:subject': COURT,
  'POST /v1/identity-links': ['judge'],
  'POST /v1/identity-links/:id/revocation': ['judge'],
  'GET /v1/identity-accesses': ['judge', 'supervisor'],
  'POST /v1/identity-searches': COURT,
  'GET /v1/identity-searches': ['judge', 'supervisor'],
  'GET /v1/identity-searches/:id': COURT,
  'POST /v1/comparisons': ['department'],
  'POST /v1/comparisons/batch': ['department'],
  'GET /v1/notices': ['department'],
  'POST /v1/acknowledgements': ['department'],
  'PUT /v1/departments/:code/endpoint': ['department'],
  'GET /v1/departments/:code/endpoint': ['department', 'administrator'],
  'POST /v1/departments/:code/token-keys': ['department'],
  'POST /v1/departments/:code/pause': ['administrator'],
  'POST /v1/departments/:code/resume': ['administrator'],
  'GET /v1/departments': 'any',
  'GET /v1/services': 'any',
  'GET /v1/services/:code/history': [...COURT, 'administrator'],
  'PATCH /v1/services/:code': ['administrator'],
  'GET /v1/schools': 'any',
  'PUT /v1/schools/:code': ['administrator'],
  'GET /v1/courts': 'any',
  'GET /v1/statistics': 'any',
  'GET /v1/retention-runs': ['supervisor', 'administrator'],
  'GET /v1/receipts/:fact': [...COURT, 'department'],
  'POST /v1/receipts/:fact/signature': [...COURT, 'department'],
  'GET /v1/signing-keys': 'any',
  'POST /v1/signing-keys': ['supervisor', 'department'],
} as const satisfies Record<string, readonly Role[] | 'any'>;

export type Call = keyof typeof ACCESS;

/** The caller a call's handler sees: one of the roles that may make it. */
export type CallerOf<C extends Call> = (typeof ACCESS)[C] extends readonly (infer R)[]
  ? Extract<Caller, { role: R }>
  : Caller | undefined;

/** Throws Problem 401 where nobody signed in, 404 where somebody else did. */
export function admit<C extends Call>(call: C, caller: Caller | undefined): asserts caller is CallerOf<C> {
  const roles: readonly Role[] | 'any' = ACCESS[call];
  if (roles === 'any') return;
  if (!caller) throw new Problem('token-missing', { headers: { 'WWW-Authenticate': 'Bearer' } });
  if (!roles.includes(caller.role)) throw new Problem('not-found');
}

/** Throws Problem 404 unless the case exists and is the caller's to see. */
export async function requireCase(q: Queryable, caller: CourtCaller, id: string): Promise<void> {
  if (!(await maySee(q, caller, id))) throw new Problem('not-found');
}

/** Throws Problem 404 unless the subject is the caller's to see (`maySeeSubject`). */
export async function requireSubject(q: Queryable, caller: CourtCaller, subject: string): Promise<void> {
  if (!(await maySeeSubject(q, caller, subject))) throw new Problem('not-found');
}

/** The interception, if it is of a court whose cases the caller sees. Throws Problem 404. */
export async function requireCourtInterception(q: Queryable, caller: CourtCaller, id: string): Promise<void> {
  const scope = await interceptionScope(q, id);
  if (!scope || !(await courtsOf(q, caller)).includes(scope.court)) throw new Problem('not-found');
}

/** Throws Problem 404 unless this court, or one below it, made what is to be undone. */
export async function requireMaker(
  q: Queryable,
  caller: CourtCaller,
  madeBy: { court: string } | undefined,
): Promise<void> {
  if (!madeBy || !(await mayUndo(q, caller.court, madeBy.court))) throw new Problem('not-found');
}

/** The interception with its case, if it is of the judge's court or the department's own. Throws Problem 404. */
export async function requireInterception(
  q: Queryable,
  caller: Extract<Caller, { role: 'judge' | 'department' }>,
  id: string,
): Promise<{ enforcementCase: string }> {
  const scope = await interceptionScope(q, id);
  const own = caller.role === 'department' ? scope?.department === caller.department : scope?.court === caller.court;
  if (!scope || !own) throw new Problem('not-found');
  return scope;
}

/** Throws Problem 404 where a department asks about another; an administrator may ask about all. */
export function requireOwnDepartment(
  caller: Extract<Caller, { role: 'department' | 'administrator' }>,
  code: string,
): void {
  if (caller.role === 'department' && caller.department !== code) throw new Problem('not-found');
}
