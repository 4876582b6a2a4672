import {
  type Conflict,
  type Enforcement,
  type EnforcementEvent,
  endUnnotified,
  everythingEnded,
  type Restriction,
  type Transition,
  transition,
} from '../../domain/enforcement.js';
import { Refusal } from '../../domain/refusal.js';
import { send, type Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { type NewFact, recordFacts } from './facts.js';
import type { LockedCase, LockedDefaulter } from './locked-case.js';

/**
 * Puts an event into effect for one defaulter: by the rules of `domain/enforcement`, under the lock of its case. Writes the restrictions that
 * changed and one `restriction-ended` fact where any ended. Throws Refusal `state-conflict` where the rules refuse it.
 */
export function applyEvent(
  tx: Transaction,
  locked: LockedCase,
  defaulter: LockedDefaulter,
  event: Exclude<EnforcementEvent, { type: 'impose' }>,
  actor: Actor,
): { changed: Restriction[] } {
  const next = accept(transition(defaulter.enforcement, event, locked.now));
  const before = defaulter.enforcement;
  const changed = next.restrictions.filter((r, i) => r !== before.restrictions[i]);
  defaulter.enforcement = next;
  if (changed.length > 0) writeRestrictions(tx, locked, defaulter, changed);
  if (
    event.type === 'performed' ||
    next.stayed !== before.stayed ||
    next.stayNotified !== before.stayNotified ||
    next.publishedAt !== before.publishedAt ||
    next.endedAt !== before.endedAt
  ) {
    send(
      tx,
      `update defaulter
       set stayed = $2, stay_told = $3, published_at = $4, ended_at = $5,
         performed_at = coalesce($6, performed_at)
       where id = $1`,
      [
        defaulter.id,
        next.stayed,
        next.stayNotified,
        date(next.publishedAt),
        date(next.endedAt),
        event.type === 'performed' ? new Date(locked.now) : null,
      ],
    );
  }
  const ended = changed.filter(endUnnotified);
  if (ended.length > 0) recordFacts(tx, locked, [restrictionEnded(locked, defaulter, ended, actor)]);
  return { changed };
}

/** The enforcement after the event, or the refusal a court is answered with. */
export function accept(result: Transition): Enforcement {
  if ('enforcement' in result) return result.enforcement;
  throw Refusal.conflict(CONFLICTS[result.conflict], result.conflict);
}

/** What a court is told, for each way in which an event does not fit. */
const CONFLICTS: { readonly [conflict in Conflict]: string } = {
  'nothing-to-end': '没有可解除的措施。 / None of these measures is still open.',
  'term-listing-needs-early':
    '有期限的失信名单只能提前删除、撤销或期满（第二条、第十条第二款）。 / A term listing in force leaves by early deletion, revocation or expiry.',
  'already-stayed': '已经暂停。 / It is stayed already.',
  'not-stayed': '并未暂停。 / It is not stayed.',
  'already-imposed': '该措施已经采取。 / This measure is imposed already.',
  ending: '措施已全部解除，需另行立案。 / Every measure has ended: a new listing is needed.',
  'already-performed': '义务已履行完毕，不能再采取措施。 / The obligation is performed: no measure can be imposed.',
  'no-term': '本条理由的失信名单没有期限。 / A listing on ground 1 has no term.',
  'term-too-long': '期限最长五年。 / A term is five years at the most.',
  'nothing-to-extend': '没有仍有效的失信名单可以延长。 / No listing is open that could be extended.',
  're-listing': '再次列入须另行立案并写明前次列入。 / Listing again is a new case that names the previous listing.',
  'not-finished': '解除尚未完成。 / The release is not complete.',
};

function restrictionEnded(locked: LockedCase, defaulter: LockedDefaulter, ended: Restriction[], actor: Actor): NewFact {
  const ids = ended.map((r) => r.id);
  return {
    type: 'restriction-ended',
    key: `restriction-ended:${ids[0]}`,
    at: locked.now,
    actor,
    defaulter,
    detail: {
      measures: ended.map((r) => r.measure),
      ground: ended[0]?.endGround ?? null,
      restrictions: ids,
      allEnded: everythingEnded(defaulter.enforcement),
    },
  };
}

function writeRestrictions(
  tx: Transaction,
  locked: LockedCase,
  defaulter: LockedDefaulter,
  changed: Restriction[],
): void {
  send(
    tx,
    `update restriction r
     set in_force_at = c.in_force_at, until = c.until, ended_at = c.ended_at,
       end_ground = c.end_ground,
       end_told_at = case when c.told then coalesce(r.end_told_at, $7) end
     from unnest(
       $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[],
       $5::text[], $6::boolean[]
     ) as c(id, in_force_at, until, ended_at, end_ground, told)
     where r.id = c.id
       and r.defaulter = $8`,
    [
      changed.map((r) => r.id),
      changed.map((r) => date(r.inForceAt)),
      changed.map((r) => date(r.until)),
      changed.map((r) => date(r.endedAt)),
      changed.map((r) => r.endGround),
      changed.map((r) => r.endNotified),
      new Date(locked.now),
      defaulter.id,
    ],
  );
}

const date = (at: number | null): Date | null => (at === null ? null : new Date(at));
