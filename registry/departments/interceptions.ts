import { uuidv7 } from 'uuidv7';
import { DAY_MS } from '../../domain/calendar.js';
import type { Judgement } from '../../domain/comparison.js';
import type { Relation } from '../../domain/identity/relations.js';
import type { Measure } from '../../domain/vocabulary.js';
import { startHold } from '../case/deadlines.js';
import { recordFacts } from '../case/facts.js';
import type { LockedCase } from '../case/locked-case.js';
import { enqueueSignals } from '../case/outbox.js';
import { assetBlind } from '../case/restrictions.js';
import { remedies } from '../catalogue/remedies.js';
import type { SchoolGate } from '../catalogue/schools.js';
import type { Transaction } from '../database/pool.js';
import type { Actor, ComparisonInput } from '../inputs.js';
import { caseKeyOf } from '../keys/data-keys.js';
import { encrypt, type KeyRing } from '../keys/key-ring.js';
import type { FoundDefaulter } from './met-defaulters.js';

/** A met defaulter that stops the business. */
export interface Hit {
  met: FoundDefaulter;
  judgement: Exclude<Judgement, { outcome: 'CLEAR' }>;
}

/** What a department is told of one interception: whom to ask, how it ends, how to object. */
export interface AnsweredInterception {
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
export async function intercept(
  tx: Transaction,
  ring: KeyRing,
  locked: LockedCase,
  made: NewInterception,
): Promise<AnsweredInterception> {
  const { met, judgement } = made.hit;
  const written = await writeInterception(tx, ring, locked, made);
  informJudge(tx, locked, made, written);
  return {
    id: written.id,
    case: { number: met.caseNumber, court: met.court, contact: met.contact },
    measures: [...judgement.measures],
    basis: met.basisNumber,
    ...remedies(made.school !== undefined),
    ...(written.hold_until ? { holdUntil: written.hold_until.toISOString() } : {}),
    ...(met.links.length > 0 ? { links: met.links.map(({ relation, leaf }) => ({ relation, leaf })) } : {}),
    remaining: made.remaining,
  };
}

interface WrittenInterception {
  id: string;
  hold_until: Date | null;
  stops: number;
  is_new: boolean;
  was_freed: boolean;
  was_held: boolean;
}

async function writeInterception(
  tx: Transaction,
  ring: KeyRing,
  locked: LockedCase,
  made: NewInterception,
): Promise<WrittenInterception> {
  const { input } = made;
  const { met, judgement } = made.hit;
  const id = uuidv7();
  const object = input.object;
  const dataKey = object && (await caseKeyOf(tx, ring, locked));
  const { rows } = await tx.query<WrittenInterception>(WRITE_INTERCEPTION, [
    id,
    made.comparison,
    made.department,
    input.service,
    input.reference,
    locked.id,
    met.defaulter,
    judgement.outcome,
    judgement.reasons,
    judgement.measures,
    made.ruleVersion,
    object?.type ?? null,
    object ? encrypt(ring, { table: 'interception', column: 'object_sealed', row: id }, object.number, dataKey) : null,
    object ? assetBlind(ring, object.type, object.number) : null,
    input.stoppedAt ? new Date(input.stoppedAt) : null,
    new Date(locked.now),
    holdEnd(made, locked.now),
    met.links.map(({ id: link }) => link),
    met.matchedSubject,
  ]);
  const row = rows[0];
  if (!row) throw new Error('interception was not written');
  return row;
}

/** Until when a doubt holds the business; null: it is no doubt. */
function holdEnd({ hit, holdDays, school }: NewInterception, now: number): Date | null {
  if (hit.judgement.outcome !== 'REVIEW') return null;
  return new Date(Math.min(now + holdDays * DAY_MS, school?.holdAtMost ?? Number.POSITIVE_INFINITY));
}

const WRITE_INTERCEPTION = `
  with earlier as (
    select id, freed_at is not null as was_freed, hold_until is not null as was_held
    from interception
    where department = $3 and service = $4 and reference = $5 and defaulter = $7
  ), written as (
    insert into interception (
      id, comparison, department, service, reference, enforcement_case, defaulter,
      outcome, reasons, measures, rule_version, object_type, object_sealed, object_blind,
      own_stop_at, at, hold_until, links, latest_comparison, matched_subject)
    values (
      $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
      $11, $12, $13, $14, $15, $16, $17, $18, $2, $19)
    on conflict (department, service, reference, defaulter) do update set
      freed_at = null,
      measures = excluded.measures,
      outcome = excluded.outcome,
      reasons = excluded.reasons,
      rule_version = excluded.rule_version,
      links = excluded.links,
      latest_comparison = excluded.latest_comparison,
      matched_subject = excluded.matched_subject,
      stops = interception.stops + (interception.freed_at is not null)::int,
      hold_ended_at = case when interception.freed_at is null then interception.hold_ended_at end,
      hold_until = case
        when interception.freed_at is not null or excluded.hold_until is null
        then excluded.hold_until
        else coalesce(interception.hold_until, excluded.hold_until) end
    returning id, hold_until, stops
  )
  select w.id, w.hold_until, w.stops, e.id is null as is_new,
         coalesce(e.was_freed, false) as was_freed,
         coalesce(e.was_held, false) as was_held
  from written w
  left join earlier e on true`;

/** Tells the judge what is new: a stop, or the hold of a stop that is known. */
function informJudge(tx: Transaction, locked: LockedCase, made: NewInterception, written: WrittenInterception): void {
  const { input, department } = made;
  const { met, judgement } = made.hit;
  const defaulter = locked.defaulters.find(({ id }) => id === met.defaulter);
  // Stopped again after it was freed is a new stop, and the judge's to know.
  if ((written.is_new || written.was_freed) && defaulter) {
    recordFacts(tx, locked, [
      {
        type: 'comparison-hit',
        key: `comparison-hit:${written.id}:${made.comparison}`,
        at: locked.now,
        actor: made.actor,
        defaulter,
        department,
        service: input.service,
        detail: {
          interception: written.id,
          comparison: made.comparison,
          outcome: judgement.outcome,
          measures: judgement.measures,
          reasons: judgement.reasons,
          links: met.links.length > 0 ? met.links.map(({ leaf }) => leaf) : undefined,
        },
      },
    ]);
    enqueueSignals(tx, [defaulter], 'interception', written.id);
  } else if (defaulter && written.hold_until && !written.was_held) {
    // The judge knows of the stop; only its hold is new.
    startHold(tx, {
      defaulter: defaulter.id,
      interception: written.id,
      stop: written.stops,
      due: written.hold_until.getTime(),
    });
    enqueueSignals(tx, [defaulter], 'interception', written.id);
  }
}
