import type { JSX } from 'preact';
import type { Candidate, Search } from '../../registry/parties/identity-searches.js';
import { Layout } from '../parts/layout.js';
import { List } from '../parts/list.js';
import { PurposeSelect, Reveal } from '../parts/reveal.js';
import { paths } from '../paths.js';
import type { Text } from '../text/index.js';
import type { Visit } from '../visit.js';

export type Field = keyof Text['who']['candidates']['refused'];

interface SearchProps {
  visit: Visit;
  /** Fields that were left out or make no sense. */
  refused?: readonly Field[];
  given?: { name?: string | undefined; birthDate?: string | undefined };
}

/** Asks for name, birth date and sex: sent by POST, so that no address holds a name. */
export function CandidateSearchPage({ visit, refused = [], given = {} }: SearchProps): JSX.Element {
  const words = visit.text.who.candidates;
  return (
    <Layout visit={visit} title={words.title} kind="narrow">
      <section class="panel">
        <h1>{words.title}</h1>
        <p>{words.intro}</p>
        {refused.length > 0 && (
          <div class="error-summary" role="alert">
            <h2>{words.failed}</h2>
            {refused.map((field) => (
              <p key={field}>
                <a href={`#${field}`}>{words.refused[field]}</a>
              </p>
            ))}
          </div>
        )}
        <form class="stacked" method="post" action={paths.candidates} autocomplete="off">
          <label for="name">{words.name}</label>
          <input id="name" name="name" value={given.name ?? ''} maxLength={200} required aria-describedby="name-hint" />
          <p id="name-hint" class="hint">
            {words.nameHint}
          </p>
          <label for="birthDate">{words.birthDate}</label>
          <input id="birthDate" name="birthDate" type="date" value={given.birthDate ?? ''} required />
          <label for="sex">{words.sex}</label>
          <select id="sex" name="sex" required>
            <option value="">{words.choose}</option>
            {(['female', 'male'] as const).map((sex) => (
              <option key={sex} value={sex}>
                {words.sexes[sex]}
              </option>
            ))}
          </select>
          <label for="purpose">{words.purpose}</label>
          <PurposeSelect visit={visit} id="purpose" />
          <p class="actions">
            <button class="button" type="submit">
              {words.submit}
            </button>
          </p>
        </form>
      </section>
    </Layout>
  );
}

interface CandidatesProps {
  visit: Visit;
  search: Pick<Search, 'id' | 'complete' | 'truncated'>;
  masked: boolean;
  items: readonly Candidate[];
}

/** Those a search brought up. */
export function CandidatesPage({ visit, search, masked, items }: CandidatesProps): JSX.Element {
  const words = visit.text.who.candidates;
  return (
    <Layout visit={visit} title={words.result} kind="list">
      <div class="page-head">
        <h1>{words.result}</h1>
        <a href={paths.candidates}>{words.again}</a>
      </div>
      <p class="lead">{words.warning}</p>
      {!search.complete && <p role="status">{words.incomplete}</p>}
      {search.truncated && <p role="status">{words.truncated}</p>}
      {items.length > 0 && <Reveal visit={visit} path={paths.candidatesOf(search.id)} masked={masked} />}
      {items.length === 0 ? (
        <section class="panel">
          <p class="empty">{words.empty}</p>
        </section>
      ) : (
        items.map((item) => <CandidatePart key={item.subject} visit={visit} item={item} />)
      )}
    </Layout>
  );
}

function CandidatePart({ visit, item }: { visit: Visit; item: Candidate }): JSX.Element {
  const { candidates: words, identifiers } = visit.text.who;
  return (
    <article class="panel candidate">
      <div class="panel-head">
        <h2>
          {item.name} <span class="badge">{words.agreements[item.agreement]}</span>
        </h2>
        <a href={paths.partyOf(item.subject)}>{words.open}</a>
      </div>
      <List label={words.numbers}>
        {item.identifiers.map(({ type, number, country }) => (
          <li key={`${type} ${number}`}>
            {identifiers[type]} <span class="id">{country ? `${country} ${number}` : number}</span>
          </li>
        ))}
      </List>
      <List label={words.listings}>
        {item.listings.map((listing) => (
          <li key={`${listing.defaulter} ${listing.role}`}>
            <span lang="zh-CN">{listing.case}</span> <span class="muted">{listing.court}</span>
          </li>
        ))}
      </List>
    </article>
  );
}
