import { randomUUID } from 'node:crypto';
import { name as nameSchema } from '../../api/schemas/parts.js';
import { identifier as identifierSchema } from '../../api/schemas/party.js';
import { judge } from '../../domain/comparison.js';
import type { RawIdentifier } from '../../domain/identity/identifier.js';
import { answerClear, prepare } from '../../registry/departments/clear-comparisons.js';
import { findMetDefaulters } from '../../registry/departments/met-defaulters.js';
import { ruleInEffect } from '../../registry/departments/service-rules.js';
import type { ComparisonInput, Party } from '../../registry/inputs.js';
import type { BenchServers } from '../environment/servers.js';
import type { Counter } from '../measure/counters.js';
import { progress, tellAtMost } from '../measure/figures.js';
import { linesOf, postBatch } from '../measure/http.js';
import type { Court } from './court.js';
import { creditCode, type Entry, entryAt, listedAt, NAMES } from './entries.js';
import type { CompareSettings } from './settings.js';

/** Writings judged by one look at the list: all of people of one name. */
const TOGETHER = 32;
const AT_ONCE = 3;
const WAYS = 6;
/** Of all, those who go through the whole api. */
const END_TO_END = 1_000;

const wide = (text: string): string =>
  Array.from(text, (c) => (c >= '!' && c <= '~' ? String.fromCharCode(c.charCodeAt(0) + 0xfee0) : c)).join('');
const spaced = (text: string): string => `  ${text.slice(0, 6)} ${text.slice(6, 14)}\u3000${text.slice(14)} `;
const DOTS = ['·', '•', '‧', '・', '･', '．'];

/** Ways in which counters write the very same document and name. */
function writing({ kind, name, identifier }: Entry, way: number): Entry {
  const { type, number } = identifier;
  const dotted = name.replace('·', DOTS[way] ?? '·');
  const written = (other: string, as: RawIdentifier['type'] = type): Entry => ({
    kind,
    name: way === 3 ? Array.from(dotted).join(' ') : dotted,
    identifier: { type: as, number: other },
  });
  switch (type) {
    case 'resident-id':
      // Fifteen digits, as before 1999.
      if (way === 1) return written(number.slice(0, 6) + number.slice(8, 17));
      break;
    case 'hk-macau-permit':
      if (way === 1 || way === 4) return written(`${number}0${way}`);
      break;
    case 'organisation-code':
      if (way === 1) return written(creditCode(number), 'uscc');
      if (way === 4) return written(`${number.slice(0, 8)}-${number.slice(8)}`);
      break;
    case 'uscc':
      if (way === 1) return written(number.slice(8, 17), 'organisation-code');
      break;
  }
  switch (way) {
    case 2:
      return written(wide(number));
    case 3:
      return written(spaced(number));
    case 4:
      return written(Array.from(number).join('-'));
    default:
      return written(way === 5 ? `\u200b${number.toLowerCase()}` : number);
  }
}

/** As the api's schema reads them. */
function readAs(entries: readonly Entry[]): Party {
  const [first] = entries;
  if (!first) throw new Error('nobody is asked about');
  return {
    kind: first.kind,
    name: nameSchema.parse(first.name),
    identifiers: entries.map(({ identifier }) => identifierSchema.parse(identifier)),
  };
}

/**
 * Everybody on the list, written in the ways counters write: none may be missed. Each writing is read by the api's schemas, hashed, and asked
 * twice: by the statement that answers who is clear, which must answer none of them, and by the one that finds candidates for the
 * ladder, which must stop every one. Some go through the whole api besides.
 */
export async function measureWritings(
  servers: BenchServers,
  court: Court,
  { writings, list }: CompareSettings,
): Promise<void> {
  const [counter] = court.counters;
  if (!counter) throw new Error('no department compares');
  const inEffect = await ruleInEffect(court.pool, counter.service);
  if (!inEffect) throw new Error(`${counter.service} has no rule`);
  const { ring } = servers;
  const counts = { asked: 0, taken: 0, missed: 0 };
  const groups = groupsOf(writings, list);
  const lane = async (): Promise<void> => {
    for (const entries of groups) {
      const party = readAs(entries);
      const asked = party.identifiers.map((identifier) => ({
        ...input(counter),
        party: { ...party, identifiers: [identifier] },
      }));
      const clear = await answerClear(
        court.pool,
        asked.map((one) => prepared(ring, counter, one)),
      );
      const { defaulters, now } = await findMetDefaulters(court.pool, ring, counter.department, {
        ...input(counter),
        party,
      });
      const stopped = defaulters.filter((met) => judge(inEffect.rule, met, now).outcome !== 'CLEAR').length;
      counts.taken += clear.filter((answer) => answer !== undefined).length;
      counts.missed += entries.length - stopped;
      if (Math.floor((counts.asked + entries.length) / 200_000) > Math.floor(counts.asked / 200_000))
        progress(`writings: ${counts.asked + entries.length}`);
      counts.asked += entries.length;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const endToEnd = await throughTheApi(court, counter);
  tellAtMost(0, {
    figure: 'missed-stops',
    value: counts.missed + counts.taken + endToEnd.missed,
    unit: 'people',
    asked: counts.asked + endToEnd.asked,
    endToEnd: endToEnd.asked,
  });
}

const input = ({ service }: Counter): Omit<ComparisonInput, 'party'> => ({ service, reference: '写法' });

const prepared = (ring: BenchServers['ring'], { department }: Counter, one: ComparisonInput) =>
  prepare(ring, {
    client: `department:${department}`,
    key: randomUUID(),
    fingerprint: Buffer.alloc(32),
    department,
    input: one,
  });

/** So many writings, in groups of people of one name; names come again after NAMES entries. */
function* groupsOf(writings: number, list: number): Generator<Entry[]> {
  let left = writings;
  for (let way = 0; way < WAYS && left > 0; way++) {
    for (let name = 0; name < NAMES && left > 0; name++) {
      // One group is of one kind of document: those at the list's head have other ones.
      const groups = new Map<string, Entry[]>();
      for (let nth = name; nth < list && left > 0; nth += NAMES) {
        const entry = entryAt(nth);
        const key = `${entry.kind}\n${entry.name}`;
        const group = groups.get(key) ?? [];
        group.push(writing(entry, way));
        left -= 1;
        if (group.length === TOGETHER) yield group.splice(0);
        groups.set(key, group);
      }
      for (const group of groups.values()) if (group.length > 0) yield group;
    }
  }
}

async function throughTheApi({ port }: Court, { token, service }: Counter): Promise<{ asked: number; missed: number }> {
  const body = Array.from({ length: END_TO_END }, (_, nth) => {
    const { kind, name, identifier } = writing(listedAt(nth * 19), nth % WAYS);
    return JSON.stringify({
      key: String(nth),
      service,
      reference: `写法-${nth}`,
      party: { kind, name, identifiers: [identifier] },
    });
  });
  let asked = 0;
  let missed = 0;
  const sent = { port, token, key: randomUUID(), type: 'application/x-ndjson' };
  for await (const lines of linesOf(
    postBatch(
      sent,
      body.map((line) => `${line}\n`),
    ),
  )) {
    for (const line of lines) {
      const { outcome }: { outcome?: string } = JSON.parse(line);
      asked += 1;
      if (outcome === undefined || outcome === 'CLEAR') missed += 1;
    }
  }
  if (asked !== END_TO_END) throw new Error(`${asked} of ${END_TO_END} were answered`);
  return { asked, missed };
}
