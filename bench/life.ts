import { sayOnStandardError } from '../local/machine/say.mjs';
import { measureParts } from './environment/parts.js';
import { measureBudget } from './lives/budget.js';
import { LifeEnvironment } from './lives/environment.js';
import { Lives } from './lives/lives.js';
import { measureOpenLives } from './lives/open-lives.js';
import { measureReleases } from './lives/releases.js';
import { readLifeSettings } from './lives/settings.js';
import { measureThroughput } from './lives/throughput.js';
import { progress } from './measure/figures.js';

/**
 * `npm run bench:life`: what a life costs, beside the least that a durable step can cost. One JSON object a line on standard output, progress
 * on standard error. Resolves with 0 whatever it finds, with 1 when something could not be measured.
 */
export async function main(stopping: AbortSignal): Promise<number> {
  sayOnStandardError();
  const settings = readLifeSettings(process.env);
  progress('starting PostgreSQL and Temporal …');
  const environment = await LifeEnvironment.open();
  const lives = new Lives(environment.pool, environment.ring);
  return measureParts(stopping, environment, async () => [
    ['history of a life', () => measureBudget(environment, lives)],
    ['lives beside the floor', () => measureThroughput(environment, lives, settings)],
    ['releases', () => measureReleases(environment, lives, settings)],
    ['open lives', () => measureOpenLives(environment, lives, settings)],
  ]);
}
