import { sayOnStandardError } from '../local/machine/say.mjs';
import { measureBatches } from './comparisons/batches.js';
import { openCourt } from './comparisons/court.js';
import { measureLongList } from './comparisons/long-list.js';
import { measureNearMisses } from './comparisons/near-misses.js';
import { readCompareSettings } from './comparisons/settings.js';
import { measureSingles } from './comparisons/singles.js';
import { measureWritings } from './comparisons/writings.js';
import { BenchEnvironment } from './lives/environment.js';
import { progress } from './measure/figures.js';

/**
 * `npm run bench:compare`: what a comparison costs beside a web server's word and a bare join, and whether it ever stops the wrong person or misses
 * the right one. One JSON object a line on standard output, progress on standard error. Resolves with 0 whatever it finds, with 1 when something
 * could not be measured.
 */
export async function main(stopping: AbortSignal): Promise<number> {
  sayOnStandardError();
  const settings = readCompareSettings(process.env);
  progress('starting PostgreSQL …');
  const environment = await BenchEnvironment.open({ temporal: false });
  const stopped = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true }));
  let failed = 0;
  try {
    const court = await openCourt(environment, 'usual', settings.list);
    const parts: [string, boolean, () => Promise<void>][] = [
      ['singles', true, () => measureSingles(environment, court, settings)],
      ['batches', true, () => measureBatches(environment, court, settings)],
      ['near-misses', settings.nearMisses > 0, () => measureNearMisses(court, settings)],
      ['writings', settings.writings > 0, () => measureWritings(environment, court, settings)],
      ['long-list', settings.longList > 0, () => measureLongList(environment, court, settings)],
    ];
    for (const [name, wanted, measure] of parts) {
      if (stopping.aborted || !wanted || !(settings.parts?.includes(name) ?? true)) continue;
      progress(`${name} …`);
      const began = Date.now();
      const measuring = measure().catch((error: unknown) => {
        if (!stopping.aborted) progress(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
        failed += 1;
      });
      await Promise.race([measuring, stopped]);
      progress(`${name}: ${((Date.now() - began) / 1_000).toFixed(0)} s`);
    }
    if (!stopping.aborted) await court.close();
  } finally {
    if (stopping.aborted) progress(`told to stop (${stopping.reason})`);
    await environment.close();
  }
  return failed === 0 && !stopping.aborted ? 0 : 1;
}
