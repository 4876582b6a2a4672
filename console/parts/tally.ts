import type { CaseDepartment, Telling } from '../../registry/views/case-departments.js';
import type { CaseView } from '../../registry/views/case-views.js';

// Header, stages, matrix and table count here and nowhere else.

export type Phase = 'publish' | 'release';
export type NoticeState = 'none' | 'delivered' | 'acknowledged';

export function noticeStateOf(telling: Telling | undefined): NoticeState {
  if (telling?.acknowledgedAt !== undefined) return 'acknowledged';
  return telling?.deliveredAt === undefined ? 'none' : 'delivered';
}

export interface Tally {
  /** Departments the notice is for; all of them while there is none. */
  scope: number;
  /** Served, whether they have acknowledged or not. */
  delivered: number;
  acknowledged: number;
}

export function tally(departments: readonly CaseDepartment[], phase: Phase): Tally {
  const meant = departments.filter((department) => department[phase] !== undefined);
  const states = meant.map((department) => noticeStateOf(department[phase]));
  return {
    scope: meant.length === 0 ? departments.length : meant.length,
    delivered: states.filter((one) => one !== 'none').length,
    acknowledged: states.filter((one) => one === 'acknowledged').length,
  };
}

export const interceptionsOf = (departments: readonly CaseDepartment[]): number =>
  departments.reduce((sum, department) => sum + department.interceptions, 0);

/** What the matrix shows: the release once nobody is restricted any more, the publish until then. */
export function phaseOf(view: CaseView, departments: readonly CaseDepartment[]): Phase {
  const ending = view.defaulters.every(({ state }) => state === 'RELEASING' || state === 'RELEASED');
  return ending && departments.some((department) => department.release !== undefined) ? 'release' : 'publish';
}
