import type { JSX } from 'preact';
import { money, percent, performedPercent } from '../text/format.js';
import type { Visit } from '../visit.js';

/** An amount in yuan (decimal string), exact to the fen. */
export const Money = ({ visit, yuan }: { visit: Visit; yuan: string }): JSX.Element => (
  <data class="money" value={yuan}>
    {money(yuan, visit.language)}
  </data>
);

interface PerformedProps {
  visit: Visit;
  obligation: string;
  outstanding: string;
}

/** How much of an obligation is performed: a bar, and the same in words. */
export function Performed({ visit, obligation, outstanding }: PerformedProps): JSX.Element {
  const value = performedPercent(obligation, outstanding);
  if (value === undefined) return <span class="muted">{visit.text.case.noObligation}</span>;
  return (
    <span class="performed">
      <meter class="performed-bar" min={0} max={100} value={value} aria-label={visit.text.cases.performed}>
        {percent(value)}
      </meter>
      <span class="performed-text">{percent(value)}</span>
    </span>
  );
}
