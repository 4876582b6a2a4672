import { proxyActivities } from '@temporalio/workflow';

const { once } = proxyActivities<{ once(id: string): Promise<void> }>({ startToCloseTimeout: '20 seconds' });

/** The least a durable step can cost: one activity that does nothing. */
export async function floor(id: string): Promise<void> {
  await once(id);
}
