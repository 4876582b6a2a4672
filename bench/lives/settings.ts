import { wholeNumber } from '../environment/settings.js';

/** What a run of the benchmark measures, and how long it may take; smaller by environment for a first look. */
export interface LifeSettings {
  /** BENCH_LIVES: how many lives are kept open at last. */
  openLives: number;
  /** BENCH_RELEASES: how many lives are freed under watch. */
  releases: number;
  /** BENCH_ROUNDS: rounds of floor and subject in turn. */
  rounds: number;
  /** BENCH_SECONDS: how long each of a round is watched. */
  windowSeconds: number;
  /** BENCH_IN_FLIGHT: lives under way at once while releases are watched, and while many are opened. */
  inFlight: number;
  /**
   * BENCH_BESIDE_FLOOR: lives, and workflows of the floor, under way at once while they are counted. Twice as many: a life waits a second or two for
   * departments to look, in which nobody works for it.
   */
  besideFloor: number;
}

export function readLifeSettings(environment: NodeJS.ProcessEnv): LifeSettings {
  const openLives = wholeNumber(environment, 'BENCH_LIVES', 10_000);
  return {
    openLives,
    releases: wholeNumber(environment, 'BENCH_RELEASES', Math.min(openLives, 1_000)),
    rounds: wholeNumber(environment, 'BENCH_ROUNDS', 4),
    windowSeconds: wholeNumber(environment, 'BENCH_SECONDS', 12),
    inFlight: wholeNumber(environment, 'BENCH_IN_FLIGHT', 100),
    besideFloor: wholeNumber(environment, 'BENCH_BESIDE_FLOOR', 200),
  };
}
