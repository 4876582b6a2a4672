// The closed lists of the domain (domain terms of the courts; the contract's words). Everything else derives its types from here.

export const MEASURES = ['LISTING', 'CONSUMPTION', 'EXIT', 'SEAL'] as const;
export type Measure = (typeof MEASURES)[number];

export const ASSET_TYPES = ['property-unit', 'vehicle', 'other'] as const;
export type AssetType = (typeof ASSET_TYPES)[number];

/** 失信名单规定 art. 1: ground 1 able to perform but refuses; 2-6 special conduct. */
export const GROUNDS = [1, 2, 3, 4, 5, 6] as const;
export type Ground = (typeof GROUNDS)[number];

/** Lawful terms in months for grounds 2-6: two years, or two plus one to three (失信名单规定 art. 2). */
export const TERM_MONTHS = [24, 36, 48, 60] as const;

/** Grounds on which a judge releases (失信名单规定 art. 2, 10). */
export const RELEASE_GROUNDS = [
  'performed',
  'settled',
  'creditor-request',
  'no-assets',
  'retrial-or-bankruptcy',
  'not-enforced',
  'terminated',
  'early',
] as const;
export type ReleaseGround = (typeof RELEASE_GROUNDS)[number];

export const END_GROUNDS = [...RELEASE_GROUNDS, 'revoked', 'expired', 'corrected'] as const;
export type EndGround = (typeof END_GROUNDS)[number];

export const DISPOSITIONS = ['BLOCK', 'REVIEW', 'NOTIFY', 'ASSIST'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

export const OUTCOMES = ['CLEAR', 'NOTIFY', 'REVIEW', 'INTERCEPT'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** P a person who is a defaulter, O an organisation that is one, R a related person of a restricted organisation. */
export type SubjectRole = 'P' | 'O' | 'R';

export const DEFAULTER_STATES = ['GRACE', 'PUBLISHING', 'IN_FORCE', 'RELEASING', 'RELEASED'] as const;
export type DefaulterState = (typeof DEFAULTER_STATES)[number];

export const REPAYMENT_SOURCES = ['voluntary', 'sale-proceeds', 'enforced'] as const;
export type RepaymentSource = (typeof REPAYMENT_SOURCES)[number];

export const DIRECTIVE_TYPES = ['SEAL', 'PROCEEDS_TO_COURT', 'REFUSE', 'ALLOW'] as const;
export type DirectiveType = (typeof DIRECTIVE_TYPES)[number];
/** By which a court refuses to let a hold lapse, and by which it lets a business go on. */
export const REFUSING_DIRECTIVES = ['SEAL', 'REFUSE'] as const satisfies readonly DirectiveType[];
export const ALLOWING_DIRECTIVES = ['ALLOW', 'PROCEEDS_TO_COURT'] as const satisfies readonly DirectiveType[];

export const FEEDBACK_ACTIONS = ['refused', 'held', 'allowed', 'resumed'] as const;
export type FeedbackAction = (typeof FEEDBACK_ACTIONS)[number];

/** What a court decides of a doubtful match: the defaulter, or somebody else. */
export const DECIDED_IDENTITIES = ['same', 'other'] as const;
export type DecidedIdentity = (typeof DECIDED_IDENTITIES)[number];

/** What a department says of the person at its counter: the defaulter, somebody else, or it cannot tell. */
export const FEEDBACK_IDENTITIES = [...DECIDED_IDENTITIES, 'unsure'] as const;
export type FeedbackIdentity = (typeof FEEDBACK_IDENTITIES)[number];

/** What can happen in a case; `facts.ts` says what each holds. */
export const FACT_TYPES = [
  'case-opened',
  'published',
  'comparison-hit',
  'feedback',
  'directive',
  'judge-notified',
  'read',
  'escalated',
  'repayment',
  'repayment-reversed',
  'obligation-amended',
  'decision',
  'hold-ended',
  'grace-ended',
  'term-ended',
  'restriction-ended',
  'release-published',
  'all-acknowledged',
  'released',
  'late-fact',
] as const;
export type FactType = (typeof FACT_TYPES)[number];

export const NOTICE_KINDS = [
  'PUBLISH',
  'RELEASE',
  'STAY',
  'RESUME',
  'EXTEND',
  'CORRECT',
  'EXEMPT',
  'DIRECTIVE',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** The notices that free somebody: the workflow waits until every department in scope has acknowledged them. */
export const AWAITED_NOTICE_KINDS = ['RELEASE', 'CORRECT'] as const satisfies readonly NoticeKind[];
export type AwaitedNoticeKind = (typeof AWAITED_NOTICE_KINDS)[number];

export const INBOX_KINDS = [
  'interception',
  'decide-restriction',
  'late-fact',
  'reversal',
  'overdue-acknowledgement',
  'escalation',
] as const;
export type InboxKind = (typeof INBOX_KINDS)[number];

export const ROLES = ['clerk', 'judge', 'department', 'supervisor', 'administrator'] as const;
export type Role = (typeof ROLES)[number];

/** Signals of the life, and `opened`, with which it starts. */
export const ENFORCEMENT_SIGNALS = ['opened', 'interception', 'repayment', 'decision', 'acknowledged'] as const;
export type EnforcementSignal = (typeof ENFORCEMENT_SIGNALS)[number];
