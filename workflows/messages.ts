// Every workflow id, signal, query and update of the product, with their types: what relay, worker and tests agree on.
// Ids and numbers only: a person never stands in Temporal.
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ProcessState, ReceivedFact } from '../domain/process.js';

export const TASK_QUEUE = 'defaulter';

/** One life per defaulter. */
export const enforcementWorkflowId = (defaulter: string): string => `enforcement/${defaulter}`;

/** What a signal carries: the fact's number within the life and the id of the thing; and, where `endUpdate` found no worker, that the life is over. */
export type FactMessage = Omit<ReceivedFact, 'signal'> & { readonly ended?: true };

export const interceptionSignal = defineSignal<[FactMessage]>('interception');
export const repaymentSignal = defineSignal<[FactMessage]>('repayment');
export const decisionSignal = defineSignal<[FactMessage]>('decision');
export const acknowledgedSignal = defineSignal<[FactMessage]>('acknowledged');

export const SIGNALS = {
  interception: interceptionSignal,
  repayment: repaymentSignal,
  decision: decisionSignal,
  acknowledged: acknowledgedSignal,
} as const satisfies Record<ReceivedFact['signal'], unknown>;

/**
 * The life is over. No fact but an order, and the only update: the server writes once for it where a signal takes three writes. It keeps nothing of
 * one that no worker takes, and need not: PostgreSQL holds the end.
 */
export const endUpdate = defineUpdate<void>('end');

export interface EnforcementInput {
  defaulter: string;
  /** Signals after which the run continues as new; the server refuses the 10,000th of a run. */
  continueAfterSignals?: number;
  /** How long a gap in the numbers of its facts may stay before the life asks for them again. */
  askAgainAfterMs?: number;
  /** What an earlier run of this life handed on. */
  state?: ProcessState;
}

/** Where a life stands, for operators. */
export const stateQuery = defineQuery<ProcessState>('state');

/** The channels' own queue: each holds an activity's slot for as long as it runs. */
export const CHANNEL_TASK_QUEUE = 'channel';

/** One channel per department with a webhook. */
export const departmentChannelWorkflowId = (department: string): string => `department-channel/${department}`;

export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');

export interface ChannelInput {
  /** Its code. */
  department: string;
  paused?: boolean;
  /** After how long without a heartbeat the activity is given to another worker. */
  heartbeatMs?: number;
  /** How long one activity sends before it returns. */
  deliverForMs?: number;
}
