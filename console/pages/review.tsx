import { randomUUID } from 'node:crypto';
import type { JSX } from 'preact';
import type { Explanation } from '../../registry/courts/identity-reviews.js';
import { Layout } from '../parts/layout.js';
import { List } from '../parts/list.js';
import { Reveal } from '../parts/reveal.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { paths } from '../paths.js';
import { day } from '../text/format.js';
import type { Text } from '../text/index.js';
import type { Visit } from '../visit.js';
import { reasonsOf } from './reviews.js';

/** Why the court's word was not taken. */
export type Refused = keyof Pick<Text['who']['review'], 'missing' | 'exactMatch' | 'overtaken'>;

interface ReviewProps {
  visit: Visit;
  match: Explanation;
  /** Whether the reader is a judge of the court of the case. */
  decides: boolean;
  refused?: Refused;
  /** What was written before it was refused. */
  reason?: string;
}

/** A doubtful match, field by field, and the court's word on it. */
export function ReviewPage({ visit, match, decides, refused, reason }: ReviewProps): JSX.Element {
  const words = visit.text.who.review;
  const path = paths.reviewOf(match.interception);
  return (
    <Layout visit={visit} title={words.title} kind="list">
      <div class="page-head">
        <h1>{words.title}</h1>
        <a href={paths.reviews}>{words.back}</a>
        <a href={paths.partyOf(match.subject)}>{words.party}</a>
      </div>
      <Reveal visit={visit} path={path} masked={match.masked} />
      <section class="panel">
        <div class="panel-head">
          <h2>{words.fields}</h2>
          <span class="panel-note">{reasonsOf(visit, match.reasons)}</span>
        </div>
        <Fields visit={visit} match={match} />
      </section>
      {match.decisions.length > 0 && <Earlier visit={visit} match={match} />}
      <section class="panel" aria-labelledby="decide">
        <div class="panel-head">
          <h2 id="decide">{words.decide}</h2>
        </div>
        {decides ? (
          <Decide visit={visit} path={path} refused={refused} reason={reason} />
        ) : (
          <p class="muted">{words.judgeOnly}</p>
        )}
      </section>
    </Layout>
  );
}

function Fields({ visit, match }: { visit: Visit; match: Explanation }): JSX.Element {
  const words = visit.text.who.review;
  const shown = {
    name: [[match.asked.name], [match.recorded.name]],
    number: [numbersOf(visit, match.asked), numbersOf(visit, match.recorded)],
  } as const;
  return (
    <Table label={words.fields} columns={[words.field, words.asked, words.recorded, words.verdict]}>
      {(['name', 'number'] as const).map((field) => (
        <tr key={field}>
          <th scope="row">{words[field]}</th>
          {shown[field].map((lines, side) => (
            <td key={side === 0 ? 'asked' : 'recorded'}>
              {lines.map((line) => (
                <div key={line}>{line}</div>
              ))}
            </td>
          ))}
          <td>
            {match.equal.includes(field) ? (
              <span class="badge badge-released">
                <span aria-hidden="true">＝</span> {words.agrees}
              </span>
            ) : (
              <span class="badge badge-in_force">
                <span aria-hidden="true">≠</span> {words.differs}
              </span>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

const numbersOf = ({ text }: Visit, { identifiers }: Explanation['asked']): string[] =>
  identifiers.map(({ type, number, country }) =>
    [text.who.identifiers[type], ...(country ? [country] : []), number].join(' '),
  );

function Earlier({ visit, match }: { visit: Visit; match: Explanation }): JSX.Element {
  const words = visit.text.who.review;
  return (
    <section class="panel" aria-labelledby="earlier">
      <div class="panel-head">
        <h2 id="earlier">{words.earlier}</h2>
      </div>
      <List>
        {match.decisions.map(({ identity, at, by, exception }) => (
          <li key={at}>
            <Time at={at} form="full" /> <span class="id">{by}</span> {words.said[identity]}{' '}
            <span class="muted">
              {exception &&
                (exception.revokedAt ? words.revoked(day(exception.revokedAt)) : words.until(day(exception.expiresAt)))}
            </span>
          </li>
        ))}
      </List>
    </section>
  );
}

interface DecideProps {
  visit: Visit;
  path: string;
  refused: Refused | undefined;
  reason: string | undefined;
}

const WORDS = [
  ['same', 'sameMeans'],
  ['other', 'otherMeans'],
  ['unsure', 'unsureMeans'],
] as const;

function Decide({ visit, path, refused, reason }: DecideProps): JSX.Element {
  const words = visit.text.who.review;
  return (
    <form class="stacked" method="post" action={path}>
      {/* The same form sent twice is one word. */}
      <input type="hidden" name="key" value={randomUUID()} />
      {refused !== undefined && (
        <div class="error-summary" role="alert">
          <h3>{words.failed}</h3>
          <p>
            <a href="#reason">{words[refused]}</a>
          </p>
        </div>
      )}
      <fieldset>
        <legend class="visually-hidden">{words.decide}</legend>
        {WORDS.map(([identity, means]) => (
          <label key={identity} class="choice">
            <input type="radio" name="identity" value={identity} required />
            <span>
              <strong>{words[identity]}</strong> <span class="muted">{words[means]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label for="reason">{words.reason}</label>
      <textarea id="reason" name="reason" rows={3} maxLength={2_000} aria-describedby="reason-hint">
        {reason ?? ''}
      </textarea>
      <p id="reason-hint" class="hint">
        {words.reasonHint}
      </p>
      <button class="button" type="submit">
        {words.submit}
      </button>
    </form>
  );
}
