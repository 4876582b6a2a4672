import { type CourtView, courts, type ServiceView, services } from '../../registry/catalogue/catalogue.js';
import type { Pool } from '../../registry/database/pool.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { type CaseDepartment, caseDepartments } from '../../registry/views/case-departments.js';
import { type CaseView, caseView } from '../../registry/views/case-views.js';
import { factTimes } from '../../registry/views/fact-times.js';
import { type TimelineItem, timeline } from '../../registry/views/timeline.js';
import type { Times } from '../parts/stages.js';

/** All that the page of one case shows. */
export interface CaseData {
  view: CaseView;
  court: CourtView | undefined;
  departments: CaseDepartment[];
  times: Times;
  timeline: { items: TimelineItem[]; next?: number };
  /** The number above which this part of the timeline begins. */
  after: number;
  services: ServiceView[];
}

const FACTS_A_PAGE = 200;

/** Reads a case for its page; undefined when there is none. */
export async function readCase(pool: Pool, ring: KeyRing, id: string, after: number): Promise<CaseData | undefined> {
  const [view, allCourts, departments, times, facts, allServices] = await Promise.all([
    caseView(pool, ring, id),
    courts(pool),
    caseDepartments(pool, id),
    factTimes(pool, id),
    timeline(pool, id, after, FACTS_A_PAGE),
    services(pool),
  ]);
  if (view === undefined) return undefined;
  return {
    view,
    court: allCourts.find(({ code }) => code === view.court),
    departments,
    times,
    timeline: facts,
    after,
    services: allServices,
  };
}
