import type { JSX } from 'preact';
import type { CaseView, DefaulterView, RestrictionView } from '../../registry/views/case-views.js';
import { paths } from '../paths.js';
import { day } from '../text/format.js';
import type { Visit } from '../visit.js';
import { List } from './list.js';
import { DefaulterBadge } from './state.js';

/** Each defaulter by their masked name, with every measure and what became of it. */
export function Defaulters({ visit, view }: { visit: Visit; view: CaseView }): JSX.Element {
  return (
    <section class="panel defaulters" aria-labelledby="defaulters">
      <div class="panel-head">
        <h2 id="defaulters">{visit.text.case.defaulters}</h2>
      </div>
      {view.defaulters.map((defaulter) => (
        <Defaulter key={defaulter.id} visit={visit} defaulter={defaulter} />
      ))}
    </section>
  );
}

function Defaulter({ visit, defaulter }: { visit: Visit; defaulter: DefaulterView }): JSX.Element {
  const { text } = visit;
  return (
    <article class="defaulter">
      <h3>
        <a href={paths.partyOf(defaulter.subject)}>{defaulter.name}</a>{' '}
        <DefaulterBadge visit={visit} defaulter={defaulter} />
      </h3>
      <p class="muted">{text.grounds[defaulter.ground]}</p>
      <List class="measures">
        {defaulter.restrictions.map((restriction) => (
          <li key={restriction.id} class={restriction.endedAt === undefined ? 'measure' : 'measure measure-ended'}>
            <span class="measure-name">{measureName(visit, restriction)}</span>{' '}
            <span class="measure-state">{measureState(visit, restriction)}</span>
          </li>
        ))}
      </List>
    </article>
  );
}

function measureName({ text }: Visit, { measure, asset }: RestrictionView): string {
  const names: { readonly [type: string]: string } = text.assets;
  return asset === undefined
    ? text.measures[measure]
    : `${text.measures[measure]} · ${names[asset.type] ?? asset.type}`;
}

function measureState({ text }: Visit, restriction: RestrictionView): string {
  const { inForceAt, until, endedAt, endGround } = restriction;
  if (endedAt !== undefined && endGround !== undefined)
    return text.case.ended(day(endedAt), text.endGrounds[endGround]);
  if (inForceAt === undefined) return text.case.notInForce;
  const since = text.case.inForceSince(day(inForceAt));
  return until === undefined ? since : `${since} ${text.case.until(lastDay(until))}`;
}

/** `until` is the first instant at which the measure no longer acts: 00:00 of the day after. */
const lastDay = (until: string): string => day(new Date(Date.parse(until) - 1).toISOString());
