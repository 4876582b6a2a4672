import type { WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { EnforcementActivities } from '../activities/enforcement.js';
import { LIFE_WORKER } from './options.js';
import { poll } from './polling.js';
import type { TemporalConnection } from './temporal.js';

export interface LifeWorker {
  temporal: TemporalConnection;
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
