import type { ComponentChildren, JSX } from 'preact';
import type { CourtView } from '../../registry/catalogue/catalogue.js';
import type { CaseDepartment } from '../../registry/views/case-departments.js';
import type { CaseView } from '../../registry/views/case-views.js';
import type { Visit } from '../visit.js';
import { Money, Performed } from './money.js';
import { CaseBadge, DefaulterBadge } from './state.js';
import { interceptionsOf, tally } from './tally.js';

interface FactBarProps {
  visit: Visit;
  view: CaseView;
  court: CourtView | undefined;
  departments: readonly CaseDepartment[];
}

const NAMES_AT_MOST = 6;

/** What a judge wants to know first. */
export function FactBar({ visit, view, court, departments }: FactBarProps): JSX.Element {
  const { text } = visit;
  const published = tally(departments, 'publish');
  const released = tally(departments, 'release');
  return (
    <section class="panel fact-bar" aria-label={text.case.facts}>
      <div class="fact-bar-head">
        <h1 class="case-number" lang="zh-CN">
          {view.caseNumber}
        </h1>
        <CaseBadge visit={visit} state={view.state} />
        <p class="fact-bar-court">
          {visit.language === 'en' ? (court?.name.en ?? view.court) : (court?.name.zh ?? view.court)}
          <span aria-hidden="true"> · </span>
          {text.detail.judge(view.judge)}
        </p>
      </div>
      <dl class="figures">
        <Figure label={text.cases.defaulters} wide>
          <DefaulterNames visit={visit} view={view} />
        </Figure>
        <Figure label={text.cases.obligation}>
          <Money visit={visit} yuan={view.obligation.amount} />
        </Figure>
        <Figure label={text.cases.performed}>
          <Performed visit={visit} obligation={view.obligation.amount} outstanding={view.outstanding} />
        </Figure>
        <Figure label={text.cases.outstanding}>
          <Money visit={visit} yuan={view.outstanding} />
        </Figure>
        <Figure label={text.case.surplus}>
          <Money visit={visit} yuan={view.surplus} />
        </Figure>
        <Figure label={text.case.acknowledged}>
          <Ratio name="publish" {...published} />
        </Figure>
        <Figure label={text.case.released}>
          <Ratio name="release" {...released} />
        </Figure>
        <Figure label={text.case.interceptions}>
          <span data-count="interceptions">{text.case.times(interceptionsOf(departments))}</span>
        </Figure>
      </dl>
    </section>
  );
}

interface FigureProps {
  label: string;
  wide?: boolean;
  children: ComponentChildren;
}

const Figure = ({ label, wide, children }: FigureProps): JSX.Element => (
  <div class={wide ? 'figure figure-wide' : 'figure'}>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
);

const Ratio = ({ name, acknowledged, scope }: { name: string; acknowledged: number; scope: number }): JSX.Element => (
  <span data-count={name}>
    {acknowledged} / {scope}
  </span>
);

function DefaulterNames({ visit, view }: { visit: Visit; view: CaseView }): JSX.Element {
  const shown = view.defaulters.slice(0, NAMES_AT_MOST);
  return (
    <span class="names">
      {shown.map((defaulter) => (
        <span class="name" key={defaulter.id}>
          {defaulter.name} <DefaulterBadge visit={visit} defaulter={defaulter} />
        </span>
      ))}
      {view.defaulters.length > shown.length && (
        <span class="muted">{visit.text.cases.more(view.defaulters.length)}</span>
      )}
    </span>
  );
}
