import { z } from 'zod';
import type { ComparisonInput } from '../../registry/inputs.js';
import { coded, complain } from './complaints.js';
import { asset, line, pastInstant } from './parts.js';
import { comparedParty } from './party.js';
import { present } from './present.js';

const business = {
  service: line(20),
  reference: line(100),
  party: comparedParty,
  object: asset.optional(),
  institution: line(100).optional(),
  courtApplication: z
    .strictObject({ court: line(20), number: line(100) })
    .optional()
    .meta({
      description:
        '法院自行申请办理时：法院代码与文书号；仅在该院已登记此文书及此财产时有效 / Where a court itself applies: its code and document; it counts only where that court has recorded both it and the asset',
    }),
  operator: line(100).optional(),
};

export const comparison = z
  .strictObject(business)
  .transform((value): ComparisonInput => present(value))
  .meta({ id: 'Comparison', description: '比对：以业务编号核对当事人 / One check of a party for one business number' });

/** The same as generated code, which says of a good input what it is, and leaves what is wrong with another to the schema. */
export const comparisonAtSpeed = z.compile(comparison);

export const ownStop = z
  .strictObject({ ...business, at: pastInstant })
  .transform(({ at, ...value }): ComparisonInput => present({ ...value, stoppedAt: at }))
  .meta({ id: 'OwnStop', description: '部门系统自行作出的拦截 / A stop the department’s own system made' });

export const BATCH_AT_MOST = 1_000;

/** Only what all items share is read here; each is then judged alone, so that one bad item fails nobody else's. */
export const keyed = z.looseObject({ key: line(255) }, { error: coded('invalid') });

export const batch = z.strictObject({
  items: z
    .array(keyed)
    .max(BATCH_AT_MOST)
    .superRefine((items, context) => {
      const seen = new Set<string>();
      items.forEach(({ key }, index) => {
        if (seen.has(key)) complain(context, 'duplicate', index, 'key');
        seen.add(key);
      });
    }),
});

/** The batch as the OpenAPI document shows it. */
export const batchDocumented = z
  .strictObject({ items: z.array(z.strictObject({ ...business, key: line(255) })).max(BATCH_AT_MOST) })
  .meta({ id: 'ComparisonBatch' });
