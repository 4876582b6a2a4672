import { sayOnStandardError } from '../local/machine/say.mjs';
import { RecordEnvironment } from './ledger/environment.js';
import { measurePublication, measureRate, withoutRecord } from './ledger/facts.js';
import { fill, measureBytes, measureFullCheck, measureProofs } from './ledger/large-log.js';
import { progress } from './measure/figures.js';

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
  const environment = await RecordEnvironment.open();
  const measures: Record<string, () => Promise<void>> = {
    rate: async () => {
      const [subject, floor] = [await environment.database('subject'), await environment.database('floor')];
      await withoutRecord(floor);
      await environment.startSequencer(subject);
      await measureRate(environment, subject, floor, rounds, seconds * 1_000);
      await environment.stop('sequencer');
    },
    publication: async () => {
      const subject = await environment.database('publication');
      await environment.startSequencer(subject);
      await measurePublication(environment, subject, 2 * seconds);
      await environment.stop('sequencer');
    },
    large: async () => {
      const large = await environment.database('large');
      await fill(large, environment, entries);
      await measureBytes(large);
      await measureProofs(large);
      await measureFullCheck(environment, large);
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
    await environment.close();
  }
  return failed === 0 && !stopping.aborted ? 0 : 1;
}
