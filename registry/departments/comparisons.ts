import { uuidv7 } from 'uuidv7';
import {
  type ClearReason,
  type HitReason,
  type Judgement,
  judge,
  ruleClears,
  strictest,
  TOUCHES_A_CHILD,
} from '../../domain/comparison.js';
import { roleOf } from '../../domain/match-ladder.js';
import type { Outcome } from '../../domain/vocabulary.js';
import { canonicalJson } from '../../ledger/canonical-json.js';
import { type LockedCase, lockCase } from '../case/locked-case.js';
import { gateBySchool } from '../catalogue/schools.js';
import { send, soleRow, type Transaction } from '../database/pool.js';
import type { Actor, ComparisonInput } from '../inputs.js';
import { type DataKey, encrypt, type KeyRing } from '../keys/key-ring.js';
import { holdLinks } from '../parties/identity-links.js';
import { type AnsweredInterception, type Hit, intercept } from './interceptions.js';
import { type Found, type FoundDefaulter, findMetDefaulters } from './met-defaulters.js';
import { type RuleInEffect, requireOwnService, ruleInEffect } from './service-rules.js';

export interface ComparisonAnswer {
  id: string;
  outcome: Outcome;
  /** Empty when clear: why it is clear stays in the record. */
  reasons: HitReason[];
  interceptions: AnsweredInterception[];
  comparedAt: string;
}

/** Where the catalogue is silent, a hold lasts this many days. */
const DEFAULT_HOLD_DAYS = 15;

/** Services met without a rule for the day, the subject or the measure: a metric somebody must look at. */
export const servicesWithoutRule = { count: 0 };

/** A met defaulter and what the rule says of it. */
interface Judged {
  met: FoundDefaulter;
  judgement: Judgement;
}

/**
 * Compares a party at a counter and records it. What may hit is judged again under the locks of the cases concerned, so a hit is never
 * written after the fact that ended its restriction. Shape of the answer: contract. Throws Refusal `invalid` for a service that is unknown,
 * another department's, or never gated (R5), and as `gateBySchool` where it touches a child's schooling (R6).
 */
export async function compare(
  tx: Transaction,
  ring: KeyRing,
  department: string,
  input: ComparisonInput,
  actor: Actor,
): Promise<ComparisonAnswer> {
  // All of it is found by keys, whatever the values: planned anew for each, it would cost PostgreSQL a third more.
  send(tx, 'set local plan_cache_mode = force_generic_plan', []);
  const [today, inEffect, first] = await Promise.all([
    requireOwnService(tx, input.service, department),
    ruleInEffect(tx, input.service),
    findMetDefaulters(tx, ring, department, input),
  ]);
  const school = inEffect?.rule.flags.includes(TOUCHES_A_CHILD) ? await gateBySchool(tx, input, today) : undefined;
  const ruleReason: ClearReason | null = inEffect
    ? (ruleClears(inEffect.rule, today) ?? school?.clears ?? null)
    : 'SERVICE_NOT_GATED';
  countMissingRule(inEffect, ruleReason, input);
  const judgeAll = ({ defaulters, now }: Found): Judged[] =>
    inEffect && ruleReason === null
      ? defaulters.map((met) => ({ met, judgement: judge(inEffect.rule, met, now) }))
      : [];
  const { judgements, blinds, locked } = await judgeUnderLocks(tx, ring, department, input, first, judgeAll);
  const hits = judgements.filter((entry): entry is Hit => entry.judgement.outcome !== 'CLEAR');
  const outcome = strictest(hits.map((hit) => hit.judgement));
  const reasons = [...new Set(hits.flatMap((hit) => hit.judgement.reasons))];
  const ruleVersion = inEffect?.version ?? 0;
  const { id, at } = await writeComparison(tx, ring, {
    department,
    input,
    outcome,
    reasons: outcome === 'CLEAR' ? [ruleReason ?? clearReasonOf(judgements)] : reasons,
    ruleVersion,
    blinds,
    hit: hits[0],
  });
  const interceptions = [];
  for (const hit of hits) {
    const held = locked.get(hit.met.enforcementCase);
    if (!held) continue;
    interceptions.push(
      await intercept(tx, ring, held, {
        comparison: id,
        department,
        input,
        hit,
        actor,
        ruleVersion,
        holdDays: inEffect?.holdDays ?? DEFAULT_HOLD_DAYS,
        remaining: new Set(hits.map(({ met }) => met.enforcementCase)).size - 1,
        ...(school ? { school } : {}),
      }),
    );
  }
  return { id, outcome, reasons, interceptions, comparedAt: at.toISOString() };
}

/** No row for this service, this day, or this kind of party: somebody should look at the catalogue. A measure that does not gate is ordinary. */
function countMissingRule(
  inEffect: RuleInEffect | undefined,
  ruleReason: ClearReason | null,
  { party }: ComparisonInput,
): void {
  const kind = roleOf({ related: false, kind: party.kind });
  if (!inEffect || ruleReason === 'ROW_RETIRED' || !inEffect.rule.subjects.includes(kind))
    servicesWithoutRule.count += 1;
}

/** Judges what may hit again under the locks, until no case is left that came into force meanwhile, and no link by which it came. */
async function judgeUnderLocks(
  tx: Transaction,
  ring: KeyRing,
  department: string,
  input: ComparisonInput,
  first: Found,
  judgeAll: (found: Found) => Judged[],
): Promise<{ judgements: Judged[]; blinds: Buffer[]; locked: ReadonlyMap<string, LockedCase> }> {
  const locked = new Map<string, LockedCase>();
  const heldLinks = new Set<string>();
  for (let found = first; ; ) {
    const judgements = judgeAll(found);
    const [cases, links] = [casesToLock(judgements, locked), linksToHold(judgements, heldLinks)];
    if (cases.length + links.length === 0) return { judgements, blinds: found.blinds, locked };
    for (const id of links) heldLinks.add(id);
    // Sent together, done in turn: what is read is read when the locks are held.
    const holding = links.length > 0 ? holdLinks(tx, links) : undefined;
    const locking = cases.map((id) => lockCase(tx, ring, id));
    const [again, , ...held] = await Promise.all([findMetDefaulters(tx, ring, department, input), holding, ...locking]);
    for (const one of held) if (one) locked.set(one.id, one);
    found = again;
  }
}

const hitting = (judgements: readonly Judged[]): FoundDefaulter[] =>
  judgements.filter(({ judgement }) => judgement.outcome !== 'CLEAR').map(({ met }) => met);

/** Cases that hit and are not locked yet, in the order in which everybody locks. */
function casesToLock(judgements: readonly Judged[], locked: ReadonlyMap<string, LockedCase>): string[] {
  const cases = hitting(judgements).map((met) => met.enforcementCase);
  return [...new Set(cases)].filter((id) => !locked.has(id)).sort();
}

/** Links by which somebody hits and that are not held yet. */
function linksToHold(judgements: readonly Judged[], held: ReadonlySet<string>): string[] {
  const links = hitting(judgements).flatMap((met) => met.links.map(({ id }) => id));
  return [...new Set(links)].filter((id) => !held.has(id)).sort();
}

function clearReasonOf(judgements: readonly Judged[]): ClearReason {
  const [reason] = judgements.flatMap(({ judgement }) => (judgement.outcome === 'CLEAR' ? [judgement.reason] : []));
  return reason ?? 'NO_MATCH';
}

const WRITE_COMPARISON = `
  insert into comparison (
    id, department, service, reference, operator_sealed, institution,
    outcome, reasons, rule_version, blinds, party_sealed, at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp())
  returning at`;

/** Writes the record of a comparison; where it hit, with the party as it was asked, encrypted as the identity that was met. */
async function writeComparison(
  tx: Transaction,
  ring: KeyRing,
  made: {
    department: string;
    input: ComparisonInput;
    outcome: Outcome;
    reasons: readonly (HitReason | ClearReason)[];
    ruleVersion: number;
    blinds: readonly Buffer[];
    hit: Hit | undefined;
  },
): Promise<{ id: string; at: Date }> {
  const { input, hit } = made;
  const id = uuidv7();
  const encrypted = (column: string, text: string, identityKey?: DataKey): Buffer =>
    encrypt(ring, { table: 'comparison', column, row: id }, text, identityKey);
  const { rows } = await tx.query<{ at: Date }>(WRITE_COMPARISON, [
    id,
    made.department,
    input.service,
    input.reference,
    input.operator ? encrypted('operator_sealed', input.operator) : null,
    input.institution ?? null,
    made.outcome,
    made.reasons,
    made.ruleVersion,
    made.blinds,
    hit ? encrypted('party_sealed', askedParty(input), hit.met.identityKey) : null,
  ]);
  return { id, at: soleRow(rows).at };
}

/** The party as it was asked: kept, encrypted, with a comparison that hit, for the court that has to say who it is. */
const askedParty = ({ party }: ComparisonInput): string =>
  canonicalJson({
    kind: party.kind,
    name: party.name,
    identifiers: party.identifiers.map(({ type, number, country, flags, token }) => ({
      type,
      number,
      country,
      flags,
      ...(token ? { byToken: true } : {}),
    })),
  });
