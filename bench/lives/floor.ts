import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { Running } from '../environment/servers.js';
import type { LifeEnvironment } from './environment.js';
import type { floor } from './floor-workflow.js';

const QUEUE = 'floor';

/** The floor: a workflow with one activity, on the same server. What it costs to learn of an end is left out, as it is for the lives. */
export class Floor {
  private readonly waiting = new Map<string, () => void>();

  private constructor(
    private readonly environment: LifeEnvironment,
    private readonly worker: Running,
  ) {
    worker.process.on('message', (message) => {
      if (typeof message !== 'object' || message === null || !('done' in message)) return;
      const id = String(message.done);
      this.waiting.get(id)?.();
      this.waiting.delete(id);
    });
  }

  static async start(environment: LifeEnvironment, bundle: string): Promise<Floor> {
    const settings = { FLOOR_BUNDLE: bundle, FLOOR_QUEUE: QUEUE };
    return new Floor(environment, await environment.startProgram('floor', 'bench/lives/floor-worker.js', settings));
  }

  /** One workflow from its start to its activity's end. */
  one = async (): Promise<void> => {
    const id = randomUUID();
    const done = new Promise<void>((resolve) => {
      this.waiting.set(id, resolve);
    });
    await this.environment.client.workflow.start<typeof floor>('floor', {
      workflowId: `floor/${id}`,
      taskQueue: QUEUE,
      args: [id],
    });
    await done;
  };

  stop = (): Promise<void> => this.worker.stop();
}

const compiled = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bundles the floor's workflow once, into this file, as the lives' is. */
export async function bundleFloor(file: string): Promise<void> {
  const silent = (): void => undefined;
  const logger = { trace: silent, debug: silent, info: silent, log: silent, warn: silent, error: silent };
  const workflowsPath = compiled('./floor-workflow.js');
  const preloadModules = [compiled('../../workflows/stack-trace-limit.js')];
  const { code } = await bundleWorkflowCode({ workflowsPath, preloadModules, logger });
  writeFileSync(file, code);
}
