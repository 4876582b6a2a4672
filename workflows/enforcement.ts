import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { EnforcementActivities, StepResult } from '../activities/enforcement.js';
import type { Step } from '../domain/enforcement.js';
import { INITIAL_STATE, type ProcessState, type ReceivedFact, receive, receivedAll } from '../domain/process.js';
import { AlarmClock } from './alarm-clock.js';
import { type EnforcementInput, endUpdate, SIGNALS, stateQuery } from './messages.js';

// Steps on our own database: local, retried for ever. When PostgreSQL is away the retries become timers, and the life waits.
const steps = proxyLocalActivities<EnforcementActivities>({
  startToCloseTimeout: '20 seconds',
  localRetryThreshold: '30 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/** Far below the 10,000 signals a run may receive. */
const CONTINUE_AFTER_SIGNALS = 2_000;
/** A fact that is missed for this long is asked for again: longer than the relay ever takes to bring the one before. */
const ASK_AGAIN_AFTER_MS = 15_000;

/**
 * One defaulter's life: puts the restrictions in force, tells the judge of interceptions, tells the departments what ends, watches the
 * deadlines, and ends when every department has acknowledged. What is due is read from PostgreSQL at each step; the workflow only remembers
 * what it has received.
 */
export async function enforcement({
  defaulter,
  continueAfterSignals = CONTINUE_AFTER_SIGNALS,
  askAgainAfterMs = ASK_AGAIN_AFTER_MS,
  state: handedOn,
}: EnforcementInput): Promise<void> {
  let state: ProcessState = { ...(handedOn ?? INITIAL_STATE), signals: 0 };
  const arrived: ReceivedFact[] = [];
  let ended = false;
  for (const [signal, definition] of DEFINITIONS) {
    setHandler(definition, (message) => {
      arrived.push({ signal, ...message });
      ended ||= message?.ended === true;
    });
  }
  setHandler(endUpdate, () => {
    ended = true;
  });
  setHandler(stateQuery, () => state);

  const clock = new AlarmClock();
  // The opening, a repayment or a decision may leave something to tell; an acknowledgement may leave nothing but the end.
  let next: Step | null = handedOn ? 'tell' : 'publish';
  while (!ended) {
    const facts = arrived.splice(0);
    const missed = isGap(state);
    state = receive(state, facts);
    const misses = isGap(state);
    next = stepAfter(facts, { next, closesGap: missed && !misses });
    if (state.interceptions.length > 0) {
      clock.noLaterThan(await steps.notifyJudge(defaulter, [...state.interceptions]));
      state = { ...state, interceptions: [] };
    }
    if (clock.takeRing()) {
      next ??= 'publish';
      if (misses) await steps.redrive(defaulter);
    }
    if (misses) clock.noLaterThan(Date.now() + askAgainAfterMs);
    while (next !== null) {
      const result = await take(next, defaulter, state);
      if (result.ended) return;
      next = result.due;
      clock.noLaterThan(result.wakeAt);
    }
    if (ended || arrived.length > 0) continue;
    if (isRunFull(state, continueAfterSignals)) {
      await continueAsNew<typeof enforcement>({ defaulter, continueAfterSignals, askAgainAfterMs, state });
    }
    await condition(() => ended || arrived.length > 0 || clock.rang);
  }
}

const DEFINITIONS = Object.entries(SIGNALS) as [ReceivedFact['signal'], (typeof SIGNALS)[ReceivedFact['signal']]][];

const isGap = (state: ProcessState): boolean => receivedAll(state) === null;

/** What facts leave to do, where `next` was due without them. */
function stepAfter(
  facts: readonly ReceivedFact[],
  { next, closesGap }: { next: Step | null; closesGap: boolean },
): Step | null {
  if (facts.some(({ signal }) => signal === 'repayment' || signal === 'decision')) return 'tell';
  // Also the fact that closes a gap, whatever it is: the end may have waited for it.
  if (facts.some(({ signal }) => signal === 'acknowledged') || closesGap) return next ?? 'finish';
  return next;
}

/** One step on PostgreSQL. The end needs to know up to where every fact was received. */
const take = (step: Step, defaulter: string, state: ProcessState): Promise<StepResult> =>
  step === 'finish' ? steps.finish(defaulter, receivedAll(state)) : steps[step](defaulter);

/** Whether the run has had its signals, or the server wants another one. */
const isRunFull = ({ signals }: ProcessState, continueAfterSignals: number): boolean =>
  (signals >= continueAfterSignals || workflowInfo().continueAsNewSuggested) && allHandlersFinished();
