import type { JSX } from 'preact';
import type { TimelineItem } from '../../registry/views/timeline.js';
import { paths, withQuery } from '../paths.js';
import { day, dayHeading } from '../text/format.js';
import type { Visit } from '../visit.js';
import { type Called, FACTS, phrasesOf } from './facts.js';
import { OrderedList } from './list.js';
import { Time } from './time.js';

export interface TimelineProps {
  visit: Visit;
  /** Address of the case. */
  path: string;
  caseId: string;
  items: readonly TimelineItem[];
  /** The number above which this part begins. */
  after: number;
  next: number | undefined;
  called: Called;
}

/** What happened, oldest first, by day. */
export function Timeline({ visit, path, caseId, items, after, next, called }: TimelineProps): JSX.Element {
  const { timeline } = visit.text;
  return (
    <section class="panel timeline" aria-labelledby="timeline">
      <div class="panel-head">
        <h2 id="timeline">{timeline.title}</h2>
        {after > 0 && <span class="panel-note">{timeline.from(after + 1)}</span>}
        <a class="panel-note" href={paths.certificateOf(caseId)}>
          {visit.text.certificate.link}
        </a>
      </div>
      {items.length === 0 && <p class="muted">{timeline.empty}</p>}
      {byDay(items).map(([date, facts]) => (
        <div class="timeline-day" key={date}>
          <h3>{dayHeading(facts[0]?.at ?? date, visit.language)}</h3>
          <OrderedList>
            {facts.map((item) => (
              <Fact key={item.seq} visit={visit} caseId={caseId} item={item} called={called} />
            ))}
          </OrderedList>
        </div>
      ))}
      {(after > 0 || next !== undefined) && (
        <p class="paging">
          {after > 0 && <a href={path}>{timeline.first}</a>}
          {next !== undefined && <a href={withQuery(path, { after: String(next) })}>{timeline.next}</a>}
        </p>
      )}
    </section>
  );
}

function Fact({
  visit,
  caseId,
  item,
  called,
}: Pick<TimelineProps, 'visit' | 'caseId' | 'called'> & { item: TimelineItem }): JSX.Element {
  const { text } = visit;
  const view = FACTS[item.type];
  const who = [item.defaulter, item.department, item.service]
    .filter((id) => id !== undefined)
    .map((id) => called.names.get(id) ?? id);
  const phrases = phrasesOf(visit, item, called);
  return (
    <li id={`e-${item.seq}`} class={`fact fact-${view.tone}`}>
      <span class="fact-glyph" aria-hidden="true">
        {view.glyph}
      </span>
      <p class="fact-title">
        <strong>{text.facts[item.type]}</strong>
        {who.map((name) => (
          <span class="fact-who" key={name}>
            {name}
          </span>
        ))}
      </p>
      {phrases.length > 0 && (
        <p class="fact-detail">
          {phrases.map((one) => (
            <span key={one}>{one}</span>
          ))}
        </p>
      )}
      <p class="fact-meta">
        <Time at={item.at} form="clock" />
        <a href={`#e-${item.seq}`} aria-label={text.timeline.permalink(item.seq)}>
          #{item.seq}
        </a>
        <span>
          {text.timeline.fact} <code>{item.fact}</code>
        </span>
        <Recorded visit={visit} caseId={caseId} item={item} />
      </p>
    </li>
  );
}

/** How far it has come in the record; once it is published its proof can be had. */
function Recorded({
  visit,
  caseId,
  item: { seq, fact, receipt },
}: Pick<TimelineProps, 'visit' | 'caseId'> & { item: TimelineItem }): JSX.Element {
  const { timeline } = visit.text;
  const isProvable = receipt.state === 'published' || receipt.state === 'witnessed';
  if (receipt.index === undefined || !isProvable) return <span>{timeline.record[receipt.state]}</span>;
  return (
    <a
      href={paths.proofOf(caseId, fact)}
      title={timeline.record[receipt.state]}
      aria-label={timeline.proof(seq)}
      download
    >
      {timeline.logIndex(receipt.index)}
    </a>
  );
}

function byDay(items: readonly TimelineItem[]): [date: string, facts: TimelineItem[]][] {
  const days = new Map<string, TimelineItem[]>();
  for (const item of items) {
    const date = day(item.at);
    const facts = days.get(date);
    if (facts) facts.push(item);
    else days.set(date, [item]);
  }
  return [...days];
}
