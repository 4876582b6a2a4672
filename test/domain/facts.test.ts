// Writers and readers of a fact read one map of details: these lines compile only while the compiler finds those that disagree with it.
import { expect, test } from 'vitest';
import type { FactDetails, RecordedDetails, RecordedFact, WrittenFact } from '../../domain/facts.js';
import { FACT_TYPES } from '../../domain/vocabulary.js';

const written = (fact: WrittenFact): WrittenFact => fact;

test('a writer names every member of the detail and no other', () => {
  written({ type: 'read', detail: { item: 'i', kind: 'reversal', interception: undefined } });
  // @ts-expect-error: forgets a member
  written({ type: 'term-ended', detail: {} });
  // @ts-expect-error: forgets one that may be absent
  written({ type: 'read', detail: { item: 'i', kind: 'reversal' } });
  // @ts-expect-error: writes one that nobody knows
  written({ type: 'term-ended', detail: { restrictions: [], measures: ['LISTING'] } });
  // @ts-expect-error: writes a code that is not of its list
  written({ type: 'all-acknowledged', detail: { notice: 'n', kind: 'PUBLISHED' } });
  // @ts-expect-error: of another kind of decision
  written({ type: 'decision', detail: { decision: 'd', decisionType: 'extend', measure: 'EXIT' } });
  // @ts-expect-error: no fact of the closed list
  written({ type: 'withdrawn', detail: {} });
  expect(FACT_TYPES).not.toContain('withdrawn');
});

test('a reader finds the members that a writer writes and no other', () => {
  const ended: RecordedDetails['term-ended'] = { restrictions: ['r'] };
  // @ts-expect-error: nobody writes it
  expect(ended.measures).toBeUndefined();
  const escalated: FactDetails['escalated'] = { deadline: 'read', level: 1 };
  // @ts-expect-error: nobody writes it
  expect(escalated.kind).toBeUndefined();

  const fact = { type: 'released', detail: { caseClosed: true } } as RecordedFact;
  // @ts-expect-error: of one type only
  expect(fact.detail.caseClosed).toBe(true);
  if (fact.type === 'released') expect(fact.detail.caseClosed).toBe(true);

  const released: RecordedDetails['release-published'] = { notice: 'n', measures: [], freed: [] };
  // @ts-expect-error: older versions did without it
  const kind: string = released.kind;
  expect(kind).toBeUndefined();
});
