import type { BenchServers } from '../environment/servers.js';
import { type Watched, watched } from '../measure/closed-loop.js';
import { progress, tell, tellAtLeast } from '../measure/figures.js';
import { type Court, openCourt } from './court.js';
import type { CompareSettings } from './settings.js';
import { report, requests } from './singles.js';

const CONNECTIONS = 32;
const WARM_UP_MS = 3_000;

/** The same comparisons over a list many times as long, beside those over the usual one, in turn: a longer list must not slow anybody down. */
export async function measureLongList(servers: BenchServers, court: Court, settings: CompareSettings): Promise<void> {
  const { rounds, windowSeconds, longList } = settings;
  const began = Date.now();
  const long = await openCourt(servers, 'long', longList);
  const seconds = (Date.now() - began) / 1_000;
  tell({ figure: 'long-list-filled', value: seconds, unit: 's', entries: longList });
  tell({ figure: 'long-list-disk', value: long.size.database, unit: 'B', entries: longList, index: long.size.index });
  const measured: { floor: Watched; subject: Watched }[] = [];
  const load = { connections: CONNECTIONS, warmUpMs: WARM_UP_MS, windowMs: windowSeconds * 1_000 };
  const [usual, longer] = [requests('/v1/comparisons', court), requests('/v1/comparisons', long)];
  for (let round = 1; round <= rounds; round++) {
    const one = {
      floor: await watched({ ...load, port: court.port, next: usual }),
      subject: await watched({ ...load, port: long.port, next: longer }),
    };
    measured.push(one);
    progress(
      `round ${round} of ${rounds}: ${one.subject.perSecond.toFixed(0)} comparisons/s, usual list ${one.floor.perSecond.toFixed(0)}/s`,
    );
  }
  report(
    'long-list-per-usual-list',
    'ratio',
    measured,
    ({ perSecond }) => perSecond,
    (figure) => tellAtLeast(0.9, { ...figure, entries: longList, usual: court.entries }),
  );
  await long.stop();
}
