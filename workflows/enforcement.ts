import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { EnforcementActivities, StepResult } from '../activities/enforcement.js';
import { BORN, type Heard, hear, heardAll, type ProcessState } from '../domain/process.js';
import { type EnforcementInput, SIGNALS, stateQuery } from './messages.js';

// Steps on our own database: local, retried for ever. When PostgreSQL is away the retries become timers, and the life waits.
const { publish, expire, tell, notifyJudge, finish } = proxyLocalActivities<EnforcementActivities>({
  startToCloseTimeout: '20 seconds',
  localRetryThreshold: '30 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/** Far below the 10,000 signals a run may receive. */
const CONTINUE_AFTER_SIGNALS = 2_000;

/**
 * One defaulter's life: puts the restrictions in force, tells the judge of interceptions, tells the departments what ends, and ends when
 * every department has acknowledged. What is due is read from PostgreSQL at each step; the workflow only remembers what it has heard.
 */
export async function enforcement({
  defaulter,
  continueAfterSignals = CONTINUE_AFTER_SIGNALS,
  state: handedOn,
}: EnforcementInput): Promise<void> {
  let state: ProcessState = { ...(handedOn ?? BORN), signals: 0 };
  const inbox: Heard[] = [];
  for (const [signal, definition] of Object.entries(SIGNALS) as [
    Heard['signal'],
    (typeof SIGNALS)[Heard['signal']],
  ][]) {
    setHandler(definition, ({ seq, id }) => void inbox.push({ signal, seq, id }));
  }
  setHandler(stateQuery, () => state);

  const steps = { publish, expire, tell, finish: (id: string) => finish(id, heardAll(state)) };
  // The opening, a repayment or a decision may leave something to tell; an acknowledgement may leave nothing but the end.
  let next: keyof typeof steps | null = handedOn ? 'tell' : 'publish';
  // Outlives a round: a fact that calls for no step must not make the life forget its clock.
  let wakeAt: number | null = null;
  for (;;) {
    const heard = inbox.splice(0);
    const gap = heardAll(state) === null;
    state = hear(state, heard);
    if (heard.some((fact) => fact.signal === 'repayment' || fact.signal === 'decision')) next = 'tell';
    // Also the fact that closes a gap, whatever it is: the end may have waited for it.
    else if (heard.some((fact) => fact.signal === 'acknowledged') || (gap && heardAll(state) !== null))
      next ??= 'finish';
    if (state.interceptions.length > 0) {
      await notifyJudge(defaulter, [...state.interceptions]);
      state = { ...state, interceptions: [] };
    }
    while (next !== null) {
      const result: StepResult = await steps[next](defaulter);
      if (result.ended) return;
      next = result.due;
      wakeAt = result.wakeAt;
    }
    if (inbox.length > 0) continue;
    if ((state.signals >= continueAfterSignals || workflowInfo().continueAsNewSuggested) && allHandlersFinished()) {
      await continueAsNew<typeof enforcement>({ defaulter, continueAfterSignals, state });
    }
    const woken = () => inbox.length > 0;
    if (wakeAt === null) await condition(woken);
    else if (!(await condition(woken, Math.max(wakeAt - Date.now(), 1)))) next = 'publish';
  }
}
