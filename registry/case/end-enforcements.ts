import { transition } from '../../domain/enforcement.js';
import { send, type Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { accept } from './apply-event.js';
import type { NewFact } from './facts.js';
import type { LockedCase, LockedDefaulter } from './locked-case.js';

/** An enforcement to be ended, and its locked case. */
export interface Ending {
  readonly locked: LockedCase;
  readonly defaulter: LockedDefaulter;
}

/** Whether the rules let this enforcement end: everything ended, and the departments notified (`domain/enforcement`). */
export const mayEnd = ({ locked, defaulter }: Ending): boolean =>
  defaulter.enforcement.endedAt === null &&
  'enforcement' in transition(defaulter.enforcement, { type: 'finish' }, locked.now);

/**
 * Ends enforcements under the locks of their cases, with their clocks, and closes each case with its last. Returns the fact of each, to be
 * recorded by the caller. Whether all have acknowledged, and whether the process has nothing left to do, is the caller's to know.
 * Throws Refusal `state-conflict` where the rules do not let one end.
 */
export function endEnforcements(
  tx: Transaction,
  endings: readonly Ending[],
  actor: Actor,
): { of: Ending; fact: NewFact }[] {
  if (endings.length === 0) return [];
  for (const { locked, defaulter } of endings)
    defaulter.enforcement = accept(transition(defaulter.enforcement, { type: 'finish' }, locked.now));
  const at = endings.map(({ locked }) => new Date(locked.now));
  const ids = endings.map(({ defaulter }) => defaulter.id);
  send(
    tx,
    `update defaulter d
     set ended_at = e.at
     from unnest($1::uuid[], $2::timestamptz[]) as e(id, at)
     where d.id = e.id`,
    [ids, at],
  );
  send(
    tx,
    `update deadline l
     set settled_at = e.at, outcome = 'met'
     from unnest($1::uuid[], $2::timestamptz[]) as e(id, at)
     where l.defaulter = e.id
       and l.settled_at is null`,
    [ids, at],
  );
  const closed = [...new Set(endings.map(({ locked }) => locked))].filter((locked) =>
    locked.defaulters.every(({ enforcement }) => enforcement.endedAt !== null),
  );
  if (closed.length > 0) {
    send(
      tx,
      `update enforcement_case c
       set closed_at = e.at
       from unnest($1::uuid[], $2::timestamptz[]) as e(id, at)
       where c.id = e.id`,
      [closed.map(({ id }) => id), closed.map(({ now }) => new Date(now))],
    );
  }
  return endings.map((of) => ({
    of,
    fact: {
      type: 'released',
      key: `released:${of.defaulter.id}`,
      at: of.locked.now,
      actor,
      defaulter: of.defaulter,
      detail: {
        caseClosed: closed.includes(of.locked) && endings.findLast(({ locked }) => locked === of.locked) === of,
      },
    },
  }));
}
