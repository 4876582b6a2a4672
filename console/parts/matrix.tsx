import type { JSX } from 'preact';
import type { CaseDepartment } from '../../registry/views/case-departments.js';
import { shortName } from '../text/short-names.js';
import type { Visit } from '../visit.js';
import { List } from './list.js';
import { type NoticeState, noticeStateOf, type Phase, tally } from './tally.js';

const GLYPHS: { readonly [S in NoticeState]: string } = { none: '·', delivered: '○', acknowledged: '✓' };
const INTERCEPTED = '◆';

interface MatrixProps {
  visit: Visit;
  departments: readonly CaseDepartment[];
  phase: Phase;
}

/** Who knows what, in an order that never changes, so that its shape is learnt. Each cell leads to its row in the table. */
export function Matrix({ visit, departments, phase }: MatrixProps): JSX.Element {
  const { text } = visit;
  return (
    <section class="panel matrix" aria-labelledby="departments">
      <div class="panel-head">
        <h2 id="departments">{text.departments.title(departments.length)}</h2>
        <span class="panel-note">{text.departments.phases[phase]}</span>
      </div>
      <List class={`cells cells-${phase}`}>
        {departments.map((department) => (
          <Cell key={department.code} visit={visit} department={department} phase={phase} />
        ))}
      </List>
      <Legend visit={visit} departments={departments} phase={phase} />
    </section>
  );
}

function Cell({ visit, department, phase }: { visit: Visit; department: CaseDepartment; phase: Phase }): JSX.Element {
  const { text, language } = visit;
  const state = noticeStateOf(department[phase]);
  const states = phase === 'release' ? text.departments.release : text.departments.states;
  const name = language === 'en' ? department.name.en : department.name.zh;
  const spoken = text.departments.cellName(name, states[state], department.interceptions);
  return (
    <li>
      <a
        class={`cell cell-${state}${department.interceptions > 0 ? ' cell-intercepted' : ''}`}
        href={`#d-${department.code}`}
        data-department={department.code}
        data-state={state}
        data-interceptions={department.interceptions}
        title={spoken}
      >
        <span class="cell-glyph" aria-hidden="true">
          {GLYPHS[state]}
          {department.interceptions > 0 && <span class="cell-stop">{INTERCEPTED}</span>}
        </span>
        <span class="cell-name">{shortName(department.code, language)}</span>
        {/* What is seen is the beginning of what is heard, so that it can also be said to the browser (WCAG 2.5.3). */}
        <span class="visually-hidden"> {spoken}</span>
      </a>
    </li>
  );
}

function Legend({ visit, departments, phase }: MatrixProps): JSX.Element {
  const { cells, legend } = visit.text.departments;
  const { delivered, acknowledged } = tally(departments, phase);
  const entries = [
    ['none', GLYPHS.none, cells.none, departments.length - delivered],
    ['delivered', GLYPHS.delivered, cells.delivered, delivered - acknowledged],
    ['acknowledged', GLYPHS.acknowledged, cells.acknowledged, acknowledged],
    ['intercepted', INTERCEPTED, cells.intercepted, departments.filter((one) => one.interceptions > 0).length],
  ] as const;
  return (
    <List class="legend" label={legend}>
      {entries.map(([state, glyph, name, count]) => (
        <li key={state} class={`legend-${state}`}>
          <span class="legend-glyph" aria-hidden="true">
            {glyph}
          </span>{' '}
          {name} <strong data-legend={state}>{count}</strong>
        </li>
      ))}
    </List>
  );
}
