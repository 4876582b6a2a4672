import { z } from 'zod';
import { addMonths, firstMomentAfter, isDate, startOfDayShanghai } from '../../domain/calendar.js';
import { RELEASE_GROUNDS } from '../../domain/vocabulary.js';
import type { DecisionInput } from '../../registry/inputs.js';
import { checkAsset } from './case.js';
import { coded, complain } from './complaints.js';
import { amount, asset, courtDecision, date, id, line, measure, name, note, reason, today } from './parts.js';
import { identifiers } from './party.js';
import { present } from './present.js';

const releaseGround = z.enum(RELEASE_GROUNDS);

const aimed = { defaulter: id.optional(), note: note.optional() };

const measures = z
  .array(measure)
  .min(1)
  .superRefine((list, context) => {
    if (new Set(list).size < list.length) complain(context, 'duplicate');
  });

/** A day of Asia/Shanghai, or an instant. */
const moment = z
  .union([date, z.iso.datetime({ offset: true })], { error: coded('not-a-date') })
  .refine((text) => isDate(text) || liesInOurTimes(Date.parse(text)), '#not-a-date')
  .meta({ type: 'string', description: 'YYYY-MM-DD 或 RFC 3339 / a day, or an instant' });
/** Of the days a case can name: neither PostgreSQL nor the calendar reaches every instant that can be written. */
function liesInOurTimes(at: number): boolean {
  return Number.isFinite(at) && isDate(new Date(at).toISOString().slice(0, 10));
}
const startOf = (text: string): string => (isDate(text) ? startOfDayShanghai(text) : new Date(text).toISOString());
const endOf = (text: string): string => (isDate(text) ? firstMomentAfter(text) : new Date(text).toISOString());

/** A sale by auction is through within a year; what is not is announced again. */
const APPLICATION_MONTHS_AT_MOST = 12;

export const decision = z
  .discriminatedUnion('type', [
    z.strictObject({ ...aimed, type: z.literal('release'), ground: releaseGround, measures: measures.optional() }),
    z.strictObject({
      ...aimed,
      type: z.literal('revoke'),
      reason,
      objection: courtDecision.optional().meta({
        description:
          '异议（复议）成立的裁定；措施已解除的，据此留痕 / The ruling that upheld an objection: recorded also after the end',
      }),
    }),
    z.strictObject({ ...aimed, type: z.literal('stay'), reason }),
    z.strictObject({ ...aimed, type: z.literal('resume') }),
    z
      .strictObject({ ...aimed, type: z.literal('impose'), measure, decision: courtDecision, asset: asset.optional() })
      .superRefine((value, context) => checkAsset(value, context)),
    z.strictObject({ ...aimed, type: z.literal('amend-obligation'), amount, reason }),
    z.strictObject({ ...aimed, type: z.literal('reassign'), judge: line(100) }),
    z.strictObject({
      ...aimed,
      type: z.literal('exempt'),
      services: z.array(line(20)).min(1).max(200).optional(),
      from: moment,
      until: moment,
      reason,
    }),
    z.strictObject({
      ...aimed,
      type: z.literal('extend'),
      months: z.union([z.literal(12), z.literal(24), z.literal(36)]),
      reason,
    }),
    z.strictObject({
      ...aimed,
      type: z.literal('correct'),
      name: name.optional(),
      identifiers: identifiers.optional(),
    }),
    z.strictObject({ ...aimed, type: z.literal('confirm-service'), service: line(20) }),
    z
      .strictObject({ ...aimed, type: z.literal('court-application'), document: courtDecision, asset, until: date })
      .meta({
        description:
          '法院自行申请办理（司法拍卖）：持此文书办理此财产的业务，不受本院措施限制 / The court itself applies at a counter (judicial auction): business with this asset under this document passes this court’s own measures',
      }),
  ])
  .transform((value, context): DecisionInput => {
    switch (value.type) {
      // The debt and the judge are the whole case's, whoever is named.
      case 'amend-obligation': {
        const { amount: amountFen, defaulter: _all, ...rest } = value;
        return present({ ...rest, amountFen });
      }
      case 'reassign': {
        const { defaulter: _all, ...rest } = value;
        return present(rest);
      }
      case 'exempt': {
        const { from, until, ...rest } = value;
        if (Date.parse(endOf(until)) <= Date.now()) return complain(context, 'in-the-past', 'until');
        // A day that is named last is free to its end.
        return present({ ...rest, fromAt: startOf(from), untilAt: endOf(until) });
      }
      case 'court-application': {
        const { until, ...rest } = value;
        const last = addMonths(today(), APPLICATION_MONTHS_AT_MOST);
        if (until < today()) return complain(context, 'in-the-past', 'until');
        if (until > last) return complain(context, 'out-of-range', 'until');
        return present({ ...rest, untilAt: firstMomentAfter(until) });
      }
      case 'correct':
        if (value.name === undefined && value.identifiers === undefined) return complain(context, 'required', 'name');
        return present(value);
      default:
        return present(value);
    }
  })
  .meta({
    id: 'Decision',
    description: '决定；无 defaulter 即全案 / A judge’s decision; without a defaulter for all of the case',
  });

export const closing = z.strictObject({ ground: releaseGround }).meta({ id: 'Closing' });
