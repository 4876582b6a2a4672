import { earliestDeadline, startDeadline, startHold, stopId } from '../case/deadlines.js';
import { recordFacts } from '../case/facts.js';
import { itemKey, raise } from '../case/inbox.js';
import { lockDefaulter } from '../case/locked-case.js';
import type { Transaction } from '../database/pool.js';
import { SYSTEM } from '../inputs.js';
import type { KeyRing } from '../keys/key-ring.js';

/**
 * Tells the judge of interceptions: an item in the inbox and a fact, once each; those told before are passed over. Returns the earliest deadline that
 * this defaulter now has (epoch ms).
 */
export async function notifyJudge(
  tx: Transaction,
  ring: KeyRing,
  defaulterId: string,
  interceptions: readonly string[],
): Promise<number | null> {
  const [{ locked, defaulter }, { rows }] = await Promise.all([
    lockDefaulter(tx, ring, defaulterId),
    tx.query<{ id: string; department: string; service: string; hold_until: Date | null; stops: number }>(
      `select id, department, service, hold_until, stops
       from interception
       where defaulter = $1
         and id = any($2)
       order by at, id`,
      [defaulterId, interceptions],
    ),
  ]);
  for (const row of rows) {
    const stop = stopId(row.id, row.stops);
    const due = await startDeadline(tx, {
      kind: 'answer',
      level: 0,
      about: stop,
      defaulter: defaulterId,
      now: locked.now,
      interception: row.id,
    });
    const item = {
      deadline: due,
      key: itemKey('interception', stop),
      kind: 'interception' as const,
      enforcementCase: locked.id,
      defaulter: defaulterId,
      interception: row.id,
      department: row.department,
      at: locked.now,
    };
    const raised = await raise(tx, item);
    if (raised === null) continue;
    await startDeadline(tx, {
      kind: 'read',
      level: 0,
      about: stop,
      defaulter: defaulterId,
      now: locked.now,
      inboxItem: raised,
      interception: row.id,
    });
    if (row.hold_until)
      startHold(tx, { defaulter: defaulterId, interception: row.id, stop: row.stops, due: row.hold_until.getTime() });
    recordFacts(tx, locked, [
      {
        type: 'judge-notified',
        key: `judge-notified:${stop}`,
        at: locked.now,
        actor: SYSTEM,
        defaulter,
        department: row.department,
        service: row.service,
        detail: { interception: row.id, judge: locked.judge },
      },
    ]);
  }
  return earliestDeadline(tx, defaulterId);
}
