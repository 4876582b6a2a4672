import type { Identifier, PartyKind } from '../domain/identity/identifier.js';
import type {
  AssetType,
  DirectiveType,
  FeedbackAction,
  FeedbackIdentity,
  Ground,
  Measure,
  ReleaseGround,
  RepaymentSource,
  Role,
} from '../domain/vocabulary.js';

// What the api hands to the registry: validated, normalised, money in fen.

/** Who did it: a role and an opaque id (court, judge, department), and the request's W3C trace id. */
export interface Actor {
  role: Role | 'system';
  id: string;
  trace?: string;
}

/** As the record writes it. */
export const actorName = ({ role, id }: Pick<Actor, 'role' | 'id'>): string => `${role}:${id}`;

/** The process of an enforcement: what it does, it does by the clock and the rules, not for somebody. */
export const SYSTEM: Actor = { role: 'system', id: 'enforcement' };
/** The loop that settles notices, and with the last of them the enforcement. */
export const SETTLER: Actor = { role: 'system', id: 'settler' };

export interface Party {
  kind: PartyKind;
  name: string;
  identifiers: Identifier[];
}

export interface CourtDecision {
  number: string;
  madeOn: string;
}

export interface Asset {
  type: AssetType;
  number: string;
}

export interface MeasureInput {
  measure: Measure;
  decision: CourtDecision;
  from?: string;
  asset?: Asset;
}

export interface DefaulterInput extends Party {
  ground: Ground;
  conduct: string;
  decision: CourtDecision;
  measures: MeasureInput[];
  termMonths?: number;
  graceUntil?: string;
  representatives: { role: string; party: Party }[];
  liableForFen?: bigint;
  previous?: string;
  student: boolean;
}

export interface OpenCaseInput {
  caseNumber: string;
  court: string;
  judge: string;
  filedOn: string;
  formerCase?: string;
  basis: { number: string; issuer: string };
  obligationFen: bigint;
  content: string;
  defaulters: DefaulterInput[];
}

export interface RepaymentInput {
  reference: string;
  amountFen: bigint;
  receivedOn: string;
  source: RepaymentSource;
  /** Free text, or the id of the defaulter of this case who paid: then it counts towards that defaulter's share. */
  payer?: string;
  interception?: string;
}

export type DecisionInput = { defaulter?: string; note?: string } & (
  | { type: 'release'; ground: ReleaseGround; measures?: Measure[] }
  /** With the court's ruling on an objection it may come after the end: then it is kept as a late fact. */
  | { type: 'revoke'; reason: string; objection?: CourtDecision }
  | { type: 'stay'; reason: string }
  | { type: 'resume' }
  | { type: 'impose'; measure: Measure; decision: CourtDecision; asset?: Asset }
  | { type: 'amend-obligation'; amountFen: bigint; reason: string }
  | { type: 'reassign'; judge: string }
  /** Instants, RFC 3339; without services: all. */
  | { type: 'exempt'; services?: string[]; fromAt: string; untilAt: string; reason: string }
  | { type: 'extend'; months: number; reason: string }
  | { type: 'correct'; name?: string; identifiers?: Identifier[] }
  | { type: 'confirm-service'; service: string }
  /** Instant, RFC 3339. */
  | { type: 'court-application'; document: CourtDecision; asset: Asset; untilAt: string }
);

export interface DirectiveInput {
  type: DirectiveType;
  asset?: Asset;
  note?: string;
}

export interface FeedbackInput {
  action: FeedbackAction;
  identity?: FeedbackIdentity;
  /** The department's own record of the person, which this confirms; only with `same`. */
  localReference?: string;
  at: string;
  note?: string;
}

export interface ComparisonInput {
  service: string;
  reference: string;
  party: Party;
  object?: { type: AssetType; number: string };
  institution?: string;
  operator?: string;
  /** The document by which a court itself applies here: its code and the number. */
  courtApplication?: { court: string; number: string };
  /** Present when the department's own system made the stop; the instant it did (RFC 3339). */
  stoppedAt?: string;
}
