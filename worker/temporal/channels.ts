import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { type ChannelSettings, createChannelActivities } from '../../activities/department-channel.js';
import type { AllowedHosts } from '../../domain/endpoint.js';
import { inTransaction, type Pool } from '../../registry/database/pool.js';
import { type ChannelToEnsure, channelEnsured, channelsToEnsure } from '../../registry/departments/channels.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import type { departmentChannel } from '../../workflows/index.js';
import {
  CHANNEL_TASK_QUEUE,
  type ChannelInput,
  departmentChannelWorkflowId,
  pauseSignal,
  resumeSignal,
} from '../../workflows/messages.js';
import { Loop } from '../loop.js';
import type { TemporalConnection } from './connection.js';
import { CHANNEL_WORKER } from './options.js';
import { poll } from './polling.js';

/** A call to Temporal is given up after this long; the row stays and goes again. */
const CALL_MS = 8_000;
/** How soon a new endpoint, a pause or a resume is seen. */
const LOOK_MS = 500;

export interface Channels {
  pool: Pool;
  ring: KeyRing;
  temporal: TemporalConnection;
  /** Hosts that may lie in a private network: WEBHOOK_ALLOWED_HOSTS. */
  allowed: AllowedHosts;
  stopping: AbortSignal;
  log: Logger;
  /** Beyond `CHANNEL_WORKER`: the deployment it belongs to. */
  options?: Partial<WorkerOptions>;
  /** Tests have a queue of their own, and shorter times. */
  taskQueue?: string;
  settings?: ChannelSettings;
  times?: Pick<ChannelInput, 'heartbeatMs' | 'deliverForMs'>;
}

/**
 * The channels: their Temporal worker, and the loop that sees to it that every department with a webhook has one and hears of a pause.
 * The api only writes rows, so a court's or department's call never waits for Temporal. Resolves when `stopping` and all is still.
 */
export async function runChannels(channels: Channels): Promise<void> {
  const { temporal, stopping, log, taskQueue = CHANNEL_TASK_QUEUE } = channels;
  const activities = createChannelActivities(channels);
  // At start every channel is asked for: Temporal's store may have been lost since.
  let all = true;
  const ensuring = new Loop({
    name: 'channels',
    log,
    idleMs: LOOK_MS,
    work: async () => {
      await ensureChannels(channels, all);
      all = false;
      return false;
    },
  });
  await poll({ temporal, options: { ...CHANNEL_WORKER, ...channels.options, activities, taskQueue }, stopping, log });
  await ensuring.stop();
}

/** Starts what is missing and signals what has changed. Throws the last failure when Temporal took nothing. */
async function ensureChannels(channels: Channels, all: boolean): Promise<void> {
  await inTransaction(channels.pool, async (tx) => {
    const due = await channelsToEnsure(tx, all);
    const outcomes = await Promise.allSettled(due.map((channel) => ensure(channels, channel)));
    for (const [index, outcome] of outcomes.entries()) {
      const channel = due[index];
      if (channel && outcome.status === 'fulfilled') await channelEnsured(tx, channel);
    }
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed && !outcomes.some((outcome) => outcome.status === 'fulfilled')) throw failed.reason;
  });
}

async function ensure(
  { temporal, taskQueue = CHANNEL_TASK_QUEUE, times }: Channels,
  { department, changed, paused }: ChannelToEnsure,
): Promise<void> {
  const options = {
    workflowId: departmentChannelWorkflowId(department),
    taskQueue,
    args: [{ department, paused, ...times }] as [ChannelInput],
    // A channel ends when its department leaves or is ended by hand, and may always begin again; one that runs is left alone.
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
  };
  const client = await temporal.client();
  await client.withDeadline(Date.now() + CALL_MS, async () => {
    if (changed) {
      await client.workflow.signalWithStart<typeof departmentChannel, []>('departmentChannel', {
        ...options,
        signal: paused ? pauseSignal : resumeSignal,
        signalArgs: [],
      });
    } else await client.workflow.start<typeof departmentChannel>('departmentChannel', options);
  });
}
