// The table of transitions, entry by entry: what each does, and when it refuses. Walks over many orders are in enforcement.test.ts.

import { describe, expect, it } from 'vitest';
import {
  type Conflict,
  type Enforcement,
  type EnforcementEvent,
  type Restriction,
  transition,
} from '../../domain/enforcement.js';
import type { Measure } from '../../domain/vocabulary.js';
import { acting, EARLIER, ended, LATER, life, NOW, published, restriction, term } from './drafts.js';

const accept = (before: Enforcement, event: EnforcementEvent): Enforcement => {
  const result = transition(before, event, NOW);
  if ('conflict' in result) throw new Error(result.conflict);
  return result.enforcement;
};
const refusal = (before: Enforcement, event: EnforcementEvent): Conflict | 'accepted' => {
  const result = transition(before, event, NOW);
  return 'conflict' in result ? result.conflict : 'accepted';
};
/** `MEASURE` while open, `MEASURE ground@ms-from-now` once ended. */
const stand = (after: Enforcement): string[] =>
  after.restrictions.map((r) => (r.endedAt === null ? r.measure : `${r.measure} ${r.endGround}@${r.endedAt - NOW}`));

describe('publish', () => {
  const publish = (end: number | null = null): EnforcementEvent => ({
    type: 'publish',
    termEnd: (r) => (r.measure === 'LISTING' ? end : null),
  });

  it('puts what waits in force now, a listing with the end of its term, and leaves what is in force as it is', () => {
    const after = accept(life([restriction('LISTING'), restriction('SEAL'), acting('EXIT')]), publish(LATER));
    expect(after.restrictions.map((r) => [r.inForceAt, r.until])).toEqual([
      [NOW, LATER],
      [NOW, null],
      [EARLIER, null],
    ]);
    expect(after.publishedAt).toBe(NOW);
  });

  it('is the first one for ever: a later measure does not move the day of publish', () => {
    const after = accept(published([acting('LISTING'), restriction('EXIT')]), publish());
    expect(after.publishedAt).toBe(EARLIER);
  });

  it.each<[string, Enforcement]>([
    ['ended', life([restriction('LISTING', { endedAt: EARLIER, endGround: 'settled' })])],
    ['stayed', life([restriction('LISTING')], { stayed: true })],
    ['performed', life([restriction('LISTING')], { performed: true })],
    ['over', life([restriction('LISTING')], { endedAt: EARLIER })],
    ['in grace', life([restriction('LISTING')], { graceEndsAt: LATER })],
    ['decided from a later day', life([restriction('LISTING', { from: LATER })])],
    ['decided in the place of another whose term is over', life([restriction('LISTING', { termEnd: NOW })], term())],
  ])('leaves what is %s out of force, and is no publish', (_what, before) => {
    const after = accept(before, publish());
    expect(after).toEqual(before);
  });

  it.each<[string, Enforcement]>([
    ['its day has come', life([restriction('LISTING', { from: NOW })])],
    ['grace is over', life([restriction('LISTING')], { graceEndsAt: NOW })],
    ['what takes the place of another has still a term', life([restriction('LISTING', { termEnd: LATER })], term())],
  ])('acts from the very instant at which %s', (_what, before) => {
    expect(accept(before, publish()).restrictions[0]?.inForceAt).toBe(NOW);
  });
});

describe('extend', () => {
  const listing = (changes: Partial<Restriction>): Enforcement =>
    published([acting('LISTING', { until: LATER, termEnd: LATER + 9, ...changes })], term());

  it('moves the end of a running term to where it was decided', () => {
    expect(accept(listing({}), { type: 'extend' }).restrictions[0]?.until).toBe(LATER + 9);
  });

  it.each<[string, Partial<Restriction>]>([
    ['a term that is over', { until: NOW }],
    ['a listing that has ended', { endedAt: EARLIER, endGround: 'revoked' }],
    ['a listing without a term', { until: null, termEnd: null }],
    ['a term of which no end was decided', { termEnd: null }],
    ['a term that is no longer than it was', { termEnd: LATER }],
    ['a term decided shorter', { termEnd: LATER - 1 }],
  ])('leaves %s alone', (_what, changes) => {
    const before = listing(changes);
    expect(accept(before, { type: 'extend' })).toBe(before);
  });
});

describe('expire', () => {
  it('records the end of what the clock has ended, at the instant it ended', () => {
    const before = published(
      [
        acting('LISTING', { until: EARLIER }),
        acting('SEAL', { until: NOW }),
        acting('EXIT', { until: LATER }),
        acting('CONSUMPTION'),
      ],
      term(),
    );
    expect(stand(accept(before, { type: 'expire' }))).toEqual([
      'LISTING expired@-1000',
      'SEAL expired@0',
      'EXIT',
      'CONSUMPTION',
    ]);
  });

  it('leaves what has ended otherwise as it ended', () => {
    expect(stand(accept(published([ended('LISTING', { until: EARLIER })], term()), { type: 'expire' }))).toEqual([
      'LISTING settled@-1000',
    ]);
  });
});

describe('performed', () => {
  const all: Measure[] = ['LISTING', 'CONSUMPTION', 'EXIT', 'SEAL'];

  it('on ground 1 ends LISTING and CONSUMPTION; EXIT and SEAL stay (art. 10 ¶1 (1))', () => {
    expect(stand(accept(published(all.map((m) => acting(m))), { type: 'performed' }))).toEqual([
      'LISTING performed@0',
      'CONSUMPTION performed@0',
      'EXIT',
      'SEAL',
    ]);
  });

  it('on grounds 2–6 a LISTING in force stays, one not yet in force ends (art. 10 ¶2, R11)', () => {
    expect(stand(accept(published([acting('LISTING'), acting('CONSUMPTION')], term()), { type: 'performed' }))).toEqual(
      ['LISTING', 'CONSUMPTION performed@0'],
    );
    expect(stand(accept(life([restriction('LISTING'), restriction('SEAL')], term()), { type: 'performed' }))).toEqual([
      'LISTING performed@0',
      'SEAL',
    ]);
  });

  it('keeps back what stays and was not yet in force', () => {
    const paid = accept(life([restriction('SEAL')]), { type: 'performed' });
    expect(accept(paid, { type: 'publish', termEnd: () => null })).toBe(paid);
  });
});

describe('release', () => {
  const release = (measures: Measure[] | null, ground: 'settled' | 'early' = 'settled'): EnforcementEvent => ({
    type: 'release',
    ground,
    measures,
  });

  it('ends what it names and nothing else, with its ground', () => {
    const before = published([acting('LISTING'), acting('SEAL'), ended('EXIT')]);
    expect(stand(accept(before, release(['SEAL', 'EXIT'])))).toEqual([
      'LISTING',
      'SEAL settled@0',
      'EXIT settled@-1000',
    ]);
    expect(stand(accept(before, release(null)))).toEqual(['LISTING settled@0', 'SEAL settled@0', 'EXIT settled@-1000']);
  });

  it('is refused where nothing it names is open', () => {
    expect(refusal(published([acting('LISTING'), ended('SEAL')]), release(['SEAL']))).toBe('nothing-to-end');
  });

  it('of a term listing in force is early or not at all; of one not in force, of other measures and of ground 1 it is free', () => {
    const listed = published([acting('LISTING'), acting('SEAL')], term());
    expect(refusal(listed, release(null))).toBe('term-listing-needs-early');
    expect(refusal(listed, release(['LISTING']))).toBe('term-listing-needs-early');
    expect(refusal(listed, release(['LISTING'], 'early'))).toBe('accepted');
    expect(refusal(listed, release(['SEAL']))).toBe('accepted');
    expect(refusal(life([restriction('LISTING'), acting('SEAL')], term()), release(null))).toBe('accepted');
    expect(refusal(published([acting('LISTING')]), release(['LISTING']))).toBe('accepted');
  });
});

describe('revoke', () => {
  it('ends everything that is open, whatever its ground', () => {
    const before = published([acting('LISTING'), restriction('SEAL'), ended('EXIT')], term());
    expect(stand(accept(before, { type: 'revoke' }))).toEqual([
      'LISTING revoked@0',
      'SEAL revoked@0',
      'EXIT settled@-1000',
    ]);
  });

  it('is refused where nothing is open', () => {
    expect(refusal(published([ended('LISTING')]), { type: 'revoke' })).toBe('nothing-to-end');
  });
});

describe('stay and resume', () => {
  const partly = [acting('LISTING'), ended('SEAL')];

  it('pause the effects and give them back', () => {
    const stayed = accept(published(partly), { type: 'stay' });
    expect([stayed.stayed, accept(stayed, { type: 'resume' }).stayed]).toEqual([true, false]);
  });

  it('are refused twice, and on what has ended', () => {
    expect(refusal(published(partly, { stayed: true }), { type: 'stay' })).toBe('already-stayed');
    expect(refusal(published(partly), { type: 'resume' })).toBe('not-stayed');
    for (const type of ['stay', 'resume'] as const) {
      for (const stayed of [true, false])
        for (const finished of [ended('LISTING'), acting('LISTING', { until: NOW })])
          expect(refusal(published([finished], { stayed, ...term() }), { type })).toBe('ending');
    }
  });
});

describe('impose', () => {
  const impose: EnforcementEvent = { type: 'impose', restriction: restriction('EXIT') };
  const list: EnforcementEvent = { type: 'impose', restriction: restriction('LISTING') };

  it('lists nobody again who has left the list: that is a new defaulter with its bar (art. 10)', () => {
    expect(refusal(published([ended('LISTING'), acting('SEAL')]), list)).toBe('re-listing');
    expect(refusal(published([ended('LISTING'), acting('SEAL')]), impose)).toBe('accepted');
  });

  it.each<[string, Restriction[]]>([
    ['was never listed', [acting('SEAL')]],
    ['left another measure behind', [ended('CONSUMPTION'), acting('SEAL')]],
    ['is on the list under another decision', [acting('LISTING'), acting('SEAL')]],
    ['was listed under a wrong identity alone', [ended('LISTING', { endGround: 'corrected' }), acting('SEAL')]],
  ])('lists who %s', (_what, restrictions) => {
    expect(refusal(published(restrictions), list)).toBe('accepted');
  });

  it('adds a measure that is not in force', () => {
    expect(stand(accept(published([acting('LISTING')]), impose))).toEqual(['LISTING', 'EXIT']);
    expect(accept(published([acting('LISTING')]), impose).restrictions[1]?.inForceAt).toBeNull();
  });

  it('is refused on a life that is over, is ending, or has performed', () => {
    expect(refusal(published([ended('LISTING')], { endedAt: EARLIER }), impose)).toBe('ending');
    expect(refusal(published([ended('LISTING')]), impose)).toBe('ending');
    expect(refusal(published([acting('LISTING', { until: NOW })], term()), impose)).toBe('ending');
    expect(refusal(published([acting('SEAL')], { performed: true }), impose)).toBe('already-performed');
  });
});

describe('correct', () => {
  it('frees the old identity at once', () => {
    expect(stand(accept(published([acting('LISTING'), ended('SEAL')]), { type: 'correct' }))).toEqual([
      'LISTING corrected@0',
      'SEAL settled@-1000',
    ]);
  });

  it('is refused on what has ended, be it by the clock: nobody comes back into force', () => {
    for (const finished of [ended('LISTING'), acting('LISTING', { until: NOW })])
      expect(refusal(published([finished], term()), { type: 'correct' })).toBe('ending');
  });
});

describe('notified', () => {
  it('marks every end, the permissions and the stay as told, and nothing that is open', () => {
    const before = published([acting('LISTING'), ended('SEAL', { endNotified: false })], {
      noticePending: true,
      stayed: true,
    });
    const after = accept(before, { type: 'notified' });
    expect([after.noticePending, after.stayNotified, ...after.restrictions.map((r) => r.endNotified)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('says nothing of a stay before publish: departments know of no effect', () => {
    expect(accept(life([restriction('LISTING')], { stayed: true }), { type: 'notified' }).stayNotified).toBe(false);
  });
});

describe('finish', () => {
  it('ends the life once all has ended and was told; twice is once', () => {
    const finished = accept(published([ended('LISTING'), ended('SEAL')]), { type: 'finish' });
    expect(finished.endedAt).toBe(NOW);
    expect(transition(finished, { type: 'finish' }, LATER)).toEqual({ enforcement: finished });
  });

  it('is refused while something is open or not notified', () => {
    expect(refusal(published([ended('LISTING'), acting('SEAL')]), { type: 'finish' })).toBe('not-finished');
    expect(refusal(published([ended('LISTING'), ended('SEAL', { endNotified: false })]), { type: 'finish' })).toBe(
      'not-finished',
    );
  });
});
