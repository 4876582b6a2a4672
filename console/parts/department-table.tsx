import type { JSX } from 'preact';
import type { CaseDepartment } from '../../registry/views/case-departments.js';
import type { Visit } from '../visit.js';
import { interceptionsOf, tally } from './tally.js';
import { Time } from './time.js';

interface DepartmentTableProps {
  visit: Visit;
  departments: readonly CaseDepartment[];
}

/** The matrix to be read aloud, printed and copied: every department with its times. */
export function DepartmentTable({ visit, departments }: DepartmentTableProps): JSX.Element {
  const { departments: words } = visit.text;
  const published = tally(departments, 'publish');
  const released = tally(departments, 'release');
  return (
    <details class="panel department-details" open>
      <summary>
        <h2>{words.table(departments.length)}</h2>
      </summary>
      <p class="panel-note">{words.tableHint}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1) */}
      <section class="scroll" aria-label={words.table(departments.length)} tabIndex={0}>
        <table class="grid department-table">
          <thead>
            <tr>
              <th scope="col">{words.department}</th>
              <th scope="col">{words.delivered}</th>
              <th scope="col">{words.acknowledged}</th>
              <th scope="col" class="number">
                {words.interceptions}
              </th>
              <th scope="col">{words.releaseDelivered}</th>
              <th scope="col">{words.releaseAcknowledged}</th>
            </tr>
          </thead>
          <tbody>
            {departments.map((department) => (
              <tr key={department.code} id={`d-${department.code}`}>
                <th scope="row">
                  {visit.language === 'en' ? department.name.en : department.name.zh}{' '}
                  <span class="code">{department.code}</span>
                </th>
                <Moment visit={visit} at={department.publish?.deliveredAt} />
                <Moment visit={visit} at={department.publish?.acknowledgedAt} />
                <td class={department.interceptions > 0 ? 'number stop' : 'number muted'}>
                  {department.interceptions > 0 ? `◆ ${department.interceptions}` : 0}
                </td>
                <Moment visit={visit} at={department.release?.deliveredAt} />
                <Moment visit={visit} at={department.release?.acknowledgedAt} />
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{words.totals}</th>
              <td>{published.delivered}</td>
              <td>{published.acknowledged}</td>
              <td class="number">{interceptionsOf(departments)}</td>
              <td>{released.delivered}</td>
              <td>{released.acknowledged}</td>
            </tr>
          </tfoot>
        </table>
      </section>
    </details>
  );
}

const Moment = ({ visit, at }: { visit: Visit; at: string | undefined }): JSX.Element => (
  <td>{at === undefined ? <span class="muted">{visit.text.departments.notYet}</span> : <Time at={at} />}</td>
);
