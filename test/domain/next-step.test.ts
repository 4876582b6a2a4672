// How a life stands: what acts, in which state it is, what the process owes it and when it wakes.

import { describe, expect, it } from 'vitest';
import { type Enforcement, isEffective, nextStep, stateOf } from '../../domain/enforcement.js';
import { acting, EARLIER, ended, LATER, life, NOW, published, restriction, term } from './drafts.js';

describe('whether a restriction acts (R2)', () => {
  it.each<[boolean, string, Enforcement]>([
    [true, 'in force', published([acting('LISTING')])],
    [true, 'from its very day', published([acting('LISTING', { from: NOW })])],
    [true, 'until its term ends', published([acting('LISTING', { until: LATER })])],
    [false, 'before its day', published([acting('LISTING', { from: LATER })])],
    [false, 'from the end of its term', published([acting('LISTING', { until: NOW })])],
    [false, 'before publish', life([restriction('LISTING')])],
    [false, 'stayed', published([acting('LISTING')], { stayed: true })],
    [false, 'ended', published([ended('LISTING')])],
  ])('%s: %s', (expected, _what, { restrictions: [r], ...rest }) => {
    expect(r && isEffective(rest, r, NOW)).toBe(expected);
  });
});

describe('the state', () => {
  it.each<[string, string, Enforcement]>([
    ['GRACE', 'while grace runs', life([restriction('LISTING')], { graceEndsAt: LATER })],
    ['PUBLISHING', 'from the end of grace', life([restriction('LISTING')], { graceEndsAt: NOW })],
    ['PUBLISHING', 'without grace', life([restriction('LISTING')])],
    ['IN_FORCE', 'from publish', published([acting('LISTING')])],
    ['IN_FORCE', 'while one term still runs', published([acting('LISTING', { until: LATER }), ended('SEAL')])],
    ['RELEASING', 'when all has ended', published([ended('LISTING')])],
    ['RELEASING', 'when the clock has ended the last', published([acting('LISTING', { until: NOW }), ended('SEAL')])],
    ['RELEASED', 'when it is over', published([ended('LISTING')], { endedAt: EARLIER })],
  ])('is %s %s', (state, _when, before) => {
    expect(stateOf(before, NOW)).toBe(state);
  });
});

describe('what is due', () => {
  const notified = { stayNotified: false };
  it.each<[string, string, Enforcement, boolean]>([
    ['tell', 'an end that was not told', published([ended('LISTING', { endNotified: false })]), true],
    ['tell', 'a stay in force', published([acting('LISTING')], { stayed: true }), false],
    ['tell', 'an end of it', published([acting('LISTING')], { stayNotified: true }), false],
    ['nothing', 'a stay before publish', life([restriction('LISTING')], { stayed: true, ...notified }), false],
    ['finish', 'a stay of what has ended', published([ended('LISTING')], { stayed: true }), true],
    ['tell', 'an exemption', published([acting('LISTING')], { noticePending: true }), false],
    [
      'nothing',
      'an exemption before publish',
      life([restriction('LISTING', { from: LATER })], { noticePending: true }),
      false,
    ],
    ['finish', 'an exemption from what has ended', published([ended('LISTING')], { noticePending: true }), true],
    ['expire', 'a term that is over', published([acting('LISTING', { until: NOW })], term()), false],
    ['nothing', 'a term that runs', published([acting('LISTING', { until: LATER })], term()), false],
    ['finish', 'a term of what has ended before', published([ended('LISTING', { until: NOW })], term()), true],
    [
      'extend',
      'a term decided longer',
      published([acting('LISTING', { until: LATER, termEnd: LATER + 9 })], term()),
      false,
    ],
    [
      'expire',
      'what never came into force and whose term is over',
      life([restriction('LISTING', { termEnd: NOW })], term()),
      false,
    ],
    [
      'nothing',
      'what is in force and of which only a later end was decided',
      published([acting('LISTING', { termEnd: EARLIER })]),
      true,
    ],
    ['publish', 'what waits', life([restriction('LISTING')]), false],
    ['nothing', 'a release that some have not acknowledged', published([ended('LISTING')]), false],
    ['finish', 'a release that all have acknowledged', published([ended('LISTING')]), true],
    ['nothing', 'what is in force', published([acting('LISTING')]), true],
    ['escalate', 'a deadline that has come', published([acting('LISTING')], { deadlineAt: NOW }), false],
    ['nothing', 'a deadline that has not', published([acting('LISTING')], { deadlineAt: LATER }), false],
    [
      'nothing',
      'a life that is over',
      published([ended('LISTING', { endNotified: false })], { endedAt: EARLIER }),
      true,
    ],
  ])('%s for %s', (due, _what, before, released) => {
    expect(nextStep(before, released, NOW).due ?? 'nothing').toBe(due);
  });

  it.each<[string, number | null, Enforcement]>([
    ['the end of grace', LATER, life([restriction('LISTING')], { graceEndsAt: LATER })],
    ['the first day of a measure', LATER, life([restriction('LISTING', { from: LATER })])],
    ['the end of the term', LATER, published([acting('LISTING', { until: LATER })], term())],
    ['a deadline', LATER, published([acting('LISTING')], { deadlineAt: LATER })],
    [
      'the earliest of them',
      LATER,
      published([acting('LISTING', { until: LATER + 5 })], { deadlineAt: LATER, ...term() }),
    ],
    ['nothing that is past', null, published([acting('LISTING', { until: NOW })], { deadlineAt: NOW, ...term() })],
    ['no term of what has ended', null, published([ended('LISTING', { until: LATER })], term())],
    ['no grace of what is in force', null, published([acting('LISTING')], { graceEndsAt: LATER })],
    ['no first day of what has ended', null, published([ended('LISTING', { inForceAt: null, from: LATER })])],
    ['no first day of what is in force', null, published([acting('LISTING', { from: LATER })])],
    ['no grace of what is stayed', null, life([restriction('LISTING')], { graceEndsAt: LATER, stayed: true })],
    ['no first day of what is performed', null, life([restriction('SEAL', { from: LATER })], { performed: true })],
    ['nothing for a life that is over', null, published([ended('LISTING')], { endedAt: EARLIER, deadlineAt: LATER })],
  ])('wakes at %s', (_what, wakeAt, before) => {
    expect(nextStep(before, false, NOW).wakeAt).toBe(wakeAt);
  });
});
