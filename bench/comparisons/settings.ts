import { wholeNumber } from '../environment/settings.js';

/** What a run measures, and how long it may take; smaller by environment for a first look, larger for the longest list. */
export interface CompareSettings {
  /** BENCH_PARTS: which parts to measure, by name and comma; all unless told. */
  parts: readonly string[] | undefined;
  /** BENCH_ROUNDS: rounds of floor and subject in turn. */
  rounds: number;
  /** BENCH_SECONDS: how long each of a round is watched. */
  windowSeconds: number;
  /** BENCH_LIST: entries on the list. */
  list: number;
  /** BENCH_NEAR_MISSES: how many of them are asked about. */
  nearMisses: number;
  /** BENCH_WRITINGS: how many writings of listed identities are asked about. */
  writings: number;
  /** BENCH_LONG_LIST: entries of a second, longer list; 0: none. 14000000 is every listed person of the country. */
  longList: number;
}

export function readCompareSettings(environment: NodeJS.ProcessEnv): CompareSettings {
  return {
    parts: environment.BENCH_PARTS?.split(','),
    rounds: wholeNumber(environment, 'BENCH_ROUNDS', 4),
    windowSeconds: wholeNumber(environment, 'BENCH_SECONDS', 5),
    list: wholeNumber(environment, 'BENCH_LIST', 168_900),
    nearMisses: wholeNumber(environment, 'BENCH_NEAR_MISSES', 1_000_000, 0),
    writings: wholeNumber(environment, 'BENCH_WRITINGS', 1_000_000, 0),
    longList: wholeNumber(environment, 'BENCH_LONG_LIST', 0, 0),
  };
}
