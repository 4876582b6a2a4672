import type { WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { EnforcementActivities } from '../../activities/enforcement.js';
import type { TemporalConnection } from './connection.js';
import { ENFORCEMENT_WORKER } from './options.js';
import { poll } from './polling.js';

export interface EnforcementWorker {
  temporal: TemporalConnection;
  activities: EnforcementActivities;
  taskQueue: string;
  /** Beyond `ENFORCEMENT_WORKER`: the deployment it belongs to. */
  options?: Partial<WorkerOptions>;
  stopping: AbortSignal;
  log: Logger;
}

/** Runs the lives' worker until `stopping`. */
export function runEnforcementWorker({ activities, taskQueue, options, ...where }: EnforcementWorker): Promise<void> {
  return poll({ ...where, options: { ...ENFORCEMENT_WORKER, ...options, activities, taskQueue } });
}
