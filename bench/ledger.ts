import { sayOnStandardError } from '../local/machine/say.mjs';
import { measureParts } from './environment/parts.js';
import { wholeNumber } from './environment/settings.js';
import { LedgerEnvironment } from './ledger/environment.js';
import { measurePublication, measureRate, withoutLedger } from './ledger/facts.js';
import { fill, measureBytes, measureFullCheck, measureProofs } from './ledger/large-log.js';
import { progress } from './measure/figures.js';

/**
 * `npm run bench:ledger`: what the record costs and how soon it is there, each beside its floor. BENCH_ROUNDS (6), BENCH_SECONDS (8) of each
 * window, BENCH_ENTRIES (1,000,000); BENCH_PARTS (rate,publication,large) for some of it. Resolves with 0 whatever it finds, with 1 when
 * something could not be measured.
 */
export async function main(stopping: AbortSignal): Promise<number> {
  sayOnStandardError();
  const rounds = wholeNumber(process.env, 'BENCH_ROUNDS', 6);
  const seconds = wholeNumber(process.env, 'BENCH_SECONDS', 8);
  const entries = wholeNumber(process.env, 'BENCH_ENTRIES', 1_000_000);
  const parts = (process.env.BENCH_PARTS ?? 'rate,publication,large').split(',');
  progress('starting PostgreSQL …');
  const environment = await LedgerEnvironment.open();
  const measures: Record<string, () => Promise<void>> = {
    rate: async () => {
      const [subject, floor] = [await environment.database('subject'), await environment.database('floor')];
      await withoutLedger(floor);
      const sequencer = await environment.startSequencer(subject);
      await measureRate(environment, subject, floor, rounds, seconds * 1_000);
      await sequencer.stop();
    },
    publication: async () => {
      const subject = await environment.database('publication');
      const sequencer = await environment.startSequencer(subject);
      await measurePublication(environment, subject, 2 * seconds);
      await sequencer.stop();
    },
    large: async () => {
      const large = await environment.database('large');
      await fill(large, environment, entries);
      await measureBytes(large);
      await measureProofs(large);
      await measureFullCheck(environment, large);
    },
  };
  const unknown = (): Promise<void> => Promise.reject(new Error('no such part'));
  return measureParts(stopping, environment, async () => parts.map((name) => [name, measures[name] ?? unknown]));
}
