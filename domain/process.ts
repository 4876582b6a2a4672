// The process of one life as pure state: what it has received, what it still has to do. No Temporal here.
import type { EnforcementSignal } from './vocabulary.js';

/** A fact as a signal carries it: its number within the life, and the id of the thing (never a person). */
export interface ReceivedFact {
  readonly signal: Exclude<EnforcementSignal, 'opened'>;
  readonly seq: number;
  readonly id: string;
}

/** JSON-safe and complete: all of it goes through continue-as-new. */
export interface ProcessState {
  /** Every fact up to this number has been received. */
  readonly heardUpTo: number;
  /** Numbers received above it, ascending: a gap is still open. */
  readonly heardAbove: readonly number[];
  /** Interceptions the judge has still to be told of. */
  readonly interceptions: readonly string[];
  /** Signals received in this run, doubled ones included: the server's limit counts them all. */
  readonly signals: number;
}

/** Fact 1 is the opening itself, received by being started. */
export const INITIAL_STATE: ProcessState = { heardUpTo: 1, heardAbove: [], interceptions: [], signals: 0 };

/** Takes facts in; one already received changes nothing but the count. Order does not matter. */
export function receive(state: ProcessState, facts: readonly ReceivedFact[]): ProcessState {
  let { heardUpTo } = state;
  let heardAbove = [...state.heardAbove];
  const interceptions = [...state.interceptions];
  for (const fact of facts) {
    if (fact.seq <= heardUpTo || heardAbove.includes(fact.seq)) continue;
    heardAbove.push(fact.seq);
    if (fact.signal === 'interception') interceptions.push(fact.id);
  }
  heardAbove.sort((a, b) => a - b);
  while (heardAbove[0] === heardUpTo + 1) {
    heardUpTo++;
    heardAbove = heardAbove.slice(1);
  }
  return { heardUpTo, heardAbove, interceptions, signals: state.signals + facts.length };
}

/** The highest number such that all up to it were received, or null while there is a gap. */
export function receivedAll(state: ProcessState): number | null {
  return state.heardAbove.length === 0 ? state.heardUpTo : null;
}
