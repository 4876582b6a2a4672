import type { JSX } from 'preact';
import type { CaseView } from '../../registry/views/case-views.js';
import { Layout } from '../parts/layout.js';
import { Money, Performed } from '../parts/money.js';
import { CaseBadge, DefaulterBadge } from '../parts/state.js';
import { paths, withQuery } from '../paths.js';
import type { Visit } from '../visit.js';
import type { CaseListQuery } from './case-list-query.js';

export interface CaseList {
  items: readonly CaseView[];
  next?: { at: string; id: string };
}

interface CasesProps {
  visit: Visit;
  query: CaseListQuery;
  list: CaseList;
  /** Names of the courts in the list, when there is more than one. */
  courts: ReadonlyMap<string, string> | undefined;
}

const NAMES_AT_MOST = 3;

export function CasesPage({ visit, query, list, courts }: CasesProps): JSX.Element {
  const { cases } = visit.text;
  const judge = visit.caller?.role === 'judge';
  const title = judge ? (query.whose === 'court' ? cases.court : cases.mine) : courts ? cases.below : cases.court;
  return (
    <Layout visit={visit} title={title} kind="list">
      <div class="page-head">
        <h1>{title}</h1>
        {judge && <Views visit={visit} query={query} />}
      </div>
      <Filters visit={visit} query={query} />
      <section class="panel">
        {list.items.length === 0 ? (
          <p class="empty">{emptyReason(visit, query, judge)}</p>
        ) : (
          <CaseTable visit={visit} items={list.items} courts={courts} />
        )}
        {(list.next !== undefined || query.after !== undefined) && (
          <p class="paging">
            {query.after !== undefined && <a href={address(query)}>{cases.first}</a>}
            {list.next !== undefined && <a href={address(query, list.next)}>{cases.next}</a>}
          </p>
        )}
      </section>
    </Layout>
  );
}

const isFiltered = (query: CaseListQuery): boolean => query.state !== undefined || query.number !== undefined;

function emptyReason({ text }: Visit, query: CaseListQuery, judge: boolean): string {
  if (isFiltered(query)) return text.cases.emptyFiltered;
  return judge && query.whose === 'mine' ? text.cases.emptyMine : text.cases.empty;
}

/** The address of this list, or of the part of it that follows `after`: plain words, so that a link is a saved view. */
function address(query: CaseListQuery, after?: { at: string; id: string }): string {
  return withQuery(paths.cases, {
    whose: query.whose === 'court' ? 'court' : undefined,
    state: query.state,
    number: query.number,
    at: after?.at,
    id: after?.id,
  });
}

function Views({ visit, query }: { visit: Visit; query: CaseListQuery }): JSX.Element {
  const { cases } = visit.text;
  const views = [
    ['mine', cases.mine],
    ['court', cases.court],
  ] as const;
  return (
    <nav class="tabs" aria-label={cases.views}>
      {views.map(([whose, name]) => (
        <a
          key={whose}
          href={address({ ...query, whose })}
          {...(query.whose === whose ? { 'aria-current': 'page' as const } : {})}
        >
          {name}
        </a>
      ))}
    </nav>
  );
}

function Filters({ visit, query }: { visit: Visit; query: CaseListQuery }): JSX.Element {
  const { cases, caseStates } = visit.text;
  return (
    <form class="filters" method="get" action={paths.cases} aria-label={cases.filter}>
      {query.whose === 'court' && <input type="hidden" name="whose" value="court" />}
      <label>
        <span>{cases.number}</span>
        <input type="search" name="number" value={query.number ?? ''} maxLength={64} placeholder={cases.numberHint} />
      </label>
      <label>
        <span>{cases.state}</span>
        <select name="state">
          <option value="">{cases.anyState}</option>
          {(['OPEN', 'CLOSED'] as const).map((state) => (
            <option key={state} value={state} selected={query.state === state}>
              {caseStates[state]}
            </option>
          ))}
        </select>
      </label>
      <button class="button" type="submit">
        {cases.apply}
      </button>
      {isFiltered(query) && <a href={address({ whose: query.whose })}>{cases.clear}</a>}
    </form>
  );
}

function CaseTable({
  visit,
  items,
  courts,
}: Pick<CasesProps, 'visit' | 'courts'> & { items: readonly CaseView[] }): JSX.Element {
  const { cases } = visit.text;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section class="scroll" aria-label={cases.table} tabIndex={0}>
      <table class="grid case-table">
        <thead>
          <tr>
            <th scope="col">{cases.number}</th>
            <th scope="col">{cases.state}</th>
            <th scope="col">{cases.defaulters}</th>
            <th scope="col" class="number">
              {cases.obligation}
            </th>
            <th scope="col">{cases.performed}</th>
            <th scope="col" class="number">
              {cases.outstanding}
            </th>
            {courts && <th scope="col">{cases.courtName}</th>}
            <th scope="col">{cases.judge}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <CaseRow key={item.id} visit={visit} item={item} courts={courts} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function CaseRow({ visit, item, courts }: Pick<CasesProps, 'visit' | 'courts'> & { item: CaseView }): JSX.Element {
  return (
    <tr>
      <th scope="row">
        <a class="case-link" href={paths.caseOf(item.id)} lang="zh-CN">
          {item.caseNumber}
        </a>
      </th>
      <td>
        <CaseBadge visit={visit} state={item.state} />
      </td>
      <td>
        {item.defaulters.slice(0, NAMES_AT_MOST).map((defaulter) => (
          <span class="name" key={defaulter.id}>
            {defaulter.name} <DefaulterBadge visit={visit} defaulter={defaulter} />
          </span>
        ))}
        {item.defaulters.length > NAMES_AT_MOST && (
          <span class="muted">{visit.text.cases.more(item.defaulters.length)}</span>
        )}
      </td>
      <td class="number">
        <Money visit={visit} yuan={item.obligation.amount} />
      </td>
      <td>
        <Performed visit={visit} obligation={item.obligation.amount} outstanding={item.outstanding} />
      </td>
      <td class="number">
        <Money visit={visit} yuan={item.outstanding} />
      </td>
      {courts && <td>{courts.get(item.court) ?? item.court}</td>}
      <td class="id">{item.judge}</td>
    </tr>
  );
}
