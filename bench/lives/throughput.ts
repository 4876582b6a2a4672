import { median, progress, spread, tell, tellAtLeast, tellAtMost } from '../measure/figures.js';
import { rateOf } from '../measure/rate.js';
import { type Growth, Storage, together } from '../measure/storage.js';
import { Departments, USUAL_POLL_MS } from './departments.js';
import type { LifeEnvironment } from './environment.js';
import { bundleFloor, Floor } from './floor.js';
import type { Lives } from './lives.js';
import type { LifeSettings } from './settings.js';

/** A worker is a new process on either side, and one of many weeks in use: its code is compiled as it runs, for most of a minute. `rateOf` adds a quarter. */
const WARM_UP_MS = 32_000;
/** The second subject finds the worker warm, and only has to get under way. */
const GET_UNDER_WAY_MS = 8_000;

/** The subjects: a life in which nobody is stopped, and one that is stopped at a counter once, which is one more fact for its process. */
const SHAPES: readonly { figure: string; services: readonly string[]; goal?: number }[] = [
  { figure: 'life-per-floor', services: [], goal: 0.9 },
  { figure: 'intercepted-life-per-floor', services: ['AIC-01'] },
];

/**
 * Whole lives a second beside one-activity workflows a second, on the same servers in turn: each with nothing else running, as many under way
 * at once, watched for as long. A life is opened, published, (stopped at a counter, its judge told,) paid and told to 36 departments
 * that read and acknowledge, and over. Neither side is asked of Temporal how far it is: see `Lives` and `Floor`.
 */
export async function measureThroughput(
  environment: LifeEnvironment,
  lives: Lives,
  settings: LifeSettings,
): Promise<void> {
  const { rounds, besideFloor: inFlight, windowSeconds } = settings;
  const bundle = environment.file('floor-bundle.js');
  await bundleFloor(bundle);
  const growths: Growth[] = [];
  const measured: { floor: number; subjects: number[] }[] = [];
  for (let round = 1; round <= rounds; round++) {
    const floor = await Floor.start(environment, bundle);
    const windowMs = windowSeconds * 1_000;
    const floorRate = await rateOf({ one: floor.one, inFlight, warmUpMs: WARM_UP_MS, windowMs });
    await floor.stop();
    const worker = await environment.startWorker();
    const departments = await Departments.start(environment.departmentsPool);
    const subjects: number[] = [];
    for (const [nth, { services }] of SHAPES.entries()) {
      const storage = await Storage.before(environment.owner);
      const warmUpMs = nth === 0 ? WARM_UP_MS : GET_UNDER_WAY_MS;
      subjects.push(
        await rateOf({ one: async () => void (await lives.whole(services)), inFlight, warmUpMs, windowMs }),
      );
      if (services.length === 0) growths.push(await storage.after());
    }
    await departments.stop();
    await worker.stop();
    measured.push({ floor: floorRate, subjects });
    const described = subjects.map((subject) => subject.toFixed(1)).join(' and ');
    progress(`round ${round} of ${rounds}: ${described} lives/s, floor ${floorRate.toFixed(1)}/s`);
  }
  for (const [nth, { figure, goal }] of SHAPES.entries()) {
    const ratios = measured.map(({ floor, subjects }) => (subjects[nth] ?? 0) / floor);
    const report = {
      figure,
      value: median(ratios),
      unit: 'ratio',
      subject: median(measured.map(({ subjects }) => subjects[nth] ?? 0)),
      floor: median(measured.map(({ floor }) => floor)),
      runs: rounds,
      spread: spread(ratios),
      inFlight,
      pollMs: USUAL_POLL_MS,
    };
    if (goal === undefined) tell(report);
    else tellAtLeast(goal, report);
  }
  tellStorage(together(growths));
}

function tellStorage({ lives, process, facts, table }: Growth): void {
  const byTable = Object.fromEntries(Object.entries(table).map(([name, bytes]) => [name, bytes / lives]));
  tellAtMost(4_096, { figure: 'postgres-bytes-per-life', value: process / lives, unit: 'B', lives, byTable });
  tell({ figure: 'postgres-bytes-of-facts-per-life', value: facts / lives, unit: 'B', lives });
}
