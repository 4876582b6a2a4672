import { sayOnStandardError } from '../local/machine/say.mjs';
import { measureBudget } from './lives/budget.js';
import { BenchEnvironment } from './lives/environment.js';
import { Lives } from './lives/lives.js';
import { measureOpenLives } from './lives/open-lives.js';
import { measureReleases } from './lives/releases.js';
import { readSettings } from './lives/settings.js';
import { measureThroughput } from './lives/throughput.js';
import { progress } from './measure/figures.js';

/**
 * `npm run bench:life`: what a life costs, beside the least that a durable step can cost. One JSON object a line on standard output, progress
 * on standard error. Resolves with 0 whatever it finds, with 1 when something could not be measured.
 */
export async function main(stopping: AbortSignal): Promise<number> {
  sayOnStandardError();
  const settings = readSettings(process.env);
  progress('starting PostgreSQL and Temporal …');
  const environment = await BenchEnvironment.open();
  const lives = new Lives(environment.pool, environment.ring);
  const parts: [string, () => Promise<void>][] = [
    ['history of a life', () => measureBudget(environment, lives)],
    ['lives beside the floor', () => measureThroughput(environment, lives, settings)],
    ['releases', () => measureReleases(environment, lives, settings)],
    ['open lives', () => measureOpenLives(environment, lives, settings)],
  ];
  let failed = 0;
  const stopped = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true }));
  try {
    for (const [name, measure] of parts) {
      if (stopping.aborted) break;
      progress(`${name} …`);
      const began = Date.now();
      const measuring = measure().catch((error: unknown) => {
        if (!stopping.aborted) progress(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
        failed += 1;
      });
      await Promise.race([measuring, stopped]);
      progress(`${name}: ${((Date.now() - began) / 1_000).toFixed(0)} s`);
    }
  } finally {
    if (stopping.aborted) progress(`told to stop (${stopping.reason})`);
    await environment.close();
  }
  return failed === 0 && !stopping.aborted ? 0 : 1;
}
