import type { JSX } from 'preact';
import { clock, dateTime, day, shortTime, zoned } from '../text/format.js';

const FORMS = { clock, day, full: dateTime, short: shortTime } as const;

/** An instant in Beijing time; the exact one, to the millisecond and in UTC, for machines and on pointing at it. */
export const Time = ({ at, form = 'full' }: { at: string; form?: keyof typeof FORMS }): JSX.Element => (
  <time datetime={zoned(at)} title={at}>
    {FORMS[form](at)}
  </time>
);
