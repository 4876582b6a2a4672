import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../registry/database/pool.js';
import { progress, quantile, spread, tellAtMost } from '../measure/figures.js';
import { Departments } from './departments.js';
import type { LifeEnvironment } from './environment.js';
import type { Lives } from './lives.js';
import type { LifeSettings } from './settings.js';

/** Lives that were not all freed by then are left out, and their number is told. */
const LONGEST_MS = 90_000;
/** The worker is a new process: what is paid while its code is still being compiled is not watched. */
const WARM_UP_MS = 15_000;
const POLL_MS = 500;

/**
 * How soon a debtor who has paid is free, and how soon everybody knows: with a hundred lives under way, from the answer to the last repayment
 * to the moment at which the last of the 36 departments holds the notice; and a comparison begun at that answer must be clear.
 */
export async function measureReleases(
  environment: LifeEnvironment,
  lives: Lives,
  settings: LifeSettings,
): Promise<void> {
  const { releases, inFlight } = settings;
  const worker = await environment.startWorker();
  const departments = await Departments.start(environment.departmentsPool, POLL_MS);
  const paidAt = new Map<string, number>();
  let [hits, compared] = [0, 0];
  const from = Date.now() + WARM_UP_MS;
  const until = from + LONGEST_MS;
  const one = async (): Promise<void> => {
    const opened = await lives.open();
    await lives.published(opened);
    await lives.intercepted(opened, 'AIC-01');
    await lives.pay(opened);
    if (Date.now() >= from) paidAt.set(opened.defaulter, Date.now());
    const { outcome } = await lives.compare(opened, 'AIC-01');
    if (outcome !== 'CLEAR') hits += 1;
    compared += 1;
    await lives.released(opened);
  };
  const slots = Array.from({ length: Math.min(inFlight, releases) }, async (_, nth) => {
    await sleep((nth * 4_000) / inFlight);
    while (paidAt.size < releases && Date.now() < until) await one();
  });
  await Promise.all(slots);
  const seconds = await allNotified(environment.owner, departments, paidAt);
  await departments.stop();
  await worker.stop();
  progress(`${seconds.length} releases were watched`);
  const measured = { runs: seconds.length, spread: spread(seconds), inFlight, pollMs: POLL_MS };
  tellAtMost(2, { figure: 'release-to-36th-department-p99', value: quantile(seconds, 0.99), unit: 's', ...measured });
  tellAtMost(0, { figure: 'hits-after-last-repayment', value: hits, unit: 'comparisons', runs: compared });
}

/** Per life, seconds from the answer to the repayment to the 36th department's reading of the release. */
async function allNotified(
  owner: Pool,
  departments: Departments,
  paidAt: ReadonlyMap<string, number>,
): Promise<number[]> {
  const { rows } = await owner.query<{ defaulter: string; position: string }>(
    `select defaulter, position from notice where kind = 'RELEASE' and defaulter = any($1)`,
    [[...paidAt.keys()]],
  );
  return rows.flatMap(({ defaulter, position }) => {
    const [paid, held] = [paidAt.get(defaulter), departments.heldByAll(Number(position))];
    if (paid === undefined || held === undefined)
      throw new Error('a life is over that not all departments were told of');
    return [(held - paid) / 1_000];
  });
}
