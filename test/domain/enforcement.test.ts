// A life under every order of its facts: whatever comes first, twice or late, it ends, and never blocks once it was freed.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../domain/calendar.js';
import {
  balance,
  decided,
  type Enforcement,
  type EnforcementEvent,
  isEffective,
  isPerformed,
  lengthenable,
  nextStep,
  opened,
  paysTheirShare,
  type Restriction,
  stateOf,
  termEndOf,
  transition,
} from '../../domain/enforcement.js';
import { acting, EARLIER, ended, LATER, life, NOW, restriction } from './drafts.js';

const START = Date.parse('2026-03-02T00:00:00Z');

const born = (ground: Enforcement['ground'], grace: boolean): Enforcement =>
  opened(ground, ground === 1 ? null : 24, grace ? START + 2 * DAY_MS : null, [
    decided('listing', 'LISTING'),
    decided('consumption', 'CONSUMPTION'),
    decided('seal', 'SEAL'),
  ]);

/** Only a listing has a term. */
const term = (end: number | null) => (r: Restriction) => (r.measure === 'LISTING' ? end : null);

/** The facts of a life; the term ends three days after publish so that expiry is among the orders. */
const facts = (enforcement: Enforcement, now: number): EnforcementEvent[] => [
  { type: 'publish', termEnd: term(enforcement.ground === 1 ? null : now + 3 * DAY_MS) },
  { type: 'expire' },
  { type: 'performed' },
  { type: 'release', ground: 'early', measures: ['SEAL'] },
  { type: 'release', ground: 'settled', measures: null },
  { type: 'stay' },
  { type: 'resume' },
  { type: 'notified' },
  { type: 'correct' },
  { type: 'extend' },
];

/** What no step may ever do, whatever came before it. */
function violated(before: Enforcement, event: EnforcementEvent, after: Enforcement, now: number): string | null {
  if (before.endedAt !== null && after.endedAt !== before.endedAt) return 'a life ended twice';
  for (const [i, r] of before.restrictions.entries()) {
    const next = after.restrictions[i];
    if (!next) return 'a restriction vanished';
    if (
      r.endedAt !== null &&
      (next.endedAt !== r.endedAt || next.inForceAt !== r.inForceAt || next.endGround !== r.endGround)
    )
      return 'an ended restriction changed';
    if (r.inForceAt !== null && next.inForceAt !== r.inForceAt) return 'a restriction came into force twice';
    if (r.until !== null && next.until !== r.until) return 'a term moved';
    if (r.endNotified && !next.endNotified) return 'an end was no longer notified';
    if (r.inForceAt === null && next.inForceAt !== null) {
      if (event.type !== 'publish') return 'something other than publish put a restriction in force';
      if (before.stayed || before.performed) return 'published although stayed or performed';
      if (before.graceEndsAt !== null && now < before.graceEndsAt) return 'published in grace';
    }
    if (next.endedAt !== null && isEffective(after, next, now)) return 'an ended restriction acts';
    if (after.stayed && isEffective(after, next, now)) return 'a stayed restriction acts';
    if (next.until !== null && next.until <= now && isEffective(after, next, now)) return 'an expired restriction acts';
  }
  if (event.type === 'performed' && after.restrictions.some((r) => r.measure === 'CONSUMPTION' && r.endedAt === null))
    return 'performed but consumption stays';
  if (
    event.type === 'performed' &&
    after.ground === 1 &&
    after.restrictions.some((r) => r.measure === 'LISTING' && r.endedAt === null)
  )
    return 'performed but listed';
  if (event.type === 'performed' && after.restrictions.some((r) => r.measure === 'SEAL' && r.endGround === 'performed'))
    return 'payment lifted a seal';
  return null;
}

const ORDER = ['GRACE', 'PUBLISHING', 'IN_FORCE', 'RELEASING', 'RELEASED'];

describe('every order of up to seven facts, duplicates included', () => {
  it.each([
    [1, false],
    [1, true],
    [2, false],
  ] as const)('keeps the invariants (ground %i, grace %s)', (ground, grace) => {
    let walked = 0;
    const walk = (enforcement: Enforcement, depth: number): void => {
      if (depth === 7) return;
      const now = START + depth * DAY_MS;
      for (const event of facts(enforcement, now)) {
        const result = transition(enforcement, event, now);
        walked += 1;
        if ('conflict' in result) continue;
        const problem = violated(enforcement, event, result.enforcement, now);
        if (problem) throw new Error(`${problem}: ${event.type} on ${JSON.stringify(enforcement)}`);
        if (ORDER.indexOf(stateOf(result.enforcement, now)) < ORDER.indexOf(stateOf(enforcement, now)))
          throw new Error(`went back: ${event.type}`);
        const again = transition(result.enforcement, event, now);
        if ('enforcement' in again && JSON.stringify(again.enforcement) !== JSON.stringify(result.enforcement))
          throw new Error(`twice is not once: ${event.type}`);
        // An event that changed nothing leads nowhere new.
        if (result.enforcement !== enforcement) walk(result.enforcement, depth + 1);
      }
    };
    walk(born(ground, grace), 0);
    expect(walked).toBeGreaterThan(1_000);
  });

  it('leads every life to its end when the process does what is due', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Enforcement['ground']>(1, 2),
        fc.boolean(),
        fc.array(fc.nat(9), { maxLength: 7 }),
        (ground, grace, order) => {
          let life = born(ground, grace);
          const put = (event: EnforcementEvent, at: number) => {
            const result = transition(life, event, at);
            if ('enforcement' in result) life = result.enforcement;
          };
          for (const [day, index] of order.entries()) {
            const now = START + day * DAY_MS;
            const event = facts(life, now)[index];
            if (event) put(event, now);
          }
          const end = START + 3000 * DAY_MS;
          put({ type: 'revoke' }, end);
          for (let step = nextStep(life, true, end).due; step !== null; step = nextStep(life, true, end).due) {
            if (step === 'escalate') throw new Error('no deadline was set');
            put(
              step === 'tell'
                ? { type: 'notified' }
                : step === 'publish'
                  ? { type: 'publish', termEnd: term(null) }
                  : { type: step },
              end,
            );
          }
          expect(stateOf(life, end)).toBe('RELEASED');
        },
      ),
    );
  });
});

describe('a life', () => {
  const inForce = (ground: Enforcement['ground']): Enforcement =>
    accept(born(ground, false), { type: 'publish', termEnd: term(ground === 1 ? null : START + 700 * DAY_MS) });
  const accept = (enforcement: Enforcement, event: EnforcementEvent, now = START): Enforcement => {
    const result = transition(enforcement, event, now);
    if ('conflict' in result) throw new Error(result.conflict);
    return result.enforcement;
  };
  const open = (life: Enforcement) => life.restrictions.filter((r) => r.endedAt === null).map((r) => r.measure);

  it('full repayment ends the listing of ground 1 and the consumption restriction, never the seal', () => {
    expect(open(accept(inForce(1), { type: 'performed' }))).toEqual(['SEAL']);
  });

  it('full repayment leaves a term listing in force: the judge decides (art. 10 ¶2, R11)', () => {
    expect(open(accept(inForce(2), { type: 'performed' }))).toEqual(['LISTING', 'SEAL']);
  });

  it('a payment before publish leaves nobody blocked', () => {
    const paid = accept(born(2, false), { type: 'performed' });
    const published = accept(paid, { type: 'publish', termEnd: term(START + DAY_MS) });
    expect(published.restrictions.every((r) => r.inForceAt === null)).toBe(true);
  });

  it('a release names its own measures and no other (R10)', () => {
    expect(open(accept(inForce(1), { type: 'release', ground: 'settled', measures: ['SEAL'] }))).toEqual([
      'LISTING',
      'CONSUMPTION',
    ]);
  });

  it.each(['performed', 'settled', 'terminated'] as const)(
    'a term listing in force is not released as %s',
    (ground) => {
      expect(transition(inForce(3), { type: 'release', ground, measures: null }, START)).toEqual({
        conflict: 'term-listing-needs-early',
      });
    },
  );

  it('a term ends by the clock alone', () => {
    const life = inForce(2);
    const [listing] = life.restrictions;
    const until = START + 700 * DAY_MS;
    expect(listing && [isEffective(life, listing, until - 1), isEffective(life, listing, until)]).toEqual([
      true,
      false,
    ]);
  });

  it('refuses a further measure once all has ended', () => {
    const finished = accept(inForce(1), { type: 'revoke' });
    expect(transition(finished, { type: 'impose', restriction: decided('exit', 'EXIT') }, START)).toEqual({
      conflict: 'ending',
    });
  });

  it('tells a release before it publishes anything', () => {
    const life = accept(inForce(1), { type: 'impose', restriction: decided('exit', 'EXIT') });
    const ended = accept(life, { type: 'release', ground: 'settled', measures: ['SEAL'] });
    expect(nextStep(ended, false, START).due).toBe('tell');
    expect(nextStep(accept(ended, { type: 'notified' }), false, START).due).toBe('publish');
  });

  it('wakes at the end of grace and at the end of the term', () => {
    expect(nextStep(born(1, true), false, START)).toEqual({ due: null, wakeAt: START + 2 * DAY_MS });
    expect(nextStep(inForce(2), false, START)).toEqual({ due: null, wakeAt: START + 700 * DAY_MS });
  });
});

describe('the balance', () => {
  it('never owes less than nothing, and loses no fen', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        fc.array(fc.bigInt({ min: 1n, max: 10n ** 14n })),
        (obligation, repayments) => {
          const repaid = repayments.reduce((sum, amount) => sum + amount, 0n);
          const { outstanding, surplus } = balance(obligation, repaid);
          expect(outstanding >= 0n && surplus >= 0n && (outstanding === 0n || surplus === 0n)).toBe(true);
          expect(obligation - repaid).toBe(outstanding - surplus);
        },
      ),
    );
  });
});

describe('a longer term', () => {
  const termed = (restrictions: Restriction[], termMonths: number | null = 24): Enforcement =>
    life(restrictions, { ground: 2, termMonths });

  it.each([
    ['a listing whose term runs', termed([acting('LISTING', { until: LATER })]), null],
    ['a listing not yet published', termed([restriction('LISTING')]), null],
    ['no term at all', life([acting('LISTING')]), 'no-term'],
    ['a term that would be beyond five years', termed([acting('LISTING', { until: LATER })], 60), 'term-too-long'],
    ['a term that is over this instant', termed([acting('LISTING', { until: NOW })]), 'nothing-to-extend'],
    ['a term that is over', termed([acting('LISTING', { until: EARLIER })]), 'nothing-to-extend'],
    ['a listing that has ended', termed([ended('LISTING', { until: LATER })]), 'nothing-to-extend'],
    ['another measure', termed([acting('CONSUMPTION')]), 'nothing-to-extend'],
  ])('%s', (_what, enforcement, conflict) => {
    expect(lengthenable(enforcement, 12, NOW)).toBe(conflict);
  });

  it('reaches five years and not a day beyond', () => {
    expect(lengthenable(termed([restriction('LISTING')], 48), 12, NOW)).toBe(null);
    expect(lengthenable(termed([restriction('LISTING')], 48), 24, NOW)).toBe('term-too-long');
  });

  it('ends with its last day in Shanghai, and without months never', () => {
    expect(termEndOf('2028-02-29', 24)).toBe(Date.parse('2030-02-28T16:00:00Z'));
    expect(termEndOf('2028-02-29', null)).toBe(null);
  });
});

describe('performance', () => {
  const owed = { obligationFen: 100n, repaidFen: 0n, liableForFen: null, paidFen: 0n };

  it.each([
    ['the debt is paid', { ...owed, repaidFen: 100n }, true],
    ['a fen is missing', { ...owed, repaidFen: 99n }, false],
    ['there is no debt in money', { ...owed, obligationFen: 0n }, false],
    ['the share is paid', { ...owed, liableForFen: 40n, paidFen: 40n }, true],
    ['a fen of the share is missing', { ...owed, liableForFen: 40n, paidFen: 39n }, false],
  ])('%s', (_what, sums, performed) => {
    expect(isPerformed(sums)).toBe(performed);
  });

  it.each([
    ['the last fen of a share', {}, 1n, true],
    ['more than the share', {}, 5n, true],
    ['less than the share', { paidFen: 38n }, 1n, false],
    ['a share paid before', { paidFen: 40n }, 1n, false],
    ['no share', { liableForFen: null }, 1n, false],
    ['a life that has ended', { enforcement: { endedAt: EARLIER } }, 1n, false],
  ])('is completed: %s', (_what, changes, fen, completed) => {
    const payer = { enforcement: { endedAt: null }, liableForFen: 40n, paidFen: 39n, ...changes };
    expect(paysTheirShare(payer, fen)).toBe(completed);
  });
});
