// The quarters for which tokens are made, and which of them are live.

import { expect, test } from 'vitest';
import { epochOf, isLiveEpoch, liveEpochs } from '../../../domain/identity/epoch.js';

test.each([
  ['2026-11-25T00:00:00Z', '2026Q4', '2026Q3'],
  ['2026-12-31T15:59:59Z', '2026Q4', '2026Q3'],
  ['2026-12-31T16:00:00Z', '2027Q1', '2026Q4'],
  ['2027-03-31T16:00:00Z', '2027Q2', '2027Q1'],
])('at %s the epoch of Shanghai is %s, and %s is live', (instant, running, before) => {
  const at = Date.parse(instant);
  expect(liveEpochs(at)).toEqual([running, before]);
  expect(epochOf(at)).toBe(running);
  expect([running, before, '2025Q1', '', '2026Q9'].map((epoch) => isLiveEpoch(epoch, at))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
