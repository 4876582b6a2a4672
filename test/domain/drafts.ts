import { decided, type Enforcement, opened, type Restriction } from '../../domain/enforcement.js';
import type { Measure } from '../../domain/vocabulary.js';

// Lives and restrictions as the tests of the rules draw them up: what is not said is as in a life that has just begun.

export const NOW = Date.parse('2026-03-02T00:00:00Z');
export const EARLIER = NOW - 1_000;
export const LATER = NOW + 1_000;

export const restriction = (measure: Measure, changes: Partial<Restriction> = {}): Restriction => ({
  ...decided(measure, measure),
  ...changes,
});
export const acting = (measure: Measure, changes: Partial<Restriction> = {}): Restriction =>
  restriction(measure, { inForceAt: EARLIER, ...changes });
export const ended = (measure: Measure, changes: Partial<Restriction> = {}): Restriction =>
  acting(measure, { endedAt: EARLIER, endGround: 'settled', endNotified: true, ...changes });

export const life = (restrictions: Restriction[], changes: Partial<Enforcement> = {}): Enforcement => ({
  ...opened(1, null, null, restrictions),
  ...changes,
});
export const published = (restrictions: Restriction[], changes: Partial<Enforcement> = {}): Enforcement =>
  life(restrictions, { publishedAt: EARLIER, ...changes });
export const term = (changes: Partial<Enforcement> = {}): Partial<Enforcement> => ({
  ground: 2,
  termMonths: 24,
  ...changes,
});
