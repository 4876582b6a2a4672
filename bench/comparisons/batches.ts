import { randomUUID } from 'node:crypto';
import { blindsOf } from '../../registry/parties/subjects.js';
import type { BenchServers } from '../environment/servers.js';
import { progress, tellAtLeast } from '../measure/figures.js';
import { postBatch } from '../measure/http.js';
import type { Court } from './court.js';
import { entryAt, listedAt, partyOf } from './entries.js';
import type { CompareSettings } from './settings.js';
import { report } from './singles.js';

const ITEMS = 1_000;
/** Batches under way at once, for either side. */
const AT_ONCE = 2;
const UNLISTED = 30_000_000;
const WARM_UP_MS = 1_000;

/** What the statement of a batch can't do without: whose tokens are on the list. */
const JOIN = `select t.ord from unnest($1::bytea[]) with ordinality as t(blind, ord)
  join identifier i on i.blind = t.blind join restriction r on r.subject = i.subject`;
/** The same, and a row for each: who asked, about what, by which token. */
const RECORDED = `with asked as materialized (
    select ord, blind from unnest($1::bytea[]) with ordinality as t(blind, ord)
  ), hit as materialized (
    select distinct ord from asked join identifier i using (blind) join restriction r on r.subject = i.subject
  ), recorded as (
    insert into comparison (id, department, service, reference, outcome, reasons, rule_version, blinds, at)
    select gen_random_uuid(), $2, $3, ord::text, 'CLEAR', '{NO_MATCH}', 1, array[blind], clock_timestamp() from asked
    where ord not in (select ord from hit)
  )
  select ord from hit`;

let serial = 0;

/** The next thousand entries: three of them are listed. */
const thousand = () =>
  Array.from({ length: ITEMS }, () => {
    const nth = serial++;
    return nth % 333 === 0 ? listedAt(nth) : entryAt(UNLISTED + nth);
  });

/**
 * Batches of a thousand through the api (validated, hashed, judged, recorded, each item with its key) beside the bare join of the same number
 * of tokens in SQL, once without and once with their hashes and a row for each.
 */
export async function measureBatches(servers: BenchServers, court: Court, settings: CompareSettings): Promise<void> {
  const { rounds, windowSeconds } = settings;
  const [counter] = court.counters;
  if (!counter) throw new Error('no department compares');
  const { ring } = servers;
  const tokens = (entries: ReturnType<typeof thousand>): Buffer[] =>
    entries.flatMap((entry) => blindsOf(ring, partyOf(entry).identifiers).map(({ blind }) => blind));
  const hashed = tokens(thousand());
  const measured: { join: number; recorded: number; subject: number }[] = [];
  for (let round = 1; round <= rounds; round++) {
    const windowMs = windowSeconds * 1_000;
    const join = await itemsPerSecond(windowMs, () => court.pool.query(JOIN, [hashed]));
    const recorded = await itemsPerSecond(windowMs, () =>
      court.pool.query(RECORDED, [tokens(thousand()), counter.department, counter.service]),
    );
    const subject = await itemsPerSecond(windowMs, async (nth) => {
      const { token, service } = court.counters[nth % court.counters.length] ?? counter;
      const items = thousand().map(({ kind, name, identifier }, index) => ({
        key: String(index),
        service,
        reference: String(index),
        party: { kind, name, identifiers: [identifier] },
      }));
      const body = JSON.stringify({ items });
      const sent = { port: court.port, token, key: randomUUID(), type: 'application/json' };
      let answer = '';
      for await (const piece of postBatch(sent, body)) answer += piece.toString('latin1');
      const clear = answer.split('"outcome":"CLEAR"').length - 1;
      if (clear < ITEMS - 4 || answer.includes('"problem":')) throw new Error(`only ${clear} of a batch were clear`);
    });
    measured.push({ join, recorded, subject });
    progress(
      `round ${round} of ${rounds}: ${subject.toFixed(0)} items/s; join ${join.toFixed(0)}/s, with hashes and rows ${recorded.toFixed(0)}/s`,
    );
  }
  const beside = (floor: 'join' | 'recorded') => measured.map((one) => ({ floor: one[floor], subject: one.subject }));
  const itself = (perSecond: number): number => perSecond;
  report('batch-item-per-recorded-token', 'ratio', beside('recorded'), itself, (figure) => tellAtLeast(0.3, figure));
  report('batch-item-per-joined-token', 'ratio', beside('join'), itself, (figure) => tellAtLeast(0.3, figure));
}

async function itemsPerSecond(windowMs: number, one: (nth: number) => Promise<unknown>): Promise<number> {
  const until = performance.now() + WARM_UP_MS + windowMs;
  let done = 0;
  let nth = 0;
  let from = performance.now() + WARM_UP_MS;
  let first = true;
  const lane = async (): Promise<void> => {
    while (performance.now() < until) {
      await one(nth++);
      if (performance.now() < from) continue;
      // The window begins with an end, so that what is under way at its borders counts once.
      if (first) {
        first = false;
        from = performance.now();
      } else done += ITEMS;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return done / ((performance.now() - from) / 1_000);
}
