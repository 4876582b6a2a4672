// The floor's worker: a process of its own, set as the lives' worker is. Tells its parent what its activity was called for.
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { ENFORCEMENT_WORKER } from '../../worker/temporal/options.js';

const { TEMPORAL_ADDRESS: address, FLOOR_BUNDLE: codePath, FLOOR_QUEUE: taskQueue } = process.env;
if (!address || !codePath || !taskQueue) throw new Error('TEMPORAL_ADDRESS, FLOOR_BUNDLE and FLOOR_QUEUE must be set');

Runtime.install({ shutdownSignals: [] });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  ...ENFORCEMENT_WORKER,
  maxConcurrentActivityTaskExecutions: 200,
  activityTaskPollerBehavior: { type: 'autoscaling' },
  workflowBundle: { codePath },
  connection,
  taskQueue,
  activities: { once: async (id: string) => void process.send?.({ done: id }) },
});
const running = worker.run();
const stop = (): void => {
  if (worker.getState() === 'RUNNING') worker.shutdown();
};
process.on('SIGTERM', stop);
process.on('disconnect', stop);
process.send?.('ready');
await running;
await connection.close();
process.exit(0);
