import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { EnforcementActivities } from '../activities/enforcement.js';
import { LIFE_WORKER } from './options.js';

/** Where Temporal is: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS… as @temporalio/envconfig reads them. */
export const temporalConfig = (): ClientConnectConfig => loadClientConnectConfig();

/** A client that connects when it is first used, and again by itself. */
export async function connectClient(config: ClientConnectConfig): Promise<Client> {
  const connection = Connection.lazy(config.connectionOptions);
  return new Client({ connection, ...(config.namespace ? { namespace: config.namespace } : {}) });
}

export interface LifeWorker {
  config: ClientConnectConfig;
  activities: EnforcementActivities;
  taskQueue: string;
  stopping: AbortSignal;
  log: Logger;
}

/** Runs the lives' worker until `stopping`; while Temporal is away it tries again, and the loops on PostgreSQL go on. */
export async function runLives(worker: LifeWorker): Promise<void> {
  const { stopping, log } = worker;
  for (let failures = 0; !stopping.aborted; failures++) {
    try {
      await runOnce(worker);
      failures = 0;
    } catch (error) {
      log.warn({ err: error }, 'Temporal is away; the lives wait for it');
    }
    if (!stopping.aborted)
      await sleep(Math.min(250 * 2 ** failures, 5_000), undefined, { signal: stopping }).catch(() => undefined);
  }
}

async function runOnce({ config, activities, taskQueue, stopping, log }: LifeWorker): Promise<void> {
  const connection = await NativeConnection.connect(config.connectionOptions);
  try {
    const worker = await Worker.create({
      ...LIFE_WORKER,
      connection,
      namespace: config.namespace ?? 'default',
      taskQueue,
      activities,
    });
    const shutDown = (): void => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    };
    stopping.addEventListener('abort', shutDown, { once: true });
    log.info('worker polls Temporal');
    const running = worker.run();
    if (stopping.aborted) shutDown();
    await running;
    stopping.removeEventListener('abort', shutDown);
  } finally {
    await connection.close().catch(() => undefined);
  }
}
