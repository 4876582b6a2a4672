import { Client, Connection } from '@temporalio/client';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import type { WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { EnforcementActivities } from '../activities/enforcement.js';
import { LIFE_WORKER } from './options.js';
import { poll } from './polling.js';

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
  /** Beyond `LIFE_WORKER`: the deployment it belongs to. */
  options?: Partial<WorkerOptions>;
  stopping: AbortSignal;
  log: Logger;
}

/** Runs the lives' worker until `stopping`. */
export function runLives({ activities, taskQueue, options, ...where }: LifeWorker): Promise<void> {
  return poll({ ...where, options: { ...LIFE_WORKER, ...options, activities, taskQueue } });
}
