import type { JSX } from 'preact';
import type { CaseDepartment } from '../../registry/views/case-departments.js';
import type { CaseView } from '../../registry/views/case-views.js';
import type { factTimes } from '../../registry/views/fact-times.js';
import { percent, performedPercent } from '../text/format.js';
import type { Visit } from '../visit.js';
import { OrderedList } from './list.js';
import { interceptionsOf, tally } from './tally.js';
import { Time } from './time.js';

export type Times = Awaited<ReturnType<typeof factTimes>>;

interface StagesProps {
  visit: Visit;
  view: CaseView;
  departments: readonly CaseDepartment[];
  times: Times;
}

interface Stage {
  name: string;
  figure: string;
  /** When it was first reached; undefined while it was not. */
  at: string | undefined;
}

/** How far the case has come. What did not happen on the way stays visible as such. */
export function Stages(props: StagesProps): JSX.Element {
  const { text } = props.visit;
  const stages = stagesOf(props);
  const current = stages.findLastIndex((stage) => stage.at !== undefined);
  const isFinished = current === stages.length - 1;
  return (
    <section class="stages" aria-label={text.case.stages}>
      <OrderedList>
        {stages.map((stage, index) => (
          <li
            key={stage.name}
            class={`stage ${stage.at === undefined ? 'stage-open' : 'stage-reached'}${index === current && !isFinished ? ' stage-current' : ''}`}
            {...(index === current ? { 'aria-current': 'step' as const } : {})}
          >
            <span class="stage-mark" aria-hidden="true">
              {stage.at === undefined ? '' : index === current && !isFinished ? '●' : '✓'}
            </span>
            <span class="stage-name">{stage.name}</span>
            <span class="stage-figure">{stage.figure}</span>
            {stage.at !== undefined && <Time at={stage.at} form="short" />}
          </li>
        ))}
      </OrderedList>
    </section>
  );
}

function stagesOf({ visit, view, departments, times }: StagesProps): Stage[] {
  const { text } = visit;
  const { stages } = text;
  const published = tally(departments, 'publish');
  const released = tally(departments, 'release');
  const intercepted = interceptionsOf(departments);
  const performed = performedPercent(view.obligation.amount, view.outstanding);
  const all = performed === 100;
  const notified = times['release-published']?.firstAt;
  const repaidAt = times.repayment;
  const performedAt = repaidAt?.lastAt ?? times['obligation-amended']?.lastAt;
  return [
    { name: stages.opened, figure: text.detail.defaulters(view.defaulters.length), at: times['case-opened']?.firstAt },
    {
      name: stages.published,
      figure: `${published.acknowledged} / ${published.scope}`,
      at: times.published?.firstAt,
    },
    {
      name: stages.intercepted,
      figure: intercepted === 0 ? stages.none : text.case.times(intercepted),
      at: times['comparison-hit']?.firstAt,
    },
    {
      name: stages.notified,
      figure: times['judge-notified'] ? text.case.times(times['judge-notified'].count) : stages.none,
      at: times['judge-notified']?.firstAt,
    },
    {
      name: stages.partial,
      figure: performed === undefined ? stages.none : percent(performed),
      at: repaidAt?.firstAt,
    },
    { name: stages.performed, figure: all ? text.yes : stages.none, at: all ? performedAt : undefined },
    { name: stages.released, figure: `${released.acknowledged} / ${released.scope}`, at: notified },
    {
      name: stages.complete,
      figure: view.state === 'CLOSED' ? text.caseStates.CLOSED : stages.none,
      at: view.state === 'CLOSED' ? times.released?.lastAt : undefined,
    },
  ];
}
