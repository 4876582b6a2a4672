// The drawing of a life’s states in docs/architecture.md is what the rules allow.

import { describe, expect, it } from 'vitest';
import { DEFAULTER_STATES, type DefaulterState } from '../../domain/vocabulary.js';
import { generatedDocuments, read } from '../../local/docs/generated.js';
import { walkStates } from '../../local/docs/state-diagram.js';

const states = walkStates();
const { events } = states;

describe('the states of a life, walked', () => {
  it('are drawn in docs/architecture.md as the rules have them: npm run docs', () => {
    const path = 'docs/architecture.md';
    expect(read(path)).toBe(generatedDocuments(states).get(path));
  });

  it('go forwards only, and RELEASED is the end', () => {
    for (const [event, byState] of events) {
      for (const [from, { to }] of byState) {
        for (const state of to) {
          expect(DEFAULTER_STATES.indexOf(state), `${event} on ${from}`).toBeGreaterThanOrEqual(
            DEFAULTER_STATES.indexOf(from),
          );
          expect(from, event).not.toBe('RELEASED');
        }
      }
    }
  });

  it('come into force by publish alone, and can be ended from every state before', () => {
    const into = (state: DefaulterState) =>
      [...events]
        .filter(([, byState]) => [...byState].some(([from, { to }]) => from !== state && to.has(state)))
        .map(([event]) => event);
    expect(into('IN_FORCE')).toEqual(['publish']);
    expect(into('RELEASED')).toEqual(['finish']);
    for (const from of ['GRACE', 'PUBLISHING', 'IN_FORCE'] as const) {
      for (const event of ['performed', 'release', 'revoke'])
        expect(events.get(event)?.get(from)?.to).toContain('RELEASING');
    }
  });
});
