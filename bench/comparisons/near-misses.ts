import { randomUUID } from 'node:crypto';
import { isCalendarDate } from '../../domain/calendar.js';
import { residentCheck } from '../../domain/identity/check-digits.js';
import type { Counter } from '../measure/counters.js';
import { progress, tell, tellAtMost } from '../measure/figures.js';
import { linesOf, postBatch } from '../measure/http.js';
import type { Court } from './court.js';
import { type Entry, entryAt, FORMER, formerNumber, listedAt, residentNumber } from './entries.js';
import type { CompareSettings } from './settings.js';

const NDJSON = 'application/x-ndjson';
/** Streams at once. */
const AT_ONCE = 2;
const LINES_A_PIECE = 200;
const UNLISTED = 10_000_000;

/** Those who are nearly somebody on the list; `refused`: their number can't be anybody's, so that nobody is compared at all. */
interface NearMiss {
  entry: Entry;
  refused: boolean;
}

/**
 * People who must never be stopped: one digit off somebody listed, two digits changed over, the same name with another number, a number that somebody
 * listed had before. Through the api, as streams: normalised, hashed, joined, judged. Counts who was stopped: nobody may be.
 */
export async function measureNearMisses(court: Court, { nearMisses, list }: CompareSettings): Promise<void> {
  const listed = new Set(Array.from({ length: list }, (_, nth) => residentNumber(nth)));
  const began = performance.now();
  const counts = { clear: 0, refused: 0, stopped: 0, wrongly: 0 };
  const share = Math.ceil(nearMisses / court.counters.length);
  const streams = court.counters.map((counter, index) => ({
    counter,
    from: index * share,
    until: Math.min(nearMisses, (index + 1) * share),
  }));
  const lane = async (): Promise<void> => {
    for (let next = streams.shift(); next; next = streams.shift()) {
      const { counter, from, until } = next;
      await ask(court.port, counter, from, until, listed, counts);
      progress(`near misses: ${counts.clear} clear, ${counts.refused} refused, ${counts.stopped} stopped`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const asked = counts.clear + counts.refused + counts.stopped;
  if (asked !== nearMisses || counts.wrongly > 0)
    throw new Error(`${asked} of ${nearMisses} were answered, ${counts.wrongly} with a problem of another kind`);
  tellAtMost(0, { figure: 'wrong-stops', value: counts.stopped, unit: 'people', asked, refused: counts.refused });
  const perSecond = (asked * 1_000) / (performance.now() - began);
  tell({ figure: 'streamed-comparisons', value: perSecond, unit: '1/s', asked });
}

async function ask(
  port: number,
  { token, service }: Counter,
  from: number,
  until: number,
  listed: ReadonlySet<string>,
  counts: Record<'clear' | 'refused' | 'stopped' | 'wrongly', number>,
): Promise<void> {
  const body = function* (): Generator<string> {
    for (let nth = from; nth < until; nth += LINES_A_PIECE) {
      let text = '';
      for (let one = nth; one < Math.min(until, nth + LINES_A_PIECE); one++) {
        const { kind, name, identifier } = nearMiss(one, listed).entry;
        const item = {
          key: String(one),
          service,
          reference: String(one),
          party: { kind, name, identifiers: [identifier] },
        };
        text += `${JSON.stringify(item)}\n`;
      }
      yield text;
    }
  };
  const sent = { port, token, key: randomUUID(), type: NDJSON };
  let nth = from;
  for await (const lines of linesOf(postBatch(sent, body()))) {
    for (const line of lines) {
      const answer: { key?: string; outcome?: string; problem?: { errors?: { code: string }[] } } = JSON.parse(line);
      if (answer.key !== String(nth)) throw new Error(`line ${nth} was answered as ${answer.key}`);
      const refused = answer.problem?.errors?.[0]?.code === 'E01';
      if (answer.outcome === 'CLEAR') counts.clear += 1;
      else if (answer.outcome !== undefined) counts.stopped += 1;
      else if (refused && nearMiss(nth, listed).refused) counts.refused += 1;
      else counts.wrongly += 1;
      nth += 1;
    }
  }
}

/** The nth, always the same. */
function nearMiss(nth: number, listed: ReadonlySet<string>): NearMiss {
  const victim = entryAt(nth % listed.size);
  const number = residentNumber(nth % listed.size);
  const named = { kind: 'person', name: victim.kind === 'person' ? victim.name : '赵甲乙' } as const;
  const person = (other: string, refused = false): NearMiss => ({
    entry: { ...named, identifier: { type: 'resident-id', number: other } },
    refused,
  });
  const round = Math.floor(nth / 20);
  switch (nth % 20) {
    case 12:
    case 13:
    case 14:
      return person(residentNumber(UNLISTED + nth));
    case 15:
      return person(withDigit(number, 1 + (round % 13), round), true);
    case 16:
      return person(number.slice(0, 17) + (number.endsWith('X') ? '7' : 'X'), true);
    case 17:
      return {
        entry: {
          ...named,
          identifier: { type: 'hk-macau-permit', number: `M${String(nth % 20_000).padStart(8, '0')}` },
        },
        refused: false,
      };
    case 18:
      return {
        entry: {
          ...listedAt(round),
          kind: 'person',
          identifier: { type: 'passport', number: number.slice(0, 17), country: 'CHN' },
        },
        refused: false,
      };
    case 19:
      return round % 25 === 0 ? person(formerNumber(round % FORMER)) : person(oneOff(number, nth, listed));
    case 8:
    case 9:
    case 10:
    case 11:
      return person(transposed(number, nth, listed) ?? oneOff(number, nth, listed));
    default:
      return person(oneOff(number, nth, listed));
  }
}

const withDigit = (number: string, index: number, by: number): string => {
  const digit = (Number(number[index]) + 1 + (by % 9)) % 10;
  return number.slice(0, index) + digit + number.slice(index + 1);
};

/** Another number that could be somebody's and is not on the list, or undefined. */
function valid(changed: string, listed: ReadonlySet<string>): string | undefined {
  const body = changed.slice(0, 17);
  const born = `${body.slice(6, 10)}-${body.slice(10, 12)}-${body.slice(12, 14)}`;
  const number = body + residentCheck(body);
  return isCalendarDate(born) && born >= '1850-01-01' && born < '2020-01-01' && !listed.has(number)
    ? number
    : undefined;
}

/** One digit of place or birthday is another, and the check digit fits. */
function oneOff(number: string, nth: number, listed: ReadonlySet<string>): string {
  for (let attempt = nth; ; attempt++) {
    const changed = valid(withDigit(number, 1 + (attempt % 13), Math.floor(attempt / 13)), listed);
    if (changed !== undefined) return changed;
  }
}

/** Two neighbours changed over, and the check digit fits; undefined where that is nobody, or the same. */
function transposed(number: string, nth: number, listed: ReadonlySet<string>): string | undefined {
  for (let step = 0; step < 12; step++) {
    const index = 1 + ((nth + step) % 12);
    const [first = '', second = ''] = [number[index], number[index + 1]];
    const changed =
      first !== second && valid(number.slice(0, index) + second + first + number.slice(index + 2), listed);
    if (changed) return changed;
  }
  return undefined;
}
