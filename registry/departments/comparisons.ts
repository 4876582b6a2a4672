import { uuidv7 } from 'uuidv7';
import { shanghaiDate } from '../../domain/calendar.js';
import {
  type ClearReason,
  type HitReason,
  type Judgement,
  judge,
  ruleClears,
  strictest,
  TOUCHES_A_CHILD,
} from '../../domain/comparison.js';
import type { Relation } from '../../domain/identity/relations.js';
import { Refusal } from '../../domain/refusal.js';
import type { Measure, Outcome } from '../../domain/vocabulary.js';
import { canonicalJson } from '../../ledger/canonical-json.js';
import { startHold } from '../case/deadlines.js';
import { recordFacts } from '../case/facts.js';
import { type LockedCase, lockCase } from '../case/locked-case.js';
import { enqueueSignals } from '../case/outbox.js';
import { assetBlind } from '../case/restrictions.js';
import { remedies } from '../catalogue/remedies.js';
import { gateBySchool, type SchoolGate } from '../catalogue/schools.js';
import { type Queryable, send, type Transaction } from '../database/pool.js';
import type { Actor, ComparisonInput } from '../inputs.js';
import { caseKeyOf } from '../keys/data-keys.js';
import { encrypt, type KeyRing } from '../keys/key-ring.js';
import { holdLinks } from '../parties/identity-links.js';
import { type FoundCandidate, findCandidates, MET_TODAY, ruleInEffect } from './candidates.js';

export interface ComparisonAnswer {
  id: string;
  outcome: Outcome;
  /** Empty when clear: why it is clear stays in the record. */
  reasons: HitReason[];
  interceptions: {
    id: string;
    case: { number: string; court: string; contact: string };
    measures: Measure[];
    basis: string;
    howToEnd: string;
    howToObject: string;
    holdUntil?: string;
    /** The courts' links by which it was met, each with the hash of its leaf (hex). */
    links?: { relation: Relation; leaf: string }[];
    /** Of the other cases that stop this business: how many remain when this one has ended. */
    remaining: number;
  }[];
  comparedAt: string;
}

/** Where the catalogue is silent, a hold lasts this many days. */
const DEFAULT_HOLD_DAYS = 15;
const DAY_MS = 86_400_000;

/** Services met without a rule for the day, the subject or the measure: a metric somebody must look at. */
export const servicesWithoutRule = { count: 0 };

type Hit = { candidate: FoundCandidate; judgement: Exclude<Judgement, { outcome: 'CLEAR' }> };

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
  const [, inEffect, first] = await Promise.all([
    requireOwnService(tx, input.service, department),
    ruleInEffect(tx, input.service),
    findCandidates(tx, ring, department, input),
  ]);
  let { candidates, blinds, now } = first;
  const today = shanghaiDate(Date.now());

  const school = inEffect?.rule.flags.includes(TOUCHES_A_CHILD) ? await gateBySchool(tx, input, today) : undefined;
  const ruleReason: ClearReason | null = inEffect
    ? (ruleClears(inEffect.rule, today) ?? school?.clears ?? null)
    : 'SERVICE_NOT_GATED';
  // No row for this service, this day, or this kind of party: somebody should look at the catalogue. A measure that does not gate is ordinary.
  const kind = input.party.kind === 'person' ? 'P' : 'O';
  if (!inEffect || ruleReason === 'ROW_RETIRED' || !inEffect.rule.subjects.includes(kind))
    servicesWithoutRule.count += 1;
  const locked = new Map<string, LockedCase>();
  const heldLinks = new Set<string>();
  const judged = (now: number): { candidate: FoundCandidate; judgement: Judgement }[] =>
    inEffect && ruleReason === null
      ? candidates.map((candidate) => ({ candidate, judgement: judge(inEffect.rule, candidate, now) }))
      : [];
  let judgements = judged(now);
  // What may hit is judged again under the locks, until no case is left that came into force meanwhile, and no link by which it came.
  for (;;) {
    const [cases, links] = [toLock(judgements, locked), toHold(judgements, heldLinks)];
    if (cases.length + links.length === 0) break;
    for (const id of links) heldLinks.add(id);
    // Sent together, done in turn: what is read is read when the locks are held.
    const holding = links.length > 0 ? holdLinks(tx, links) : undefined;
    const locking = cases.map((id) => lockCase(tx, ring, id));
    const [again, , ...found] = await Promise.all([findCandidates(tx, ring, department, input), holding, ...locking]);
    for (const one of found) if (one) locked.set(one.id, one);
    ({ candidates, blinds, now } = again);
    judgements = judged(now);
  }
  const hits = judgements.filter((entry): entry is Hit => entry.judgement.outcome !== 'CLEAR');
  const outcome = strictest(hits.map((hit) => hit.judgement));
  const reasons = [...new Set(hits.flatMap((hit) => hit.judgement.reasons))];
  const clearReasons = [
    ...new Set(judgements.flatMap(({ judgement }) => (judgement.outcome === 'CLEAR' ? [judgement.reason] : []))),
  ];
  const id = uuidv7();
  const { rows } = await tx.query<{ at: Date }>(
    `insert into comparison (id, department, service, reference, operator_sealed, institution, outcome, reasons, rule_version, blinds, party_sealed, at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp()) returning at`,
    [
      id,
      department,
      input.service,
      input.reference,
      input.operator
        ? encrypt(ring, { table: 'comparison', column: 'operator_sealed', row: id }, input.operator)
        : null,
      input.institution ?? null,
      outcome,
      outcome === 'CLEAR' ? [ruleReason ?? clearReasons[0] ?? 'NO_MATCH'] : reasons,
      inEffect?.version ?? 0,
      blinds,
      hits[0]
        ? encrypt(
            ring,
            { table: 'comparison', column: 'party_sealed', row: id },
            askedParty(input),
            hits[0].candidate.identityKey,
          )
        : null,
    ],
  );
  const comparedAt = rows[0]?.at ?? new Date();
  const interceptions = [];
  for (const hit of hits) {
    const held = locked.get(hit.candidate.enforcementCase);
    if (!held) continue;
    interceptions.push(
      await intercept(tx, ring, held, {
        comparison: id,
        department,
        input,
        hit,
        actor,
        ruleVersion: inEffect?.version ?? 0,
        holdDays: inEffect?.holdDays ?? DEFAULT_HOLD_DAYS,
        remaining: new Set(hits.map(({ candidate }) => candidate.enforcementCase)).size - 1,
        ...(school ? { school } : {}),
      }),
    );
  }
  return { id, outcome, reasons, interceptions, comparedAt: comparedAt.toISOString() };
}

/** Cases that hit and are not locked yet, in the order in which everybody locks. */
function toLock(
  judgements: readonly { candidate: FoundCandidate; judgement: Judgement }[],
  locked: ReadonlyMap<string, LockedCase>,
): string[] {
  const hitting = judgements
    .filter(({ judgement }) => judgement.outcome !== 'CLEAR')
    .map(({ candidate }) => candidate.enforcementCase);
  return [...new Set(hitting)].filter((id) => !locked.has(id)).sort();
}

/** Links by which somebody hits and that are not held yet. */
function toHold(
  judgements: readonly { candidate: FoundCandidate; judgement: Judgement }[],
  held: ReadonlySet<string>,
): string[] {
  const hitting = judgements.filter(({ judgement }) => judgement.outcome !== 'CLEAR');
  return [...new Set(hitting.flatMap(({ candidate }) => candidate.links.map(({ id }) => id)))]
    .filter((id) => !held.has(id))
    .sort();
}

interface NewInterception {
  comparison: string;
  department: string;
  input: ComparisonInput;
  hit: Hit;
  actor: Actor;
  ruleVersion: number;
  holdDays: number;
  remaining: number;
  /** Present where the service touches a child's schooling. */
  school?: SchoolGate;
}

/** One interception per (department, service, reference, defaulter): a repeat attaches to it and tells nobody again. */
async function intercept(
  tx: Transaction,
  ring: KeyRing,
  locked: LockedCase,
  made: NewInterception,
): Promise<ComparisonAnswer['interceptions'][number]> {
  const { hit, input, department } = made;
  const { candidate, judgement } = hit;
  const id = uuidv7();
  const object = input.object;
  const dataKey = object && (await caseKeyOf(tx, ring, locked));
  const holdAtMost = made.school?.holdAtMost ?? Number.POSITIVE_INFINITY;
  const holdUntil =
    judgement.outcome === 'REVIEW' ? new Date(Math.min(locked.now + made.holdDays * DAY_MS, holdAtMost)) : null;
  const written = await tx.query<{
    id: string;
    hold_until: Date | null;
    stops: number;
    is_new: boolean;
    was_freed: boolean;
    was_held: boolean;
  }>(
    `with earlier as (
       select id, freed_at is not null as was_freed, hold_until is not null as was_held from interception
       where department = $3 and service = $4 and reference = $5 and defaulter = $7
     ), written as (
       insert into interception (id, comparison, department, service, reference, enforcement_case, defaulter, outcome, reasons, measures,
         rule_version, object_type, object_sealed, object_blind, own_stop_at, at, hold_until, links, latest_comparison, matched_subject)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $2, $19)
       on conflict (department, service, reference, defaulter) do update set
         freed_at = null, measures = excluded.measures, outcome = excluded.outcome, reasons = excluded.reasons, rule_version = excluded.rule_version, links = excluded.links, latest_comparison = excluded.latest_comparison,
         matched_subject = excluded.matched_subject,
         stops = interception.stops + (interception.freed_at is not null)::int,
         hold_ended_at = case when interception.freed_at is null then interception.hold_ended_at end,
         hold_until = case when interception.freed_at is not null or excluded.hold_until is null then excluded.hold_until
                           else coalesce(interception.hold_until, excluded.hold_until) end
       returning id, hold_until, stops
     )
     select w.id, w.hold_until, w.stops, e.id is null as is_new, coalesce(e.was_freed, false) as was_freed,
            coalesce(e.was_held, false) as was_held
     from written w left join earlier e on true`,
    [
      id,
      made.comparison,
      department,
      input.service,
      input.reference,
      locked.id,
      candidate.defaulter,
      judgement.outcome,
      judgement.reasons,
      judgement.measures,
      made.ruleVersion,
      object?.type ?? null,
      object
        ? encrypt(ring, { table: 'interception', column: 'object_sealed', row: id }, object.number, dataKey)
        : null,
      object ? assetBlind(ring, object.type, object.number) : null,
      input.stoppedAt ? new Date(input.stoppedAt) : null,
      new Date(locked.now),
      holdUntil,
      candidate.links.map(({ id: link }) => link),
      candidate.matchedSubject,
    ],
  );
  const row = written.rows[0];
  if (!row) throw new Error('interception was not written');
  const defaulter = locked.defaulters.find((candidateLife) => candidateLife.id === candidate.defaulter);
  // Stopped again after it was freed is a new stop, and the judge's to know.
  if ((row.is_new || row.was_freed) && defaulter) {
    recordFacts(tx, locked, [
      {
        type: 'comparison-hit',
        key: `comparison-hit:${row.id}:${made.comparison}`,
        at: locked.now,
        actor: made.actor,
        defaulter,
        department,
        service: input.service,
        detail: {
          interception: row.id,
          comparison: made.comparison,
          outcome: judgement.outcome,
          measures: judgement.measures,
          reasons: judgement.reasons,
          links: candidate.links.length > 0 ? candidate.links.map(({ leaf }) => leaf) : undefined,
        },
      },
    ]);
    enqueueSignals(tx, [defaulter], 'interception', row.id);
  } else if (defaulter && row.hold_until && !row.was_held) {
    // The judge knows of the stop; only its hold is new.
    startHold(tx, { defaulter: defaulter.id, interception: row.id, stop: row.stops, due: row.hold_until.getTime() });
    enqueueSignals(tx, [defaulter], 'interception', row.id);
  }
  return {
    id: row.id,
    case: { number: candidate.caseNumber, court: candidate.court, contact: candidate.contact },
    measures: [...judgement.measures],
    basis: candidate.basisNumber,
    ...remedies(made.school !== undefined),
    ...(row.hold_until ? { holdUntil: row.hold_until.toISOString() } : {}),
    ...(candidate.links.length > 0 ? { links: candidate.links.map(({ relation, leaf }) => ({ relation, leaf })) } : {}),
    remaining: made.remaining,
  };
}

/** The party as it was asked: kept, sealed, with a comparison that hit, for the court that has to say who it is. */
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

/**
 * Whether an answer given before would still be given: replays of anything but CLEAR are judged anew when it would not. Where a child's
 * schooling is touched they always are: the register of schools may have changed.
 */
export async function stillHolds(q: Queryable, answer: ComparisonAnswer): Promise<boolean> {
  if (answer.outcome === 'CLEAR') return true;
  const { rows } = await q.query<{ holds: boolean }>(
    `with met as (
       select r.subject, r.related from identity_reach(array(
         select distinct i.subject from comparison c join identifier i on i.blind = any(c.blinds) where c.id = $3 and ${MET_TODAY})) r
     )
     select bool_and(i.freed_at is null and not d.stayed and (i.hold_until is null or clock_timestamp() < i.hold_until or exists (
         select from directive v where v.interception = i.id and v.type in ('SEAL', 'REFUSE'))) and exists (
       select from restriction r where r.defaulter = i.defaulter and r.measure = any(i.measures) and r.in_force_at is not null
         and r.ended_at is null and (r.until is null or clock_timestamp() < r.until))
       and not exists (select from exemption e where e.defaulter = d.id and (e.services is null or i.service = any(e.services))
         and e.from_at <= clock_timestamp() and clock_timestamp() < e.until_at)
       and coalesce((select v.type not in ('ALLOW', 'PROCEEDS_TO_COURT') from directive v where v.interception = i.id
         order by v.ordering desc limit 1), true)
       and exists (select from service_rule r where r.service = i.service and r.version = i.rule_version and not $2 = any(r.flags)
         and (r.valid_until is null or (clock_timestamp() at time zone 'Asia/Shanghai')::date <= r.valid_until)
         and not exists (select from service_rule l where l.service = r.service and l.version > r.version))
       -- A court may have said since that it is somebody else.
       and not exists (select from identity_exception e join identity_exception_number n on n.exception = e.id join comparison c on n.blind = any(c.blinds)
         where c.id = $3 and e.subject in (i.matched_subject, d.subject) and e.revoked_at is null and clock_timestamp() < e.expires_at)
       -- The court itself may have said since that it applies (a minute's grace: said before, on record after).
       and not exists (select from court_application a join decision v on v.id = a.decision join enforcement_case k on k.court = a.court
         join comparison c on c.id = $3 where k.id = i.enforcement_case and v.at > c.at - interval '1 minute' and clock_timestamp() < a.until_at)
       -- The person it was given for may have been corrected away since, a link revoked, or the number may have had its day.
       and not exists (select from identity_link k where k.id = any(i.links) and k.revoked_at is not null)
       and exists (select from met m where case when 'LEGAL_REP_OF' = any(i.reasons)
         then m.related and m.subject = d.subject or not m.related and exists (
           select from representative p where p.defaulter = d.id and p.subject = m.subject and p.until is null)
         else not m.related and m.subject = d.subject end)) as holds
     from interception i join defaulter d on d.id = i.defaulter where i.id = any($1)`,
    [answer.interceptions.map((interception) => interception.id), TOUCHES_A_CHILD, answer.id],
  );
  return rows[0]?.holds ?? false;
}

async function requireOwnService(q: Queryable, service: string, department: string): Promise<void> {
  const { rows } = await q.query<{ department: string | null; never_gated: boolean }>(
    'select department, never_gated from service where code = $1',
    [service],
  );
  const row = rows[0];
  const code = !row
    ? 'unknown-service'
    : row.never_gated
      ? 'never-gated'
      : row.department !== department
        ? 'foreign-service'
        : undefined;
  if (code) {
    throw Refusal.invalid(
      '该事项不是本部门可限制的事项。 / This is not a service that this department may gate.',
      '/service',
      code,
    );
  }
}
