import type { JSX } from 'preact';
import type { Measure } from '../../domain/vocabulary.js';
import { Defaulters } from '../parts/defaulters.js';
import { DepartmentTable } from '../parts/department-table.js';
import { FactBar } from '../parts/fact-bar.js';
import { Layout } from '../parts/layout.js';
import { Matrix } from '../parts/matrix.js';
import { Stages } from '../parts/stages.js';
import { phaseOf } from '../parts/tally.js';
import { Timeline } from '../parts/timeline.js';
import { paths } from '../paths.js';
import type { Visit } from '../visit.js';
import type { CaseData } from './case-data.js';

/** Progress belongs in the rail, breadth in the matrix, history in the timeline. */
export function CasePage({ visit, data }: { visit: Visit; data: CaseData }): JSX.Element {
  const { view, departments } = data;
  return (
    <Layout visit={visit} title={view.caseNumber} kind="case">
      <FactBar visit={visit} view={view} court={data.court} departments={departments} />
      <Stages visit={visit} view={view} departments={departments} times={data.times} />
      <div class="columns">
        <Timeline
          visit={visit}
          path={paths.caseOf(view.id)}
          caseId={view.id}
          items={data.timeline.items}
          after={data.after}
          next={data.timeline.next}
          called={{ names: namesOf(visit, data), measures: measuresOf(data) }}
        />
        <div class="aside">
          <Matrix visit={visit} departments={departments} phase={phaseOf(view, departments)} />
          <Defaulters visit={visit} view={view} />
        </div>
      </div>
      <DepartmentTable visit={visit} departments={departments} />
    </Layout>
  );
}

const measuresOf = ({ view }: CaseData): Map<string, Measure> =>
  new Map(view.defaulters.flatMap(({ restrictions }) => restrictions.map(({ id, measure }) => [id, measure])));

/** What the ids and codes of the timeline are called: persons by their masked names. */
function namesOf(visit: Visit, { view, departments, services }: CaseData): Map<string, string> {
  const language = visit.language === 'en' ? 'en' : 'zh';
  return new Map([
    ...view.defaulters.map(({ id, name }) => [id, name] as const),
    ...departments.map(({ code, name }) => [code, name[language]] as const),
    ...services.map(({ code, name }) => [code, name[language]] as const),
  ]);
}
