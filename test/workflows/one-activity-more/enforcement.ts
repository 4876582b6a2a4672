// The product's workflow with one activity more: what a change without a patch would do to the lives that are under way.
import { proxyLocalActivities } from '@temporalio/workflow';
import type { EnforcementActivities } from '../../../activities/enforcement.js';
import { enforcement as unchanged } from '../../../workflows/enforcement.js';
import type { EnforcementInput } from '../../../workflows/messages.js';

const { expire } = proxyLocalActivities<EnforcementActivities>({ startToCloseTimeout: '20 seconds' });

export async function enforcement(input: EnforcementInput): Promise<void> {
  await expire(input.defaulter);
  await unchanged(input);
}
