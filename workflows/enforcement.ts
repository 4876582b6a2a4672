import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { EnforcementActivities, StepResult } from '../activities/enforcement.js';
import { INITIAL_STATE, type ProcessState, type ReceivedFact, receive, receivedAll } from '../domain/process.js';
import { AlarmClock } from './alarm-clock.js';
import { type EnforcementInput, endUpdate, SIGNALS, stateQuery } from './messages.js';

// Steps on our own database: local, retried for ever. When PostgreSQL is away the retries become timers, and the life waits.
const { publish, expire, extend, tell, escalate, notifyJudge, finish, redrive } =
  proxyLocalActivities<EnforcementActivities>({
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
 * what it has heard.
 */
export async function enforcement({
  defaulter,
  continueAfterSignals = CONTINUE_AFTER_SIGNALS,
  askAgainAfterMs = ASK_AGAIN_AFTER_MS,
  state: handedOn,
}: EnforcementInput): Promise<void> {
  let state: ProcessState = { ...(handedOn ?? INITIAL_STATE), signals: 0 };
  const inbox: ReceivedFact[] = [];
  let ended = false;
  for (const [signal, definition] of Object.entries(SIGNALS) as [
    ReceivedFact['signal'],
    (typeof SIGNALS)[ReceivedFact['signal']],
  ][]) {
    setHandler(definition, (message) => {
      inbox.push({ signal, ...message });
      ended ||= message?.ended === true;
    });
  }
  setHandler(endUpdate, () => {
    ended = true;
  });
  setHandler(stateQuery, () => state);

  const steps = {
    publish,
    expire,
    extend,
    tell,
    escalate,
    finish: (id: string) => finish(id, receivedAll(state)),
  };
  const clock = new AlarmClock();
  // The opening, a repayment or a decision may leave something to tell; an acknowledgement may leave nothing but the end.
  let next: keyof typeof steps | null = handedOn ? 'tell' : 'publish';
  while (!ended) {
    const received = inbox.splice(0);
    const missed = receivedAll(state) === null;
    state = receive(state, received);
    const misses = receivedAll(state) === null;
    if (received.some((fact) => fact.signal === 'repayment' || fact.signal === 'decision')) next = 'tell';
    // Also the fact that closes a gap, whatever it is: the end may have waited for it.
    else if (received.some((fact) => fact.signal === 'acknowledged') || (missed && !misses)) next ??= 'finish';
    if (state.interceptions.length > 0) {
      clock.noLaterThan(await notifyJudge(defaulter, [...state.interceptions]));
      state = { ...state, interceptions: [] };
    }
    if (clock.takeRing()) {
      next ??= 'publish';
      if (misses) await redrive(defaulter);
    }
    if (misses) clock.noLaterThan(Date.now() + askAgainAfterMs);
    while (next !== null) {
      const result: StepResult = await steps[next](defaulter);
      if (result.ended) return;
      next = result.due;
      clock.noLaterThan(result.wakeAt);
    }
    if (ended || inbox.length > 0) continue;
    if ((state.signals >= continueAfterSignals || workflowInfo().continueAsNewSuggested) && allHandlersFinished()) {
      await continueAsNew<typeof enforcement>({ defaulter, continueAfterSignals, askAgainAfterMs, state });
    }
    await condition(() => ended || inbox.length > 0 || clock.rang);
  }
}
