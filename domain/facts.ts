import type { HitReason } from './comparison.js';
import type { DeadlineKind } from './deadline.js';
import type { Relation } from './identity/relations.js';
import type {
  AwaitedNoticeKind,
  DecidedIdentity,
  DirectiveType,
  EndGround,
  FactType,
  FeedbackAction,
  FeedbackIdentity,
  InboxKind,
  Measure,
  NoticeKind,
  Outcome,
  ReleaseGround,
  RepaymentSource,
} from './vocabulary.js';

/** Of what the record keeps under it: a UUID. */
type Id = string;
/** Yuan with two decimals, as `formatYuan` writes it. */
type Yuan = string;
/** RFC 3339. */
type Instant = string;
/** YYYY-MM-DD in Asia/Shanghai. */
type Day = string;
type DepartmentCode = string;
type ServiceCode = string;
type JudgeCode = string;

/**
 * What each fact of a case says beyond its name: ids, codes and amounts, never a person. Leaves commit to it, so a member is added and never
 * renamed or taken away. What writes, what shows and what describes a fact reads this map; a member that is not always there is optional.
 */
export interface FactDetails {
  'case-opened': { readonly obligation: Yuan; readonly defaulters: readonly Id[] };
  published: { readonly notice: Id; readonly measures: readonly Measure[]; readonly restrictions: readonly Id[] };
  'comparison-hit': {
    readonly interception: Id;
    readonly comparison: Id;
    readonly outcome: Exclude<Outcome, 'CLEAR'>;
    readonly measures: readonly Measure[];
    readonly reasons: readonly HitReason[];
    /** Hashes (hex) of the leaves of the courts' links by which the party was met. */
    readonly links?: readonly string[];
  };
  feedback: {
    readonly feedback: Id;
    readonly interception: Id;
    readonly action: FeedbackAction;
    readonly identity?: FeedbackIdentity;
    readonly actedAt: Instant;
  };
  directive: { readonly directive: Id; readonly directiveType: DirectiveType; readonly interception: Id };
  'judge-notified': { readonly interception: Id; readonly judge: JudgeCode };
  read: { readonly item: Id; readonly kind: InboxKind; readonly interception?: Id };
  escalated: {
    readonly deadline: Exclude<DeadlineKind, 'hold'>;
    /** 1 for the first time. */
    readonly level: number;
    readonly interception?: Id;
    readonly notice?: Id;
    /** Beside `notice`: who has not acknowledged it. */
    readonly missing?: readonly DepartmentCode[];
  };
  repayment: {
    readonly repayment: Id;
    readonly amount: Yuan;
    readonly source: RepaymentSource;
    readonly receivedOn: Day;
    readonly outstanding: Yuan;
    readonly surplus: Yuan;
    readonly interception?: Id;
  };
  'repayment-reversed': {
    readonly repayment: Id;
    readonly amount: Yuan;
    readonly outstanding: Yuan;
    readonly surplus: Yuan;
  };
  'obligation-amended': { readonly from: Yuan; readonly to: Yuan; readonly outstanding: Yuan };
  decision: DecisionDetail;
  'hold-ended': { readonly interception: Id };
  'grace-ended': Nothing;
  'term-ended': { readonly restrictions: readonly Id[] };
  'restriction-ended': {
    readonly measures: readonly Measure[];
    readonly ground: EndGround | null;
    readonly restrictions: readonly Id[];
    /** Nothing of the defaulter is in force any more. */
    readonly allEnded: boolean;
  };
  'release-published': {
    readonly notice: Id;
    readonly kind: AwaitedNoticeKind;
    readonly measures: readonly Measure[];
    /** The interceptions whose business may go on. */
    readonly freed: readonly Id[];
  };
  'all-acknowledged': { readonly notice: Id; readonly kind: NoticeKind };
  released: { readonly caseClosed: boolean };
  /** `fact`: the signal it would have been; `ref`: of the repayment or the decision. */
  'late-fact': { readonly fact: 'repayment' | 'decision'; readonly ref: Id };
}

/** Of a judge's decision what may stand on the timeline; its reasons and documents stay encrypted. */
type DecisionDetail = { readonly decision: Id } & (
  | { readonly decisionType: 'release'; readonly ground: ReleaseGround; readonly measures?: readonly Measure[] }
  | { readonly decisionType: 'revoke' | 'stay' | 'resume' | 'correct' }
  | { readonly decisionType: 'impose'; readonly measure: Measure }
  | { readonly decisionType: 'amend-obligation'; readonly amount: Yuan }
  | { readonly decisionType: 'reassign'; readonly judge: JudgeCode }
  | {
      readonly decisionType: 'exempt';
      readonly from: Instant;
      readonly until: Instant;
      readonly services?: readonly ServiceCode[];
    }
  | { readonly decisionType: 'extend'; readonly months: number }
  | { readonly decisionType: 'confirm-service'; readonly service: ServiceCode }
  | { readonly decisionType: 'court-application'; readonly until: Instant }
);

type Nothing = { readonly [member: string]: never };

/** Does not compile while the map and the closed list of types differ, and names the type. */
export type FactTypesAgree = None<Exclude<FactType, keyof FactDetails> | Exclude<keyof FactDetails, FactType>>;
export type None<T extends never> = T;

/** Members that came later: rows and leaves written before do without them. */
interface AddedLater {
  'release-published': 'kind';
}

/** The details as they are found in the record, rows of older versions among them. */
export type RecordedDetails = {
  readonly [T in FactType]: T extends keyof AddedLater
    ? Omit<FactDetails[T], AddedLater[T]> & Partial<Pick<FactDetails[T], AddedLater[T]>>
    : FactDetails[T];
};

/** A fact as it is found in the record: the type tells what the detail holds. */
export type RecordedFact<T extends FactType = FactType> = {
  readonly [K in T]: { readonly type: K; readonly detail: RecordedDetails[K] };
}[T];

/** What the facts about who a party is hold, in the chain of a subject: leaves commit to it, and who holds the salt can open it. */
export interface IdentityFactDetails {
  'link.made': {
    readonly link: Id;
    readonly relation: Relation;
    /** SHA-256 (hex) of what it rests on. */
    readonly evidence: string;
    readonly from?: Day;
    readonly to?: Day;
    /** The other subject, where it ties two. */
    readonly other?: Id;
    /** Where a department confirmed its own record. */
    readonly interception?: Id;
  };
  'link.revoked': { readonly link: Id; readonly evidence?: string };
  'identity.decided': {
    readonly decision: Id;
    readonly interception: Id;
    readonly identity: DecidedIdentity;
    readonly expiresAt?: Instant;
  };
  'exception.revoked': { readonly exception: Id };
}
export type IdentityFactType = keyof IdentityFactDetails;

/** A fact to be written. The writer names every member, with undefined for one that is not to be there: none can be forgotten or misspelt. */
export type WrittenFact = Written<FactDetails>;
export type WrittenIdentityFact = Written<IdentityFactDetails>;

type Written<Details> = {
  readonly [K in keyof Details]: { readonly type: K; readonly detail: Named<Details[K]> };
}[keyof Details];

type Named<Detail> = Detail extends unknown ? { readonly [M in keyof Required<Detail>]: Detail[M] } : never;
