import type { Client } from '@temporalio/client';
import { enforcementWorkflowId } from '../../workflows/messages.js';

export interface HistoryFigures {
  events: number;
  bytes: number;
  /** Billable actions (docs.temporal.io/cloud/actions). */
  actions: number;
}

/** What the whole run of a life left in Temporal, over all runs of a chain. */
export async function historyOf(client: Client, defaulter: string): Promise<HistoryFigures> {
  const handle = client.workflow.getHandle(enforcementWorkflowId(defaulter));
  const { historySize } = await handle.describe();
  const { events } = await handle.fetchHistory();
  if (!events) throw new Error('a life has no history');
  // Local activities of one workflow task are one action: their markers name the task.
  const tasksWithSteps = new Set<string>();
  let actions = 0;
  for (const event of events) {
    const marker = event.markerRecordedEventAttributes;
    if (marker?.markerName === 'core_local_activity') tasksWithSteps.add(String(marker.workflowTaskCompletedEventId));
    if (event.workflowExecutionStartedEventAttributes) actions += 1;
    if (event.workflowExecutionSignaledEventAttributes) actions += 1;
    if (event.workflowExecutionUpdateAcceptedEventAttributes) actions += 1;
    if (event.timerStartedEventAttributes) actions += 1;
    if (event.activityTaskStartedEventAttributes) actions += 1;
    if (event.startChildWorkflowExecutionInitiatedEventAttributes) actions += 2;
    if (event.workflowExecutionContinuedAsNewEventAttributes)
      throw new Error('a life of the benchmark continued as new');
  }
  return { events: events.length, bytes: historySize ?? 0, actions: actions + tasksWithSteps.size };
}
