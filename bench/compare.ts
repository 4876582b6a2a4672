import { sayOnStandardError } from '../local/machine/say.mjs';
import { measureBatches } from './comparisons/batches.js';
import { openCourt } from './comparisons/court.js';
import { measureLongList } from './comparisons/long-list.js';
import { measureNearMisses } from './comparisons/near-misses.js';
import { readCompareSettings } from './comparisons/settings.js';
import { measureSingles } from './comparisons/singles.js';
import { measureWritings } from './comparisons/writings.js';
import { measureParts, type Part } from './environment/parts.js';
import { BenchServers } from './environment/servers.js';
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
  const servers = await BenchServers.open();
  return measureParts(stopping, servers, async () => {
    const court = await openCourt(servers, 'usual', settings.list);
    const parts: readonly (readonly [...part: Part, wanted: boolean])[] = [
      ['singles', () => measureSingles(servers, court, settings), true],
      ['batches', () => measureBatches(servers, court, settings), true],
      ['near-misses', () => measureNearMisses(court, settings), settings.nearMisses > 0],
      ['writings', () => measureWritings(servers, court, settings), settings.writings > 0],
      ['long-list', () => measureLongList(servers, court, settings), settings.longList > 0],
    ];
    return parts
      .filter(([name, , wanted]) => wanted && (settings.parts?.includes(name) ?? true))
      .map(([name, measure]) => [name, measure] as const);
  });
}
