import { z } from 'zod';
import type { None, RecordedDetails } from '../../domain/facts.js';
import {
  AWAITED_NOTICE_KINDS,
  DIRECTIVE_TYPES,
  END_GROUNDS,
  FACT_TYPES,
  type FactType,
  FEEDBACK_ACTIONS,
  FEEDBACK_IDENTITIES,
  INBOX_KINDS,
  NOTICE_KINDS,
  RELEASE_GROUNDS,
  REPAYMENT_SOURCES,
} from '../../domain/vocabulary.js';
import { instant, next, receiptState, uuid, yuan } from './answers.js';
import { measure } from './parts.js';

// What the API answers of a case's record: its facts in order, and what proves them.

const list = <S extends z.ZodType>(one: S) => z.array(one).readonly();
const measures = list(measure);
const ids = list(uuid);
const code = z.string();

/** Closed for the tests, which refuse a member nobody has described; clients are told that members may be added. */
const holds = <M extends z.core.$ZodLooseShape>(description: string, members: M) =>
  z.strictObject(members).meta({ description, additionalProperties: true });

const decision = <M extends z.core.$ZodLooseShape>(type: string, members: M) =>
  holds(`decision: ${type}`, { decision: uuid, ...members });

/** What each type of fact holds, as `RecordedDetails` has it. */
export const factDetails = {
  'case-opened': holds('case-opened', { obligation: yuan, defaulters: ids }),
  published: holds('published', { notice: uuid, measures, restrictions: ids }),
  'comparison-hit': holds('comparison-hit', {
    interception: uuid,
    comparison: uuid,
    outcome: z.enum(['NOTIFY', 'REVIEW', 'INTERCEPT']),
    measures,
    reasons: list(z.enum(['ID_EXACT', 'ID_EXACT_NAME_DIFFERS', 'ID_ALIAS', 'ID_15_DIGIT', 'LEGAL_REP_OF'])),
    links: list(z.string().regex(/^[0-9a-f]{64}$/)).optional(),
  }),
  feedback: holds('feedback', {
    feedback: uuid,
    interception: uuid,
    action: z.enum(FEEDBACK_ACTIONS),
    identity: z.enum(FEEDBACK_IDENTITIES).optional(),
    actedAt: z.iso.datetime({ offset: true }),
  }),
  directive: holds('directive', { directive: uuid, directiveType: z.enum(DIRECTIVE_TYPES), interception: uuid }),
  'judge-notified': holds('judge-notified', { interception: uuid, judge: code }),
  read: holds('read', { item: uuid, kind: z.enum(INBOX_KINDS), interception: uuid.optional() }),
  escalated: holds('escalated', {
    deadline: z.enum(['read', 'answer', 'acknowledge', 'decide']),
    level: z.int().positive(),
    interception: uuid.optional(),
    notice: uuid.optional(),
    missing: list(code)
      .optional()
      .meta({ description: '尚未确认的部门 / Departments that have not acknowledged the notice' }),
  }),
  repayment: holds('repayment', {
    repayment: uuid,
    amount: yuan,
    source: z.enum(REPAYMENT_SOURCES),
    receivedOn: z.iso.date(),
    outstanding: yuan,
    surplus: yuan,
    interception: uuid.optional(),
  }),
  'repayment-reversed': holds('repayment-reversed', {
    repayment: uuid,
    amount: yuan,
    outstanding: yuan,
    surplus: yuan,
  }),
  'obligation-amended': holds('obligation-amended', { from: yuan, to: yuan, outstanding: yuan }),
  decision: z.union([
    decision('release', {
      decisionType: z.literal('release'),
      ground: z.enum(RELEASE_GROUNDS),
      measures: measures.optional(),
    }),
    decision('revoke, stay, resume, correct', { decisionType: z.enum(['revoke', 'stay', 'resume', 'correct']) }),
    decision('impose', { decisionType: z.literal('impose'), measure }),
    decision('amend-obligation', { decisionType: z.literal('amend-obligation'), amount: yuan }),
    decision('reassign', { decisionType: z.literal('reassign'), judge: code }),
    decision('exempt', {
      decisionType: z.literal('exempt'),
      from: z.iso.datetime({ offset: true }),
      until: z.iso.datetime({ offset: true }),
      services: list(code).optional(),
    }),
    decision('extend', { decisionType: z.literal('extend'), months: z.int().positive() }),
    decision('confirm-service', { decisionType: z.literal('confirm-service'), service: code }),
    decision('court-application', {
      decisionType: z.literal('court-application'),
      until: z.iso.datetime({ offset: true }),
    }),
  ]),
  'hold-ended': holds('hold-ended', { interception: uuid }),
  'grace-ended': holds('grace-ended', {}),
  'term-ended': holds('term-ended', { restrictions: ids }),
  'restriction-ended': holds('restriction-ended', {
    measures,
    ground: z.enum(END_GROUNDS).nullable(),
    restrictions: ids,
    allEnded: z.boolean(),
  }),
  'release-published': holds('release-published', {
    notice: uuid,
    kind: z.enum(AWAITED_NOTICE_KINDS).optional(),
    measures,
    freed: ids,
  }),
  'all-acknowledged': holds('all-acknowledged', { notice: uuid, kind: z.enum(NOTICE_KINDS) }),
  released: holds('released', { caseClosed: z.boolean() }),
  'late-fact': holds('late-fact', { fact: z.enum(['repayment', 'decision']), ref: uuid }),
} satisfies { readonly [T in FactType]: z.ZodType };

/** Does not compile where a schema and the map of the domain differ in a member, and names the type of fact. */
export type DetailsAgree = None<
  {
    [T in FactType]: Same<Plain<z.output<(typeof factDetails)[T]>>, Plain<RecordedDetails[T]>> extends true ? never : T;
  }[FactType]
>;

/** Without the marks in which zod and the domain write the same differently: read-only, and undefined for what may be absent. */
type Plain<T> = T extends readonly (infer One)[]
  ? Plain<One>[]
  : T extends object
    ? { -readonly [M in keyof T]: Plain<Exclude<T[M], undefined>> }
    : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const fact = {
  seq: z.int().positive(),
  fact: uuid,
  at: instant,
  type: z.enum(FACT_TYPES),
  defaulter: uuid.optional(),
  department: z.string().optional(),
  service: z.string().optional(),
  detail: z.union(Object.values(factDetails)).meta({
    id: 'FactDetail',
    description: '随事实的 type 而定，各式以其 type 为名 / By the type of the fact, after which each form is named',
  }),
};

/** The detail is that of the type, not only of some type. */
const ofItsType = ({ type, detail }: { type: FactType; detail: unknown }): boolean =>
  factDetails[type].safeParse(detail).success;

export const timeline = z.object({
  items: z.array(
    z
      .object({
        ...fact,
        receipt: z
          .object({ state: receiptState, index: z.int().nonnegative().optional() })
          .meta({ description: '其在存证中的位置 / Where it stands in the record' }),
      })
      .refine(ofItsType, { path: ['detail'] })
      .meta({ id: 'TimelineItem' }),
  ),
  next,
});

export const certificate = z
  .object({
    case: z.object({ id: uuid, caseNumber: z.string(), court: z.string() }),
    issuedAt: instant,
    checkpoint: z
      .string()
      .optional()
      .meta({ description: '已签名的检查点，逐字 / The signed checkpoint, verbatim (C2SP tlog-checkpoint)' }),
    isWitnessed: z.boolean(),
    facts: z.array(
      z
        .object({
          ...fact,
          leaf: z.base64(),
          leafHash: z.string(),
          state: receiptState,
          index: z.int().nonnegative().optional(),
          replaced: z
            .string()
            .optional()
            .meta({ description: '恢复后重写而被取代的叶子 / After a restore: the leaf this one stands for' }),
          proof: z.array(z.base64()).optional().meta({ description: '自叶至根 / From the leaf’s sibling upwards' }),
          opening: z
            .base64()
            .optional()
            .meta({ description: '承诺的盐 / Opens what the leaf commits to: person and details' }),
        })
        .refine(ofItsType, { path: ['detail'] }),
    ),
  })
  .meta({ id: 'CaseCertificate' });
