import { freePort } from '../../local/machine/ports.js';
import type { BenchServers } from '../environment/servers.js';
import { type Watched, watched } from '../measure/closed-loop.js';
import { headOf } from '../measure/counters.js';
import { median, progress, spread, tell, tellAtLeast, tellAtMost } from '../measure/figures.js';
import type { Court } from './court.js';
import { entryAt, listedAt } from './entries.js';
import type { CompareSettings } from './settings.js';

const CONNECTIONS = 32;
const WARM_UP_MS = 1_500;
/** 845,200 comparisons stopped 2,213 people: of a thousand who are asked about, three are listed. */
const HITS_IN_A_THOUSAND = 3;
const READY_MADE = 20_000;
/** Where those begin who are on no list. */
const UNLISTED = 20_000_000;

let serial = 0;

/** Requests made before they are sent, all of different people; every one gets a key of its own. The floor gets the very same at its path. */
export function requests(path: string, { counters }: Court): () => string {
  const tails = Array.from({ length: READY_MADE }, (_, nth) => {
    const entry = nth % 1_000 < HITS_IN_A_THOUSAND ? listedAt(nth * 7) : entryAt(UNLISTED + nth + serial);
    const counter = counters[nth % counters.length];
    if (!counter) throw new Error('no department compares');
    const { kind, name, identifier } = entry;
    const body = JSON.stringify({
      service: counter.service,
      reference: `业务-2026-${nth}`,
      party: { kind, name, identifiers: [identifier] },
      operator: '窗口3',
    });
    return {
      head: headOf(path, counter),
      tail: `\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    };
  });
  return () => {
    const { head, tail } = tails[serial % READY_MADE] ?? { head: '', tail: '' };
    return `${head}bench-${process.pid}-${serial++}${tail}`;
  };
}

/**
 * Single comparisons, each recorded, beside an Express that answers the same requests with a word: the same client, connections and bodies, in
 * turn. The api runs as in production, with its log.
 */
export async function measureSingles(servers: BenchServers, court: Court, settings: CompareSettings): Promise<void> {
  const { rounds, windowSeconds } = settings;
  const floorPort = await freePort();
  const floor = await servers.startProgram('hello', 'bench/comparisons/hello.js', {
    PORT: String(floorPort),
    NODE_ENV: 'production',
  });
  const measured: { floor: Watched; subject: Watched }[] = [];
  const load = { connections: CONNECTIONS, warmUpMs: WARM_UP_MS, windowMs: windowSeconds * 1_000 };
  const [hello, compare] = [requests('/hello', court), requests('/v1/comparisons', court)];
  for (let round = 1; round <= rounds; round++) {
    const one = {
      floor: await watched({ ...load, port: floorPort, next: hello }),
      subject: await watched({ ...load, port: court.port, next: compare }),
    };
    measured.push(one);
    const refused = Object.keys(one.subject.others);
    if (refused.length > 0) throw new Error(`comparisons were answered ${refused.join(', ')}`);
    progress(
      `round ${round} of ${rounds}: ${one.subject.perSecond.toFixed(0)} comparisons/s, floor ${one.floor.perSecond.toFixed(0)}/s`,
    );
  }
  await floor.stop();
  report(
    'comparison-per-hello',
    'ratio',
    measured,
    ({ perSecond }) => perSecond,
    (figure) => tellAtLeast(0.75, { ...figure, connections: CONNECTIONS, entries: court.entries }),
  );
  report(
    'comparison-p99-per-hello-p99',
    'ratio',
    measured,
    ({ p99 }) => p99,
    (figure) => tellAtMost(3, { ...figure, connections: CONNECTIONS }),
  );
  tell({ figure: 'comparison-p50', value: median(measured.map(({ subject }) => subject.p50)), unit: 'ms' });
}

type Report = Parameters<typeof tell>[0];

/** The median of the rounds' ratios, with the medians of both sides. */
export function report<T>(
  figure: string,
  unit: string,
  measured: readonly { floor: T; subject: T }[],
  value: (one: T) => number,
  report: (figure: Report) => void,
): void {
  const ratios = measured.map(({ floor, subject }) => value(subject) / value(floor));
  report({
    figure,
    value: median(ratios),
    unit,
    subject: median(measured.map(({ subject }) => value(subject))),
    floor: median(measured.map(({ floor }) => value(floor))),
    runs: measured.length,
    spread: spread(ratios),
  });
}
