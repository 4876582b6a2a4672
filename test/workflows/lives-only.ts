import type { WorkerOptions } from '@temporalio/worker';
import { pino } from 'pino';
import { inject } from 'vitest';
import { createEnforcementActivities } from '../../activities/enforcement.js';
import { TemporalConnection } from '../../worker/temporal/connection.js';
import { runEnforcementWorker } from '../../worker/temporal/enforcement-worker.js';
import type { enforcement } from '../../workflows/index.js';
import { enforcementWorkflowId } from '../../workflows/messages.js';
import type { World } from '../harness/world.js';
import './silence-temporal.js';

/** Runs the lives' worker of a world without relay, assigner and settler: the test does their work. Resolves to how to stop it. */
export function runLivesOnly(world: World, options: Partial<WorkerOptions> = {}): () => Promise<void> {
  const stopping = new AbortController();
  const temporal = new TemporalConnection({ connectionOptions: { address: inject('temporalAddress') } });
  const running = runEnforcementWorker({
    temporal,
    activities: createEnforcementActivities({ pool: world.pool, ring: world.ring, noticeWritten: () => undefined }),
    taskQueue: world.taskQueue,
    options,
    stopping: stopping.signal,
    log: pino({ level: 'silent' }),
  });
  return async () => {
    stopping.abort();
    await running;
    await temporal.close();
  };
}

/** Starts a life by hand, before any relay would. */
export async function startLife(world: World, defaulter: string, continueAfterSignals?: number): Promise<void> {
  await world.client.workflow.start<typeof enforcement>('enforcement', {
    workflowId: enforcementWorkflowId(defaulter),
    taskQueue: world.taskQueue,
    args: [{ defaulter, ...(continueAfterSignals === undefined ? {} : { continueAfterSignals }) }],
  });
}
