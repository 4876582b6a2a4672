import { condition, continueAsNew, proxyActivities, setHandler } from '@temporalio/workflow';
import type { ChannelActivities } from '../activities/department-channel.js';
import { type ChannelInput, pauseSignal, resumeSignal } from './messages.js';

/**
 * A worker that was killed is noticed after this long, and another goes on. Two heartbeats reach the server in it (`CHANNEL_WORKER`): 36
 * channels cost 3.6 a second. One that is only slow may be taken for dead: the receiver then sees repeats with the same ids, nothing else.
 */
const HEARTBEAT_MS = 20_000;
/** The activity returns this often, so that new code and a new run can take over. */
const DELIVER_FOR_MS = 240_000;
/** What it may take longer: the batch under way, and a busy worker. */
const LATITUDE_MS = 60_000;

/**
 * A department's channel, for as long as it has a webhook: one activity at a time sends its part of the log, a run per activity.
 * What is sent, where to, and whether it is paused stands in PostgreSQL; the signals only wake or quiet the process.
 */
export async function departmentChannel({
  department,
  paused: pausedAtStart = false,
  ...times
}: ChannelInput): Promise<void> {
  let paused = pausedAtStart;
  let signals = 0;
  const receive = (pause: boolean) => (): void => {
    paused = pause;
    signals += 1;
  };
  setHandler(pauseSignal, receive(true));
  setHandler(resumeSignal, receive(false));

  const deliver = deliveryOf(department, times);
  for (;;) {
    await condition(() => !paused);
    const signalsBefore = signals;
    const ended = await deliver();
    if (ended === 'closed') return;
    if (ended === 'time')
      // Times that were not given are the next run's own: it may be of a newer version.
      await continueAsNew<typeof departmentChannel>({ department, paused, ...times });
    // A signal that came meanwhile may be the resume of this very pause: then the activity looks again.
    if (signals === signalsBefore) paused = true;
  }
}

/** The activity that sends, with the times of this run. */
function deliveryOf(
  department: string,
  { heartbeatMs = HEARTBEAT_MS, deliverForMs = DELIVER_FOR_MS }: Omit<ChannelInput, 'department' | 'paused'>,
): () => ReturnType<ChannelActivities['deliver']> {
  const { deliver } = proxyActivities<ChannelActivities>({
    startToCloseTimeout: deliverForMs + LATITUDE_MS,
    heartbeatTimeout: heartbeatMs,
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  });
  return () => deliver({ department, forMs: deliverForMs });
}
