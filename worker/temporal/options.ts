import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';

// Beside the compiled worker, or in `dist` when the sources themselves run (tests).
const BUNDLE = ['../../workflow-bundle.js', '../../dist/workflow-bundle.js']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));
if (!BUNDLE) throw new Error('the workflow bundle is missing: run npm run build');

/**
 * Worker Versioning, where the site names its deployment and this build (TEMPORAL_DEPLOYMENT_NAME, TEMPORAL_BUILD_ID): lives that run for years
 * go over to the current build by themselves, and a build under trial gets none before it is made current. Without both: unversioned, as the
 * embedded server wants it. Throws an Error where only one is set.
 */
export function deployment(environment: NodeJS.ProcessEnv): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  const { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_BUILD_ID: buildId } = environment;
  if (!deploymentName && !buildId) return {};
  if (!deploymentName || !buildId)
    throw new Error('Worker Versioning needs TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_BUILD_ID: set both, or neither');
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}

/** How the worker of the lives is set, each with its reason. */
export const ENFORCEMENT_WORKER: Partial<WorkerOptions> = {
  // What was tested is what runs, and nothing is bundled at start.
  workflowBundle: { codePath: BUNDLE },
  // Starved pollers are the first bottleneck of a busy cluster.
  workflowTaskPollerBehavior: { type: 'autoscaling' },
  // The life's steps are local activities; the tasks are short.
  maxConcurrentWorkflowTaskExecutions: 120,
  maxConcurrentLocalActivityExecutions: 100,
  // About 1 MB each: a full isolate would take the worker down with everything in flight.
  maxCachedWorkflows: 500,
  // The default of 0 cancels activities at once: publish and release finish their transaction first.
  shutdownGraceTime: '8 seconds',
  shutdownForceTime: '12 seconds',
};

/** How the worker of the channels is set. */
export const CHANNEL_WORKER: Partial<WorkerOptions> = {
  workflowBundle: { codePath: BUNDLE },
  workflowTaskPollerBehavior: { type: 'autoscaling' },
  activityTaskPollerBehavior: { type: 'autoscaling' },
  // 36 departments and half as many again: every channel holds a slot for as long as it runs.
  maxConcurrentActivityTaskExecutions: 54,
  // Twice within the channels' heartbeat timeout: one that comes late gives no channel to another worker.
  maxHeartbeatThrottleInterval: '10 seconds',
  // One small workflow per department.
  maxCachedWorkflows: 60,
  // A batch under way is broken off when the worker stops; what is left is a statement or two.
  shutdownGraceTime: '8 seconds',
  shutdownForceTime: '12 seconds',
};
