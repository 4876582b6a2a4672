import { uuidv7 } from 'uuidv7';
import { shanghaiDate } from '../../domain/calendar.js';
import { everythingEnded } from '../../domain/life.js';
import { Refusal } from '../../domain/refusal.js';
import { earliestDeadline, startDeadline, startHold, stopId } from '../case/deadlines.js';
import { handToLives, recordFacts } from '../case/facts.js';
import { raise } from '../case/inbox.js';
import { type LockedCase, type LockedLife, lockCase, lockLife } from '../case/locked-case.js';
import { type Queryable, send, type Transaction } from '../database/pool.js';
import { writeNotice } from '../departments/notices.js';
import type { Actor, DirectiveInput, FeedbackInput } from '../inputs.js';
import { caseKeyOf } from '../keys/data-keys.js';
import { type KeyRing, seal } from '../keys/key-ring.js';
import { confirmReference } from '../parties/identity-links.js';
import { impose } from './decisions.js';

export interface InterceptionScope {
  court: string;
  judge: string;
  department: string;
  enforcementCase: string;
}

/** Whose an interception is: the court that listed, the department that stopped. */
export async function interceptionScope(q: Queryable, id: string): Promise<InterceptionScope | undefined> {
  const { rows } = await q.query<{ court: string; judge: string; department: string; enforcement_case: string }>(
    `select c.court, c.judge, i.department, i.enforcement_case from interception i join enforcement_case c on c.id = i.enforcement_case where i.id = $1`,
    [id],
  );
  const row = rows[0];
  return (
    row && { court: row.court, judge: row.judge, department: row.department, enforcementCase: row.enforcement_case }
  );
}

/**
 * The court's answer to a department: the fact, a notice to that department alone, and for SEAL the seal on that asset, which the process
 * publishes. Throws Refusal: `not-found`; `state-conflict` when nothing of the defaulter is left to direct; `invalid` for a SEAL without asset.
 */
export async function giveDirective(
  tx: Transaction,
  ring: KeyRing,
  interception: string,
  input: DirectiveInput,
  actor: Actor,
): Promise<{ id: string }> {
  const { locked, life, department, service } = await lockInterception(tx, ring, interception);
  if (everythingEnded(life.life)) {
    throw new Refusal(
      'state-conflict',
      '措施已全部解除，无可指示。 / Every measure has ended: there is nothing to direct.',
      [{ pointer: '', code: 'ending' }],
    );
  }
  const id = uuidv7();
  const { asset } = input;
  const dataKey = asset || input.note ? await caseKeyOf(tx, ring, locked) : undefined;
  send(
    tx,
    `insert into directive (id, interception, type, asset_type, asset_sealed, note_sealed, made_by, at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      id,
      interception,
      input.type,
      asset?.type ?? null,
      asset ? seal(ring, { table: 'directive', column: 'asset_sealed', row: id }, asset.number, dataKey) : null,
      input.note ? seal(ring, { table: 'directive', column: 'note_sealed', row: id }, input.note, dataKey) : null,
      actor.id,
      new Date(locked.now),
    ],
  );
  recordFacts(tx, locked, [
    {
      type: 'directive',
      key: `directive:${id}`,
      at: locked.now,
      actor,
      defaulter: life,
      department,
      service,
      detail: { directive: id, directiveType: input.type, interception },
    },
  ]);
  if (input.type === 'SEAL') {
    if (!asset)
      throw new Refusal('invalid', '查封须写明财产。 / A SEAL needs its asset.', [
        { pointer: '/asset', code: 'required' },
      ]);
    const made = shanghaiDate(locked.now);
    await impose(tx, ring, locked, life, {
      measure: 'SEAL',
      decision: { number: locked.caseNumber, madeOn: made },
      asset,
    });
    handToLives(tx, [life], 'decision', id);
  }
  writeNotice(tx, locked, life, {
    kind: 'DIRECTIVE',
    measures: [],
    restrictions: [],
    until: null,
    interceptions: [interception],
    directive: { id, department },
  });
  return { id };
}

/**
 * What the department did with the business; a doubt about who the person is goes to the judge. It says nothing to the life.
 * Throws Refusal `not-found`.
 */
export async function giveFeedback(
  tx: Transaction,
  ring: KeyRing,
  interception: string,
  input: FeedbackInput,
  actor: Actor,
): Promise<{ id: string }> {
  const { locked, life, department, service } = await lockInterception(tx, ring, interception);
  const id = uuidv7();
  const dataKey = input.note ? await caseKeyOf(tx, ring, locked) : undefined;
  send(
    tx,
    `insert into feedback (id, interception, department, action, identity, note_sealed, acted_at, at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      id,
      interception,
      department,
      input.action,
      input.identity ?? null,
      input.note ? seal(ring, { table: 'feedback', column: 'note_sealed', row: id }, input.note, dataKey) : null,
      new Date(input.at),
      new Date(locked.now),
    ],
  );
  recordFacts(tx, locked, [
    {
      type: 'feedback',
      key: `feedback:${id}`,
      at: locked.now,
      actor,
      defaulter: life,
      department,
      service,
      detail: {
        feedback: id,
        interception,
        action: input.action,
        ...(input.identity ? { identity: input.identity } : {}),
        actedAt: input.at,
      },
    },
  ]);
  const tied =
    input.localReference === undefined ||
    (await confirmReference(
      tx,
      ring,
      {
        subject: life.subject,
        department,
        reference: input.localReference,
        interception,
        court: locked.court,
        evidence: locked.lastLeafHash ?? Buffer.alloc(32),
      },
      actor,
    ));
  if (input.identity === 'other' || input.identity === 'unsure' || !tied) {
    await raise(tx, {
      key: `identity:${interception}:${input.identity}`,
      kind: 'interception',
      enforcementCase: locked.id,
      defaulter: life.id,
      interception,
      department,
      at: locked.now,
    });
  }
  return { id };
}

/**
 * Tells the judge of interceptions: an item in the inbox and a fact, once each; those told before are passed over. Returns the earliest deadline that
 * this life now has (epoch ms).
 */
export async function notifyJudge(
  tx: Transaction,
  ring: KeyRing,
  defaulter: string,
  interceptions: readonly string[],
): Promise<number | null> {
  const [{ locked, life }, { rows }] = await Promise.all([
    lockLife(tx, ring, defaulter),
    tx.query<{ id: string; department: string; service: string; hold_until: Date | null; stops: number }>(
      'select id, department, service, hold_until, stops from interception where defaulter = $1 and id = any($2) order by at, id',
      [defaulter, interceptions],
    ),
  ]);
  for (const row of rows) {
    const stop = stopId(row.id, row.stops);
    const due = await startDeadline(tx, {
      kind: 'answer',
      level: 0,
      subject: stop,
      defaulter,
      now: locked.now,
      interception: row.id,
    });
    const item = {
      deadline: due === null ? null : new Date(due).toISOString(),
      key: `interception:${stop}`,
      kind: 'interception' as const,
      enforcementCase: locked.id,
      defaulter,
      interception: row.id,
      department: row.department,
      at: locked.now,
    };
    const raised = await raise(tx, item);
    if (raised === null) continue;
    await startDeadline(tx, {
      kind: 'read',
      level: 0,
      subject: stop,
      defaulter,
      now: locked.now,
      inboxItem: raised,
      interception: row.id,
    });
    if (row.hold_until)
      startHold(tx, { defaulter, interception: row.id, stop: row.stops, due: row.hold_until.getTime() });
    recordFacts(tx, locked, [
      {
        type: 'judge-notified',
        key: `judge-notified:${stop}`,
        at: locked.now,
        actor: { role: 'system', id: 'enforcement' },
        defaulter: life,
        department: row.department,
        service: row.service,
        detail: { interception: row.id, judge: locked.judge },
      },
    ]);
  }
  return earliestDeadline(tx, defaulter);
}

async function lockInterception(
  tx: Transaction,
  ring: KeyRing,
  id: string,
): Promise<{ locked: LockedCase; life: LockedLife; department: string; service: string }> {
  const { rows } = await tx.query<{ enforcement_case: string; defaulter: string; department: string; service: string }>(
    'select enforcement_case, defaulter, department, service from interception where id = $1',
    [id],
  );
  const row = rows[0];
  const locked = row && (await lockCase(tx, ring, row.enforcement_case));
  const life = locked?.lives.find((candidate) => candidate.id === row?.defaulter);
  if (!row || !locked || !life) throw new Refusal('not-found', '没有此拦截记录。 / No such interception.');
  return { locked, life, department: row.department, service: row.service };
}
