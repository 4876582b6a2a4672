import { setTimeout as sleep } from 'node:timers/promises';
import { progress, tell } from '../measure/figures.js';
import { Storage } from '../measure/storage.js';
import { Departments } from './departments.js';
import type { LifeEnvironment } from './environment.js';
import type { Lives, OpenedCase } from './lives.js';
import type { LifeSettings } from './settings.js';

/** As many lives as can be opened within this time are kept, where it is not enough for all. */
const LONGEST_MS = 240_000;
const LONGEST_RESTART_S = 90;

/**
 * Lives that stay open for years: what each of them costs in Temporal's store and in PostgreSQL while it waits, and how long it takes until
 * one of them goes on after the worker, and after Temporal's server, was started again.
 */
export async function measureOpenLives(
  environment: LifeEnvironment,
  lives: Lives,
  settings: LifeSettings,
): Promise<void> {
  let worker = await environment.startWorker();
  const departments = await Departments.start(environment.departmentsPool);
  const storage = await Storage.before(environment.owner);
  const temporalBefore = environment.temporalBytes();
  const opened = await openMany(lives, settings);
  const temporal = environment.temporalBytes() - temporalBefore;
  const { process, facts } = await storage.after();
  const count = { lives: opened.length };
  tell({ figure: 'open-life-temporal-bytes', value: temporal / opened.length, unit: 'B', ...count });
  tell({ figure: 'open-life-postgres-bytes', value: (process + facts) / opened.length, unit: 'B', ...count });

  const [first, second] = [opened[0], opened[Math.floor(opened.length / 2)]];
  if (!first || !second) throw new Error('no life is open');
  // In order, as when a new version is rolled out: the end of what is under way is part of it.
  const workerSeconds = await restarted(environment, lives, first, {
    stop: () => worker.stop(),
    start: async () => {
      worker = await environment.startWorker();
    },
  });
  tell({ figure: 'worker-restart', value: workerSeconds, unit: 's', ...count });
  const serverSeconds = await restarted(environment, lives, second, {
    stop: () => environment.stopTemporal(),
    start: () => environment.startTemporal(),
  });
  tell({ figure: 'temporal-restart', value: serverSeconds, unit: 's', ...count });
  await departments.stop();
  await worker.stop();
}

async function openMany(lives: Lives, { openLives, inFlight }: LifeSettings): Promise<OpenedCase[]> {
  const until = Date.now() + LONGEST_MS;
  const open: OpenedCase[] = [];
  let begun = 0;
  const slots = Array.from({ length: Math.min(inFlight, openLives) }, async () => {
    while (begun < openLives && Date.now() < until) {
      begun += 1;
      const opened = await lives.open();
      await lives.published(opened);
      open.push(opened);
      if (open.length % 1_000 === 0) progress(`${open.length} lives are open`);
    }
  });
  await Promise.all(slots);
  if (open.length < openLives) progress(`only ${open.length} of ${openLives} lives could be opened in time`);
  return open;
}

/**
 * From the stop to the moment at which a life that was open before has told a release: its debt is paid while the part is away, so it was
 * handed over, replayed, and went on. Seconds.
 */
async function restarted(
  environment: LifeEnvironment,
  lives: Lives,
  opened: OpenedCase,
  part: { stop: () => Promise<void>; start: () => Promise<void> },
): Promise<number> {
  const began = performance.now();
  await part.stop();
  await lives.pay(opened);
  await part.start();
  for (;;) {
    const { rowCount } = await environment.owner.query(`select from notice where defaulter = $1 and kind = 'RELEASE'`, [
      opened.defaulter,
    ]);
    const seconds = (performance.now() - began) / 1_000;
    if (rowCount === 1) return seconds;
    if (seconds > LONGEST_RESTART_S) throw new Error('a life did not go on after the restart');
    await sleep(25);
  }
}
