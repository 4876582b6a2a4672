import { z } from 'zod';
import { addMonths, firstMomentAfter, isDate, startOfDayShanghai } from '../../domain/calendar.js';
import {
  DIRECTIVE_TYPES,
  FEEDBACK_ACTIONS,
  FEEDBACK_IDENTITIES,
  RELEASE_GROUNDS,
  REPAYMENT_SOURCES,
} from '../../domain/vocabulary.js';
import type {
  ComparisonInput,
  DecisionInput,
  DirectiveInput,
  FeedbackInput,
  RepaymentInput,
} from '../../registry/inputs.js';
import { checkAsset } from './case.js';
import { coded, complain } from './complaints.js';
import {
  amount,
  asset,
  courtDecision,
  date,
  id,
  line,
  measure,
  name,
  note,
  pastDate,
  pastInstant,
  positiveAmount,
  prose,
  today,
} from './parts.js';
import { comparedParty, identifiers } from './party.js';
import { present } from './present.js';

const reason = prose(2_000);
const releaseGround = z.enum(RELEASE_GROUNDS);

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

export const reversal = z
  .strictObject({ reason })
  .meta({ id: 'Reversal', description: '撤销一笔履行 / Take back a repayment' });

export const closing = z.strictObject({ ground: releaseGround }).meta({ id: 'Closing' });

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

export const endpoint = z
  .strictObject({
    url: z.string().min(1).max(2_000),
    signature: z.enum(['v1', 'v1a']).optional().meta({
      description:
        'v1a：另以 Ed25519 签名，可供第三方验证 / v1a: signed with Ed25519 too, so that others can tell who signed',
    }),
  })
  .meta({ id: 'EndpointInput', description: '接收通知的地址 / Where notices are sent by webhook' });

export const tokenRecipient = z
  .strictObject({
    publicKey: z
      .base64({ error: coded('public-key') })
      .transform((text, context) => {
        const bytes = Buffer.from(text, 'base64');
        return bytes.length === 32 ? bytes : complain(context, 'public-key');
      })
      .meta({ type: 'string', description: 'X25519 公钥，32 字节的 base64 / X25519 public key, 32 bytes in base64' }),
  })
  .meta({ id: 'TokenRecipient' });

export const acknowledgement = z
  .strictObject({ upTo: z.int().nonnegative() })
  .meta({ id: 'Acknowledgement', description: '累计确认，不超过已提供的位置 / Cumulative, up to what was served' });
