import { z } from 'zod';
import { DIRECTIVE_TYPES, FEEDBACK_ACTIONS, FEEDBACK_IDENTITIES } from '../../domain/vocabulary.js';
import type { DirectiveInput, FeedbackInput } from '../../registry/inputs.js';
import { complain } from './complaints.js';
import { asset, line, note, pastInstant } from './parts.js';
import { present } from './present.js';

export const directive = z
  .strictObject({ type: z.enum(DIRECTIVE_TYPES), asset: asset.optional(), note: note.optional() })
  .transform((value, context): DirectiveInput => {
    if (value.type === 'SEAL' && value.asset === undefined) return complain(context, 'asset-required', 'asset');
    if (value.type !== 'SEAL' && value.asset !== undefined) return complain(context, 'asset-only-for-seal', 'asset');
    return present(value);
  })
  .meta({ id: 'Directive', description: '法院对部门的答复 / The court’s answer to a department' });

export const feedback = z
  .strictObject({
    action: z.enum(FEEDBACK_ACTIONS),
    identity: z.enum(FEEDBACK_IDENTITIES).optional(),
    localReference: line(100).optional().meta({
      description: '本部门对此人的档案编号，仅在 same 时 / The department’s own record of the person; only with `same`',
    }),
    at: pastInstant,
    note: note.optional(),
  })
  .transform((value, context): FeedbackInput => {
    if (value.localReference !== undefined && value.identity !== 'same')
      return complain(context, 'only-when-same', 'localReference');
    return present(value);
  })
  .meta({ id: 'Feedback' });
