// The same change as in `one-activity-more/`, behind a patch: lives under way replay without it, new ones have it.
import { patched, proxyLocalActivities } from '@temporalio/workflow';
import type { EnforcementActivities } from '../../../activities/enforcement.js';
import { enforcement as unchanged } from '../../../workflows/enforcement.js';
import type { EnforcementInput } from '../../../workflows/messages.js';

const { expire } = proxyLocalActivities<EnforcementActivities>({ startToCloseTimeout: '20 seconds' });

export async function enforcement(input: EnforcementInput): Promise<void> {
  if (patched('look-for-ended-terms-first')) await expire(input.defaulter);
  await unchanged(input);
}
