import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { TemporalConnection } from './connection.js';

export interface Polling {
  temporal: TemporalConnection;
  /** As `options.ts` sets it, with its activities and queue. */
  options: Partial<WorkerOptions> & { activities: object; taskQueue: string };
  stopping: AbortSignal;
  log: Logger;
}

/** Runs a Temporal worker until `stopping`; while Temporal is away it tries again, and the loops on PostgreSQL go on. */
export async function poll(polling: Polling): Promise<void> {
  const { stopping, log, options } = polling;
  for (let failures = 0; !stopping.aborted; failures++) {
    try {
      await pollOnce(polling);
      failures = 0;
    } catch (error) {
      log.warn({ taskQueue: options.taskQueue, err: error }, 'Temporal is away; its workflows wait for it');
    }
    if (!stopping.aborted)
      await sleep(Math.min(250 * 2 ** failures, 5_000), undefined, { signal: stopping }).catch(() => undefined);
  }
}

async function pollOnce({ temporal, options, stopping, log }: Polling): Promise<void> {
  const { namespace } = temporal;
  const connection = await temporal.native();
  const worker = await Worker.create({ ...options, connection, namespace }).catch((error: unknown) => {
    temporal.forget(connection);
    throw error;
  });
  const shutDown = (): void => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  stopping.addEventListener('abort', shutDown, { once: true });
  log.info({ taskQueue: options.taskQueue }, 'worker polls Temporal');
  const running = worker.run();
  if (stopping.aborted) shutDown();
  await running;
  stopping.removeEventListener('abort', shutDown);
}
