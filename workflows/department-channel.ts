import { condition, continueAsNew, proxyActivities, setHandler } from '@temporalio/workflow';
import type { ChannelActivities } from '../activities/department-channel.js';
import { type ChannelInput, pauseSignal, resumeSignal } from './messages.js';

/** A dead worker is noticed after this long; shorter would cost more heartbeats. */
const HEARTBEAT_MS = 120_000;
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
  heartbeatMs = HEARTBEAT_MS,
  deliverForMs = DELIVER_FOR_MS,
}: ChannelInput): Promise<void> {
  let paused = pausedAtStart;
  let signals = 0;
  const hear = (pause: boolean) => (): void => {
    paused = pause;
    signals += 1;
  };
  setHandler(pauseSignal, hear(true));
  setHandler(resumeSignal, hear(false));
  const { deliver } = proxyActivities<ChannelActivities>({
    startToCloseTimeout: deliverForMs + LATITUDE_MS,
    heartbeatTimeout: heartbeatMs,
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  });
  for (;;) {
    await condition(() => !paused);
    const heard = signals;
    const ended = await deliver({ department, forMs: deliverForMs });
    if (ended === 'closed') return;
    if (ended === 'time')
      await continueAsNew<typeof departmentChannel>({ department, paused, heartbeatMs, deliverForMs });
    // A signal that came meanwhile may be the resume of this very pause: then the activity looks again.
    if (signals === heard) paused = true;
  }
}
