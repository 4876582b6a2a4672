// A process that is sent signals doubled and shuffled knows the same as one that is sent each once in order.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INITIAL_STATE, type ProcessState, type ReceivedFact, receive, receivedAll } from '../../domain/process.js';

const facts = fc.integer({ min: 0, max: 40 }).map((count): ReceivedFact[] =>
  Array.from({ length: count }, (_, i) => ({
    signal: i % 3 === 0 ? 'interception' : 'repayment',
    seq: i + 2,
    id: `fact-${i + 2}`,
  })),
);

describe('what a life has heard', () => {
  it('doubled and shuffled signals give the same state as each once in order', () => {
    fc.assert(
      fc.property(
        facts.chain((all) =>
          fc.record({
            all: fc.constant(all),
            extra: all.length > 0 ? fc.array(fc.constantFrom(...all)) : fc.constant([]),
            cuts: fc.array(fc.nat(5)),
          }),
        ),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        ({ all, extra, cuts }, random) => {
          const shuffled = [...all, ...extra]
            .map((fact) => ({ fact, at: random.next().value ?? 0 }))
            .sort((a, b) => a.at - b.at)
            .map(({ fact }) => fact);
          let state: ProcessState = INITIAL_STATE;
          for (const cut of [...cuts, shuffled.length]) state = receive(state, shuffled.splice(0, cut));
          const ordered = receive(INITIAL_STATE, all);
          expect({ ...state, signals: 0, interceptions: [...state.interceptions].sort() }).toEqual({
            ...ordered,
            signals: 0,
            interceptions: [...ordered.interceptions].sort(),
          });
          expect(receivedAll(state)).toBe(all.length + 1);
        },
      ),
    );
  });

  it('survives JSON unchanged, gaps included', () => {
    const state = receive(INITIAL_STATE, [
      { signal: 'interception', seq: 5, id: 'i' },
      { signal: 'decision', seq: 2, id: 'd' },
    ]);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    expect(receivedAll(state)).toBeNull();
  });
});
