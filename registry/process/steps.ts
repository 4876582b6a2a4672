import { shanghaiDate } from '../../domain/calendar.js';
import {
  endUnnotified,
  everythingEnded,
  isEffective,
  isInForce,
  type NextStep,
  nextStep,
  type Restriction,
  termEndOf,
} from '../../domain/enforcement.js';
import type { AwaitedNoticeKind } from '../../domain/vocabulary.js';
import { applyEvent } from '../case/apply-event.js';
import { startDeadline } from '../case/deadlines.js';
import { endEnforcements, mayEnd } from '../case/end-enforcements.js';
import { DEADLINE, RELEASES_SETTLED } from '../case/enforcement-rows.js';
import { recordFacts } from '../case/facts.js';
import { itemKey, raise } from '../case/inbox.js';
import { type LockedCase, type LockedDefaulter, lockDefaulter } from '../case/locked-case.js';
import type { Transaction } from '../database/pool.js';
import { writeNotice } from '../departments/notices.js';
import { SYSTEM } from '../inputs.js';
import type { KeyRing } from '../keys/key-ring.js';
import { escalateDue, questionOf, supersedeQuestions } from './escalation.js';
import { tellPermissions } from './permission-notices.js';

/** What the process is told after a step. */
export interface StepResult extends NextStep {
  readonly ended: boolean;
}

/**
 * Puts in force what may be, and tells the departments. Guarded by the lock of the case: what has ended, is stayed, or is
 * still in grace is left alone, so whichever fact came first wins. Run twice, the second finds nothing to do.
 */
export async function publish(tx: Transaction, ring: KeyRing, defaulterId: string): Promise<StepResult> {
  const { locked, defaulter } = await lockDefaulter(tx, ring, defaulterId);
  const inGrace = defaulter.enforcement.publishedAt === null && defaulter.enforcement.graceEndsAt !== null;
  const { changed } = applyEvent(
    tx,
    locked,
    defaulter,
    { type: 'publish', termEnd: (r) => firstTermEnd(defaulter, r, locked.now) },
    SYSTEM,
  );
  if (changed.length > 0) {
    const measures = changed.map((r) => r.measure);
    const notice = writeNotice(tx, locked, defaulter, {
      kind: 'PUBLISH',
      measures,
      restrictions: changed.map((r) => r.id),
      until: changed.find((r) => r.until !== null)?.until ?? null,
    });
    recordFacts(tx, locked, [
      ...(inGrace
        ? [
            {
              type: 'grace-ended' as const,
              key: `grace-ended:${defaulterId}`,
              at: locked.now,
              actor: SYSTEM,
              defaulter,
              detail: {},
            },
          ]
        : []),
      {
        type: 'published',
        key: `published:${changed[0]?.id}`,
        at: locked.now,
        actor: SYSTEM,
        defaulter,
        detail: { notice, measures, restrictions: changed.map((r) => r.id) },
      },
    ]);
  }
  return result(defaulter, locked.now);
}

/** Puts an extension of the term in force, where the term still runs, and tells the departments. */
export async function extend(tx: Transaction, ring: KeyRing, defaulterId: string): Promise<StepResult> {
  const { locked, defaulter } = await lockDefaulter(tx, ring, defaulterId);
  const { changed } = applyEvent(tx, locked, defaulter, { type: 'extend' }, SYSTEM);
  if (changed.length > 0) {
    writeNotice(tx, locked, defaulter, {
      kind: 'EXTEND',
      measures: changed.map((r) => r.measure),
      restrictions: changed.map((r) => r.id),
      until: changed[0]?.until ?? null,
    });
  }
  return result(defaulter, locked.now);
}

/** Looks at the deadlines that are due. */
export async function escalate(tx: Transaction, ring: KeyRing, defaulterId: string): Promise<StepResult> {
  const { locked, defaulter } = await lockDefaulter(tx, ring, defaulterId);
  await escalateDue(tx, locked, defaulter);
  return resultRead(tx, defaulter, locked.now);
}

/** Records that terms are over; the clock ended their effects already (失信名单规定 art. 2). */
export async function expire(tx: Transaction, ring: KeyRing, defaulterId: string): Promise<StepResult> {
  const { locked, defaulter } = await lockDefaulter(tx, ring, defaulterId);
  const before = defaulter.enforcement;
  const { changed } = applyEvent(tx, locked, defaulter, { type: 'expire' }, SYSTEM);
  if (defaulter.enforcement !== before) {
    recordFacts(tx, locked, [
      {
        type: 'term-ended',
        key: `term-ended:${changed[0]?.id}`,
        at: locked.now,
        actor: SYSTEM,
        defaulter,
        detail: { restrictions: changed.map((r) => r.id) },
      },
    ]);
  }
  return result(defaulter, locked.now);
}

/**
 * Tells the departments what has changed since they were last notified: a RELEASE for what was in force and has ended, with the
 * business it frees; STAY or RESUME. What never came into force was never notified, so its end is not either.
 */
export async function tell(tx: Transaction, ring: KeyRing, defaulterId: string): Promise<StepResult> {
  const { locked, defaulter } = await lockDefaulter(tx, ring, defaulterId);
  const before = defaulter.enforcement;
  const unnotified = before.restrictions.filter(endUnnotified);
  const known = unnotified.filter((r) => r.inForceAt !== null);
  await tellEnd(
    tx,
    locked,
    defaulter,
    'CORRECT',
    known.filter((r) => r.endGround === 'corrected'),
  );
  await tellEnd(
    tx,
    locked,
    defaulter,
    'RELEASE',
    known.filter((r) => r.endGround !== 'corrected'),
  );
  if (before.publishedAt !== null && before.stayed !== before.stayNotified && !everythingEnded(before)) {
    const open = before.restrictions.filter(isInForce);
    writeNotice(tx, locked, defaulter, {
      kind: before.stayed ? 'STAY' : 'RESUME',
      measures: open.map((r) => r.measure),
      restrictions: open.map((r) => r.id),
      until: null,
    });
  }
  if (before.publishedAt !== null && before.noticePending) await tellPermissions(tx, locked, defaulter);
  applyEvent(tx, locked, defaulter, { type: 'notified' }, SYSTEM);
  await askToEndWhatStays(tx, locked, defaulter);
  return resultRead(tx, defaulter, locked.now);
}

/** One notice for what has ended, with the business it frees. A correction is told as such: the old identity was never to be stopped. */
async function tellEnd(
  tx: Transaction,
  locked: LockedCase,
  defaulter: LockedDefaulter,
  kind: AwaitedNoticeKind,
  ended: readonly Restriction[],
): Promise<void> {
  if (ended.length === 0) return;
  const measures = ended.map((r) => r.measure);
  const interceptions = await freeInterceptions(tx, locked, defaulter);
  const notice = writeNotice(tx, locked, defaulter, {
    kind,
    measures,
    restrictions: ended.map((r) => r.id),
    until: null,
    interceptions,
  });
  await startDeadline(tx, {
    kind: 'acknowledge',
    level: 0,
    about: notice,
    defaulter: defaulter.id,
    now: locked.now,
    notice,
  });

  recordFacts(tx, locked, [
    {
      type: 'release-published',
      key: `release-published:${ended[0]?.id}`,
      at: locked.now,
      actor: SYSTEM,
      defaulter,
      detail: { notice, kind, measures, freed: interceptions },
    },
  ]);
}

/**
 * Ends the life, if it is over: everything ended and notified, every release acknowledged, and no fact that the process has not
 * received (`receivedUpTo`: the number up to which it has received all, null while there is a gap). Closes the case with its last life.
 */
export async function finish(
  tx: Transaction,
  ring: KeyRing,
  defaulterId: string,
  receivedUpTo: number | null,
): Promise<StepResult> {
  const { locked, defaulter } = await lockDefaulter(tx, ring, defaulterId);
  const ending = { locked, defaulter };
  if (receivedUpTo === defaulter.lastSignalSeq && defaulter.releasesSettled && mayEnd(ending))
    recordFacts(
      tx,
      locked,
      endEnforcements(tx, [ending], SYSTEM).map(({ fact }) => fact),
    );
  const after = result(defaulter, locked.now);
  // A fact is still on its way: its signal will bring the life back here.
  return after.due === 'finish' ? { ...after, due: null } : after;
}

/** How a life stands after a step that notified nobody and started no clock: all of it came with the lock. */
const result = ({ enforcement, releasesSettled }: LockedDefaulter, now: number): StepResult => ({
  ...nextStep(enforcement, releasesSettled, now),
  ended: enforcement.endedAt !== null,
});

/** The same after a step that may have: what it has written is read back. */
async function resultRead(tx: Transaction, defaulter: LockedDefaulter, now: number): Promise<StepResult> {
  const { rows } = await tx.query<{ released: boolean; deadline_at: Date | null }>(
    `select
       ${RELEASES_SETTLED} as released,
       ${DEADLINE} as deadline_at
     from defaulter d
     where d.id = $1`,
    [defaulter.id],
  );
  const deadlineAt = rows[0]?.deadline_at?.getTime() ?? null;
  return result(
    {
      ...defaulter,
      enforcement: { ...defaulter.enforcement, deadlineAt },
      releasesSettled: rows[0]?.released ?? false,
    },
    now,
  );
}

/** The end a listing gets when it is published today; one that replaces another keeps the other's term. */
const firstTermEnd = (defaulter: LockedDefaulter, r: Restriction, now: number): number | null =>
  r.measure === 'LISTING' ? (r.termEnd ?? termEndOf(shanghaiDate(now), defaulter.enforcement.termMonths)) : null;

/** Interceptions of this life which nothing of it gates any more; they are freed with this release, once. */
async function freeInterceptions(tx: Transaction, locked: LockedCase, defaulter: LockedDefaulter): Promise<string[]> {
  const effective = defaulter.enforcement.restrictions.filter((r) => isEffective({ stayed: false }, r, locked.now));
  const { rows } = await tx.query<{ id: string; outcome: string }>(
    `update interception i
     set freed_at = $2
     where i.defaulter = $1
       and i.freed_at is null
       and not exists (
         select
         from restriction r
         join service_rule rule on rule.service = i.service
           and rule.version = i.rule_version
         where r.id = any($3)
           and r.measure = any(rule.gated_by)
           and (r.measure <> 'SEAL' or (r.asset_type = i.object_type and (
             r.asset_blind = i.object_blind
             -- While assets stand under two keys, the same one may look like two: what a SEAL may
             -- gate is not let go.
             or (
               select count(*)
               from key_in_use
               where purpose = 'index'
                 and retired_at is null) > 1))))
     returning id, outcome`,
    [defaulter.id, new Date(locked.now), effective.map((r) => r.id)],
  );
  // A NOTIFY held nothing, so nothing of it resumes.
  return rows.flatMap((row) => (row.outcome === 'NOTIFY' ? [] : [row.id])).sort();
}

/** Puts before the judge what stays after full performance, once for each set of restrictions. */
async function askToEndWhatStays(tx: Transaction, locked: LockedCase, defaulter: LockedDefaulter): Promise<void> {
  const question = questionOf(defaulter.enforcement);
  if (question === null) return;
  await supersedeQuestions(tx, defaulter.id, question, locked.now);
  const due = await startDeadline(tx, {
    kind: 'decide',
    level: 0,
    about: question,
    defaulter: defaulter.id,
    now: locked.now,
  });
  await raise(tx, {
    key: itemKey('decide-restriction', question),
    kind: 'decide-restriction',
    enforcementCase: locked.id,
    defaulter: defaulter.id,
    at: locked.now,
    deadline: due,
  });
}
