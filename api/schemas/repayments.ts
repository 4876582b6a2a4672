import { z } from 'zod';
import { REPAYMENT_SOURCES } from '../../domain/vocabulary.js';
import type { RepaymentInput } from '../../registry/inputs.js';
import { id, line, name, pastDate, positiveAmount, reason } from './parts.js';
import { present } from './present.js';

export const repayment = z
  .strictObject({
    reference: line(100),
    amount: positiveAmount,
    receivedOn: pastDate,
    source: z.enum(REPAYMENT_SOURCES),
    payer: name.optional(),
    interception: id.optional(),
  })
  .transform(({ amount: amountFen, ...rest }): RepaymentInput => present({ ...rest, amountFen }))
  .meta({ id: 'Repayment', description: '履行到账 / Money received against the case' });

export const reversal = z
  .strictObject({ reason })
  .meta({ id: 'Reversal', description: '撤销一笔履行 / Take back a repayment' });
