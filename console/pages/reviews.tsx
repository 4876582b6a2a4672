import type { JSX } from 'preact';
import type { ReviewItem } from '../../registry/courts/identity-reviews.js';
import { Layout } from '../parts/layout.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { paths, withQuery } from '../paths.js';
import type { Visit } from '../visit.js';

interface ReviewsProps {
  visit: Visit;
  items: readonly ReviewItem[];
  next: { at: string; id: string } | undefined;
  first: boolean;
  /** Names of departments and services by code. */
  names: ReadonlyMap<string, string>;
}

/** What a court has still to say: stops of which somebody doubts whom they stopped. */
export function ReviewsPage({ visit, items, next, first, names }: ReviewsProps): JSX.Element {
  const words = visit.text.who.reviews;
  const columns = [words.at, words.case, words.department, words.service, words.reasons, words.feedback, words.open];
  return (
    <Layout visit={visit} title={words.title} kind="list">
      <div class="page-head">
        <h1>{words.title}</h1>
      </div>
      <p class="lead">{words.intro}</p>
      <section class="panel">
        {items.length === 0 ? (
          <p class="empty">{words.empty}</p>
        ) : (
          <Table label={words.table} columns={columns}>
            {items.map((item) => (
              <ReviewRow key={item.interception} visit={visit} item={item} names={names} />
            ))}
          </Table>
        )}
        {(next !== undefined || !first) && (
          <p class="paging">
            {!first && <a href={paths.reviews}>{words.first}</a>}
            {next !== undefined && <a href={withQuery(paths.reviews, next)}>{words.next}</a>}
          </p>
        )}
      </section>
    </Layout>
  );
}

function ReviewRow({ visit, item, names }: { visit: Visit; item: ReviewItem } & Pick<ReviewsProps, 'names'>) {
  const { text } = visit;
  return (
    <tr>
      <td>
        <Time at={item.at} form="full" />
      </td>
      <th scope="row">
        <a class="case-link" href={paths.caseOf(item.case)} lang="zh-CN">
          {item.caseNumber}
        </a>
      </th>
      <td>{names.get(item.department) ?? item.department}</td>
      <td>{names.get(item.service) ?? item.service}</td>
      <td>{reasonsOf(visit, item.reasons)}</td>
      <td>{item.feedback === undefined ? text.who.reviews.none : text.identity[item.feedback]}</td>
      <td>
        <a href={paths.reviewOf(item.interception)}>{text.who.reviews.open}</a>
      </td>
    </tr>
  );
}

/** In words; a code that these pages do not know yet stays as it is. */
export function reasonsOf({ text, language }: Visit, reasons: readonly string[]): string {
  const known: { readonly [code: string]: string } = text.reasons;
  return reasons.map((reason) => known[reason] ?? reason).join(language === 'en' ? ', ' : '、');
}
