import { uuidv7 } from 'uuidv7';
import { decided, type EnforcementEvent, everythingEnded, lengthenable, transition } from '../../domain/enforcement.js';
import type { WrittenFact } from '../../domain/facts.js';
import { formatYuan } from '../../domain/money.js';
import { Refusal } from '../../domain/refusal.js';
import type { ReleaseGround } from '../../domain/vocabulary.js';
import { canonicalJson, type Json } from '../../ledger/canonical-json.js';
import { accept, applyEvent } from '../case/apply-event.js';
import { recordFacts } from '../case/facts.js';
import { enqueueCaseSignals, raiseLateFact } from '../case/late-facts.js';
import { balanceOf, type LockedCase, type LockedDefaulter, lockCase } from '../case/locked-case.js';
import { insertRestriction, isSeized } from '../case/restrictions.js';
import { allAnswered, send, type Transaction, violatedConstraint } from '../database/pool.js';
import type { Actor, DecisionInput, MeasureInput } from '../inputs.js';
import { caseKeyOf } from '../keys/data-keys.js';
import { encrypt, type KeyRing } from '../keys/key-ring.js';
import { correct } from './corrections.js';
import { announceApplication } from './court-applications.js';
import { endByPerformance, notPerformed } from './performance.js';
import { confirmService, exempt } from './permissions.js';
import { endSameDebt, lockSameDebt } from './same-debt.js';

const WRITE_DECISION = `
  insert into decision (
    id, enforcement_case, defaulter, type, ground, measures, body_sealed, made_by, at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/**
 * A judge's decision: the fact, its effects and what the lives will receive, in one transaction under the lock of the case.
 * Without `defaulter` it is meant for all of the case that it can still touch. An objection (失信名单规定 art. 11-12) that is upheld when
 * everything has ended changes nothing of it, and is kept as a late fact: the evidence of a wrong listing is owed to the person (法释〔2022〕3号).
 * Throws Refusal: `not-found`; `state-conflict` where it does not fit the state as it now is; `invalid` for an unknown judge.
 */
export async function decide(
  tx: Transaction,
  ring: KeyRing,
  caseId: string,
  input: DecisionInput,
  actor: Actor,
): Promise<{ id: string }> {
  const sameDebt = await lockSameDebt(tx, caseId);
  const locked = await lockCase(tx, ring, caseId);
  if (!locked) throw Refusal.notFound('case');
  const defaulters = targetsOf(locked, input.defaulter);
  const id = uuidv7();
  const dataKey = await caseKeyOf(tx, ring, locked);
  send(tx, WRITE_DECISION, [
    id,
    caseId,
    input.defaulter ?? null,
    input.type,
    input.type === 'release' ? input.ground : null,
    input.type === 'release' ? (input.measures ?? null) : null,
    encrypt(ring, { table: 'decision', column: 'body_sealed', row: id }, canonicalJson(asJson(input)), dataKey),
    actor.id,
    new Date(locked.now),
  ]);
  const defaulter = input.defaulter ? defaulters[0] : undefined;
  recordFacts(tx, locked, [
    {
      type: 'decision',
      key: `decision:${id}`,
      at: locked.now,
      actor,
      ...(defaulter ? { defaulter } : {}),
      detail: publicDetail(id, input),
    },
  ]);
  if (
    input.type === 'revoke' &&
    input.objection &&
    defaulters.every(({ enforcement }) => everythingEnded(enforcement))
  ) {
    await raiseLateFact(tx, locked, {
      signal: 'decision',
      ref: id,
      actor,
      ...(defaulter ? { defaulter: defaulter.id } : {}),
    });
    return { id };
  }
  await EFFECTS[input.type]({ tx, ring, locked, sameDebt, defaulters, actor, id }, input as never);
  await enqueueCaseSignals(tx, locked, 'decision', id, actor, input.defaulter);
  return { id };
}

/** Ends all that is still in force in the case, on one ground. Throws Refusal as `decide`. */
export const closeCase = (
  tx: Transaction,
  ring: KeyRing,
  caseId: string,
  ground: ReleaseGround,
  actor: Actor,
): Promise<{ id: string }> => decide(tx, ring, caseId, { type: 'release', ground }, actor);

interface Deciding {
  tx: Transaction;
  ring: KeyRing;
  locked: LockedCase;
  /** The other cases of the same debt, locked too. */
  sameDebt: readonly string[];
  /** Those it is meant for. */
  defaulters: LockedDefaulter[];
  actor: Actor;
  id: string;
}

type Effect<T extends DecisionInput['type']> = (
  deciding: Deciding,
  input: Extract<DecisionInput, { type: T }>,
) => Promise<void>;

const EFFECTS: { readonly [T in DecisionInput['type']]: Effect<T> } = {
  release: async (deciding, { ground, measures }) => {
    if (ground === 'performed' && balanceOf(deciding.locked).outstanding > 0n) {
      throw Refusal.conflict(
        '尚有未履行金额，不能以履行完毕解除。 / Something is still outstanding.',
        'still-outstanding',
        '/ground',
      );
    }
    await applyToAll(deciding, { type: 'release', ground, measures: measures ?? null });
  },
  revoke: (deciding) => applyToAll(deciding, { type: 'revoke' }),
  stay: (deciding) => applyToAll(deciding, { type: 'stay' }),
  resume: (deciding) => applyToAll(deciding, { type: 'resume' }),
  impose: async ({ tx, ring, locked, defaulters }, { measure, decision, asset }) => {
    for (const defaulter of defaulters) {
      await impose(tx, ring, locked, defaulter, { measure, decision, ...(asset ? { asset } : {}) });
    }
  },
  'amend-obligation': async ({ tx, ring, locked, sameDebt, actor, id }, { amountFen }) => {
    await tx.query('update enforcement_case set obligation_fen = $2 where id = $1', [locked.id, amountFen.toString()]);
    const before = balanceOf(locked);
    const after = balanceOf({ ...locked, obligationFen: amountFen });
    recordFacts(tx, locked, [
      {
        type: 'obligation-amended',
        key: `obligation-amended:${id}`,
        at: locked.now,
        actor,
        detail: {
          from: formatYuan(locked.obligationFen),
          to: formatYuan(amountFen),
          outstanding: formatYuan(after.outstanding),
        },
      },
    ]);
    if (before.outstanding > 0n && after.outstanding === 0n) await endByPerformance(tx, ring, locked, sameDebt, actor);
    else if (after.outstanding > 0n) await notPerformed(tx, locked.id);
  },
  exempt: ({ tx, defaulters, id }, permission) => exempt(tx, defaulters, id, permission),
  extend: async ({ tx, locked, defaulters }, { months }) => {
    for (const defaulter of defaulters) await lengthenTerm(tx, defaulter, months, locked.now);
  },
  correct: async ({ tx, ring, locked, defaulters, actor }, change) => {
    const [defaulter, another] = defaulters;
    if (!defaulter || another) {
      throw Refusal.invalid('更正须指明一名被执行人。 / Name the defaulter to correct.', '/defaulter', 'required');
    }
    await correct(tx, ring, locked, defaulter, change, actor);
  },
  'confirm-service': ({ tx, defaulters, id }, { service }) => confirmService(tx, defaulters, id, service),
  'court-application': async ({ tx, ring, locked, id }, application) =>
    announceApplication(tx, ring, locked, id, application),
  reassign: async ({ tx, locked }, { judge }) => {
    const { rowCount } = await tx.query(
      `update enforcement_case set judge = $2
       where id = $1
         and exists (select from judge where id = $2 and court = $3)`,
      [locked.id, judge, locked.court],
    );
    if (rowCount === 0) {
      throw Refusal.invalid('本院没有此法官。 / No such judge at this court.', '/judge', 'unknown-judge');
    }
  },
};

/** Records a longer term; the process puts it in force where the term still runs. Throws Refusal `state-conflict` where there is none to lengthen. */
async function lengthenTerm(tx: Transaction, defaulter: LockedDefaulter, months: number, now: number): Promise<void> {
  const conflict = lengthenable(defaulter.enforcement, months, now);
  if (conflict !== null) accept({ conflict });
  await tx.query('update defaulter set term_months = term_months + $2 where id = $1', [defaulter.id, months]);
}

/** Decides a further restriction; the process publishes it. Throws Refusal `state-conflict` on a life that is ending, or twice. */
export async function impose(
  tx: Transaction,
  ring: KeyRing,
  locked: LockedCase,
  defaulter: LockedDefaulter,
  measure: MeasureInput,
): Promise<string> {
  const draft = decided('', measure.measure);
  accept(transition(defaulter.enforcement, { type: 'impose', restriction: draft }, locked.now));
  if (measure.asset && (await isSeized(tx, ring, defaulter.id, measure.asset))) accept({ conflict: 'already-imposed' });
  const dataKey = await caseKeyOf(tx, ring, locked);
  await tx.query('savepoint impose');
  try {
    const id = insertRestriction(tx, ring, {
      caseId: locked.id,
      defaulter: defaulter.id,
      subject: defaulter.subject,
      measure,
      dataKey,
    });
    await allAnswered(tx);
    defaulter.enforcement = {
      ...defaulter.enforcement,
      restrictions: [...defaulter.enforcement.restrictions, { ...draft, id }],
    };
    return id;
  } catch (error) {
    if (violatedConstraint(error) !== 'restriction_open') throw error;
    await tx.query('rollback to savepoint impose');
    accept({ conflict: 'already-imposed' });
    throw error;
  }
}

/** One defaulter: the event must fit. The whole case: it must fit at least one, and touches those it fits. */
async function applyToAll(
  { tx, ring, locked, sameDebt, defaulters, actor }: Deciding,
  event: Exclude<EnforcementEvent, { type: 'impose' }>,
): Promise<void> {
  const fitting = defaulters.filter(({ enforcement }) => 'enforcement' in transition(enforcement, event, locked.now));
  const [first] = defaulters;
  if (fitting.length === 0 && first) accept(transition(first.enforcement, event, locked.now));
  for (const defaulter of fitting) applyEvent(tx, locked, defaulter, event, actor);
  if (event.type === 'release' || event.type === 'revoke')
    await endSameDebt(tx, ring, locked, sameDebt, fitting, event, actor);
}

function targetsOf(locked: LockedCase, defaulterId: string | undefined): LockedDefaulter[] {
  if (defaulterId === undefined) {
    const open = locked.defaulters.filter(({ enforcement }) => !everythingEnded(enforcement));
    return open.length > 0 ? open : locked.defaulters;
  }
  const found = locked.defaulters.find((defaulter) => defaulter.id === defaulterId);
  if (!found) {
    throw Refusal.invalid('本案没有此被执行人。 / No such defaulter in this case.', '/defaulter', 'unknown-defaulter');
  }
  return [found];
}

/** The members of a decision that everybody who may see the timeline may see: no free text, no person. */
function publicDetail(decision: string, input: DecisionInput): Extract<WrittenFact, { type: 'decision' }>['detail'] {
  switch (input.type) {
    case 'release':
      return { decision, decisionType: input.type, ground: input.ground, measures: input.measures };
    case 'impose':
      return { decision, decisionType: input.type, measure: input.measure };
    case 'amend-obligation':
      return { decision, decisionType: input.type, amount: formatYuan(input.amountFen) };
    case 'reassign':
      return { decision, decisionType: input.type, judge: input.judge };
    case 'exempt':
      return {
        decision,
        decisionType: input.type,
        from: input.fromAt,
        until: input.untilAt,
        services: input.services,
      };
    case 'extend':
      return { decision, decisionType: input.type, months: input.months };
    case 'court-application':
      return { decision, decisionType: input.type, until: input.untilAt };
    case 'confirm-service':
      return { decision, decisionType: input.type, service: input.service };
    default:
      return { decision, decisionType: input.type };
  }
}

/** Amounts in yuan. */
function asJson(input: DecisionInput): Json {
  return JSON.parse(
    JSON.stringify(input, (_key, value: unknown) => (typeof value === 'bigint' ? formatYuan(value) : value)),
  );
}
