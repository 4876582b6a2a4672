// The states of a life, found by walking the rules themselves: every event on every life that can come about, state before and after.
import {
  decided,
  type Enforcement,
  type EnforcementEvent,
  endUnnotified,
  opened,
  type Restriction,
  stateOf,
  type Transition,
  transition,
} from '../../domain/enforcement.js';
import { DEFAULTER_STATES, type DefaulterState } from '../../domain/vocabulary.js';

/** Three instants are enough: in grace, in force, and after the term. */
const INSTANTS = [0, 1_000, 2_000] as const;
const GRACE_ENDS = 500;
const TERM_ENDS = 1_500;
const NEVER = 9_000;
const CLOCK = 'the clock';

const begun = (ground: 1 | 2, graceEndsAt: number | null): Enforcement =>
  // One that payment may end and one that it never does.
  opened(ground, ground === 1 ? null : 24, graceEndsAt, [decided('LISTING', 'LISTING'), decided('SEAL', 'SEAL')]);

/** A term counts from its publish, so it is never over when it begins. */
const termEnd =
  (enforcement: Enforcement, now: number) =>
  (r: Restriction): number | null =>
    r.measure === 'LISTING' && enforcement.termMonths !== null ? (now < TERM_ENDS ? TERM_ENDS : NEVER) : null;

/** The forms in which each event comes; a record of its type, so that a new event cannot be forgotten. */
const FORMS: {
  readonly [T in EnforcementEvent['type']]: (
    enforcement: Enforcement,
    now: number,
  ) => Extract<EnforcementEvent, { type: T }>[];
} = {
  publish: (enforcement, now) => [{ type: 'publish', termEnd: termEnd(enforcement, now) }],
  performed: () => [{ type: 'performed' }],
  release: () => [
    { type: 'release', ground: 'settled', measures: null },
    { type: 'release', ground: 'early', measures: null },
    { type: 'release', ground: 'settled', measures: ['SEAL'] },
  ],
  revoke: () => [{ type: 'revoke' }],
  stay: () => [{ type: 'stay' }],
  resume: () => [{ type: 'resume' }],
  // One further measure, or one correction: more of them lead nowhere new.
  impose: (enforcement) =>
    enforcement.restrictions.length > 2 ? [] : [{ type: 'impose', restriction: decided('EXIT', 'EXIT') }],
  correct: (enforcement) => (enforcement.restrictions.length > 2 ? [] : [{ type: 'correct' }]),
  extend: () => [{ type: 'extend' }],
  expire: () => [{ type: 'expire' }],
  notified: () => [{ type: 'notified' }],
  finish: () => [{ type: 'finish' }],
};
const EVENTS = Object.keys(FORMS) as EnforcementEvent['type'][];

/** The event with what its transaction adds to it: a correction decides the same measures anew, a longer term is decided before it is published. */
function happen(enforcement: Enforcement, event: EnforcementEvent, now: number): Transition {
  const before = event.type === 'extend' ? withLongerTerm(enforcement) : enforcement;
  const result = transition(before, event, now);
  if ('conflict' in result || event.type !== 'correct') return result;
  const replaced = result.enforcement.restrictions.filter((r, i) => r !== before.restrictions[i]);
  const anew = replaced.map((r) => decided(`${r.id}'`, r.measure));
  return { enforcement: { ...result.enforcement, restrictions: [...result.enforcement.restrictions, ...anew] } };
}

const withLongerTerm = (enforcement: Enforcement): Enforcement => ({
  ...enforcement,
  restrictions: enforcement.restrictions.map((r) => (r.until === null ? r : { ...r, termEnd: NEVER })),
});

interface StateReached {
  enforcement: Enforcement;
  /** Index of the instant. */
  at: number;
}

/** What came of an event in a state: the states it led to (the same one: an effect without a change of state), `nothing`, and refusals. */
type Outcomes = { to: Set<DefaulterState>; nothing: boolean; refusals: Set<string> };

/** Event by event and state by state, what the rules say. */
export interface StateTable {
  starts: Set<DefaulterState>;
  events: ReadonlyMap<string, ReadonlyMap<DefaulterState, Outcomes>>;
}

export function walkStates(): StateTable {
  const starts: StateReached[] = ([1, 2] as const).flatMap((ground) =>
    [null, GRACE_ENDS].map((grace) => ({ enforcement: begun(ground, grace), at: 0 })),
  );
  const events = new Map<string, Map<DefaulterState, Outcomes>>();
  const outcomes = (event: string, state: DefaulterState): Outcomes => {
    const states = events.get(event) ?? new Map<DefaulterState, Outcomes>();
    const found = states.get(state) ?? { to: new Set(), nothing: false, refusals: new Set() };
    events.set(event, states.set(state, found));
    return found;
  };
  const seen = new Set<string>();
  const waiting = [...starts];
  const meet = (reached: StateReached): void => {
    const key = keyOf(reached);
    if (seen.has(key)) return;
    seen.add(key);
    waiting.push(reached);
  };
  for (let reached = waiting.pop(); reached; reached = waiting.pop()) {
    const { enforcement, at } = reached;
    const key = keyOf(reached);
    const now = INSTANTS[at] ?? 0;
    const state = stateOf(enforcement, now);
    const later = INSTANTS[at + 1];
    if (later !== undefined) {
      const then = stateOf(enforcement, later);
      if (then !== state) outcomes(CLOCK, state).to.add(then);
      else outcomes(CLOCK, state).nothing = true;
      meet({ enforcement, at: at + 1 });
    }
    for (const type of EVENTS) {
      for (const event of FORMS[type](enforcement, now)) {
        const result = happen(enforcement, event, now);
        const into = outcomes(type, state);
        if ('conflict' in result) into.refusals.add(result.conflict);
        else if (keyOf({ enforcement: result.enforcement, at }) === key) into.nothing = true;
        else {
          into.to.add(stateOf(result.enforcement, now));
          meet({ enforcement: result.enforcement, at });
        }
      }
    }
  }
  return { starts: new Set(starts.map(({ enforcement, at }) => stateOf(enforcement, INSTANTS[at] ?? 0))), events };
}

/** Lives are one where no rule tells them apart: when things happened, on what ground they ended, which of the ends were told. */
const keyOf = ({ enforcement, at }: StateReached): string =>
  [
    at,
    enforcement.ground,
    enforcement.graceEndsAt,
    enforcement.stayed,
    enforcement.publishedAt !== null,
    enforcement.endedAt !== null,
    // What is over cannot be published any more: whether it was paid as well changes nothing.
    enforcement.performed && enforcement.endedAt === null,
    enforcement.restrictions.some(endUnnotified),
    ...enforcement.restrictions.map((r) =>
      [r.measure, r.inForceAt !== null, r.until, r.endedAt !== null, r.endGround === 'corrected'].join(),
    ),
  ].join(';');

/** The diagram in Mermaid. */
export function stateDiagram({ starts, events }: StateTable): string {
  const edges = new Map<string, string[]>();
  for (const [event, states] of events) {
    for (const [from, { to }] of states) {
      for (const state of to) {
        if (state === from) continue;
        const edge = `${from} --> ${state}`;
        edges.set(edge, [...(edges.get(edge) ?? []), event]);
      }
    }
  }
  const ordered = [...edges].sort(([a], [b]) => position(a) - position(b));
  return [
    'stateDiagram-v2',
    ...DEFAULTER_STATES.filter((state) => starts.has(state)).map((state) => `    [*] --> ${state}: the case is opened`),
    ...ordered.map(([edge, by]) => `    ${edge}: ${by.join(', ')}`),
    ...DEFAULTER_STATES.filter((state) => ![...edges.keys()].some((edge) => edge.startsWith(`${state} `))).map(
      (state) => `    ${state} --> [*]`,
    ),
  ].join('\n');
}

function position(edge: string): number {
  const [from, to] = edge.split(' --> ').map((state) => (DEFAULTER_STATES as readonly string[]).indexOf(state));
  return (from ?? 0) * 10 + (to ?? 0);
}

/** What each event does in each state, in Markdown. */
export function stateTable({ events }: StateTable): string {
  const row = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['event', ...DEFAULTER_STATES]),
    row(['---', ...DEFAULTER_STATES.map(() => '---')]),
    ...[...EVENTS, CLOCK].map((event) =>
      row([
        event === CLOCK ? CLOCK : `\`${event}\``,
        ...DEFAULTER_STATES.map((state) => cell(state, events.get(event)?.get(state))),
      ]),
    ),
  ].join('\n');
}

function cell(from: DefaulterState, outcomes: Outcomes | undefined): string {
  if (!outcomes) return '–';
  const { to, nothing, refusals } = outcomes;
  const parts = [
    ...DEFAULTER_STATES.filter((state) => to.has(state) && state !== from).map((state) => `→ ${state}`),
    ...(to.has(from) ? ['acts'] : []),
    ...(nothing && to.size === 0 && refusals.size === 0 ? ['nothing'] : []),
    ...[...refusals].sort().map((code) => `✗ ${code}`),
  ];
  return parts.length === 0 ? '–' : parts.join('<br>');
}
