import { sayOnStandardError } from '../local/machine/say.mjs';
import { progress } from './measure/figures.js';
import { LedgerPlace } from './record/environment.js';
import { measurePublication, measureRate, withoutRecord } from './record/facts.js';
import { fill, measureBytes, measureFullCheck, measureProofs } from './record/large-log.js';

const whole = (name: string, usual: number): number => {
  const value = Number(process.env[name] ?? usual);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} must be a whole number above 0`);
  return value;
};

/**
 * `npm run bench:ledger`: what the record costs and how soon it is there, each beside its floor. BENCH_ROUNDS (6), BENCH_SECONDS (8) of each
 * window, BENCH_ENTRIES (1,000,000); BENCH_PARTS (rate,publication,large) for some of it. Resolves with 0 whatever it finds, with 1 when
 * something could not be measured.
 */
export async function main(stopping: AbortSignal): Promise<number> {
  sayOnStandardError();
  const [rounds, seconds, entries] = [
    whole('BENCH_ROUNDS', 6),
    whole('BENCH_SECONDS', 8),
    whole('BENCH_ENTRIES', 1_000_000),
  ];
  const parts = (process.env.BENCH_PARTS ?? 'rate,publication,large').split(',');
  progress('starting PostgreSQL …');
  const place = await LedgerPlace.open();
  const measures: Record<string, () => Promise<void>> = {
    rate: async () => {
      const [subject, floor] = [await place.database('subject'), await place.database('floor')];
      await withoutRecord(floor);
      await place.startSequencer(subject);
      await measureRate(place, subject, floor, rounds, seconds * 1_000);
      await place.stop('sequencer');
    },
    publication: async () => {
      const subject = await place.database('publication');
      await place.startSequencer(subject);
      await measurePublication(place, subject, 2 * seconds);
      await place.stop('sequencer');
    },
    large: async () => {
      const large = await place.database('large');
      await fill(large, place, entries);
      await measureBytes(large);
      await measureProofs(large);
      await measureFullCheck(place, large);
    },
  };
  let failed = 0;
  const stopped = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true }));
  try {
    for (const name of parts) {
      if (stopping.aborted) break;
      progress(`${name} …`);
      const measuring = (measures[name] ?? (() => Promise.reject(new Error('no such part'))))().catch(
        (error: unknown) => {
          if (!stopping.aborted)
            progress(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
          failed += 1;
        },
      );
      await Promise.race([measuring, stopped]);
    }
  } finally {
    await place.close();
  }
  return failed === 0 && !stopping.aborted ? 0 : 1;
}
