import { uuidv7 } from 'uuidv7';
import { addDays, type HolidayCalendar, shanghaiDate, UnknownHolidayYear } from '../../domain/calendar.js';
import { type DeadlineKind, dueAt } from '../../domain/deadline.js';
import holidays from '../data/holidays.json' with { type: 'json' };
import { type Queryable, send, type Transaction } from '../database/pool.js';
import { itemKey, itemKeySql } from './inbox.js';

/** How many deadlines could not be set for want of a holiday calendar: an alarm, since nobody will be reminded. */
export const unknownHolidayYears = { count: 0 };

/** So many days ahead the arrangement has to be known: further than any deadline of the table reaches. */
const KNOWN_AHEAD_DAYS = 15;

/** A year within reach of today's deadlines (epoch ms) whose holidays are not loaded, or null. Somebody has to add it to `holidays.json`. */
export function missingHolidayYear(now: number, calendar: HolidayCalendar = holidays): string | null {
  const today = shanghaiDate(now);
  const years = [today, addDays(today, KNOWN_AHEAD_DAYS)].map((date) => date.slice(0, 4));
  return years.find((year) => calendar[year] === undefined) ?? null;
}

export interface NewDeadline {
  kind: Exclude<DeadlineKind, 'hold'>;
  level: number;
  /** What it is about, once per level: a stop, a notice, a question to the judge. */
  about: string;
  defaulter: string;
  /** From when it runs, epoch ms. */
  now: number;
  inboxItem?: string | null;
  interception?: string | null;
  notice?: string | null;
}

/** A deadline that cannot be counted yet is counted again after this long: by then the year may have been loaded. */
const COUNT_AGAIN_MS = 6 * 3_600_000;

/**
 * Starts the clock of a level by the table of deadlines; returns when it ends, or null where the table has no such level or the holidays
 * of that year are not known yet (counted as an alarm, and set by `countAgain`: the thing itself is not held up for it).
 */
export async function startDeadline(tx: Transaction, deadline: NewDeadline): Promise<number | null> {
  const { rows } = await tx.query<{ within: string }>(
    `select within
     from deadline_rule
     where kind = $1
       and level = $2`,
    [deadline.kind, deadline.level],
  );
  const within = rows[0]?.within;
  if (within === undefined) return null;
  const due = knownDueAt(deadline.now, within);
  if (due === null) unknownHolidayYears.count += 1;
  insertDeadline(tx, {
    ...deadline,
    within,
    due: due ?? deadline.now + COUNT_AGAIN_MS,
    countsFrom: due === null ? deadline.now : null,
  });
  return due;
}

/** When something is due that was given `within` from an instant (epoch ms); null while the holidays of that year are not loaded. */
function knownDueAt(from: number, within: string): number | null {
  try {
    return dueAt(from, within, holidays);
  } catch (error) {
    if (!(error instanceof UnknownHolidayYear)) throw error;
    return null;
  }
}

/** Counts a deadline that could not be counted when it began, from then on, and shows it on the items of the inbox that wait with it. */
export async function countAgain(
  tx: Transaction,
  deadline: { id: string; within: string; countsFrom: Date },
  now: number,
): Promise<void> {
  const due = knownDueAt(deadline.countsFrom.getTime(), deadline.within);
  if (due === null) {
    await tx.query('update deadline set due_at = $2 where id = $1', [deadline.id, new Date(now + COUNT_AGAIN_MS)]);
    return;
  }
  await tx.query('update deadline set due_at = $2, counts_from = null where id = $1', [deadline.id, new Date(due)]);
  await tx.query(ITEMS_DUE, [deadline.id, new Date(due)]);
}

// Of the first level the item it came with; of a further one the items that told of the level before.
const ITEMS_DUE = `
  update inbox_item x
  set deadline = $2
  from deadline l
  left join deadline b on b.defaulter = l.defaulter
    and b.kind = l.kind
    and b.level = l.level - 1
    and b.about = l.about
  where l.id = $1
    and x.defaulter = l.defaulter
    and x.deadline is null
    and case
      when l.level > 0 then x.key = ${itemKeySql('escalation', 'b.id')}
        or x.key like ${itemKeySql('overdue', "b.id || ':%'")}
      when l.kind = 'answer' then x.key = ${itemKeySql('interception', 'l.about')}
      when l.kind = 'decide' then x.key = ${itemKeySql('decide-restriction', 'l.about')} end`;

/** An interception's n-th stop: business that was freed and stopped again is told of and watched anew. */
export const stopId = (interception: string, stop: number): string =>
  stop === 1 ? interception : `${interception}#${stop}`;

/** The last stop of interception `i`, in SQL. */
export const LAST_STOP = "i.id || case when i.stops = 1 then '' else '#' || i.stops end";

/** Starts the clock of a hold, which ends at a fixed instant (epoch ms). */
export const startHold = (
  tx: Transaction,
  hold: { defaulter: string; interception: string; stop: number; due: number },
): void =>
  insertDeadline(tx, {
    ...hold,
    kind: 'hold',
    level: 0,
    about: stopId(hold.interception, hold.stop),
    within: 'hold',
  });

/** The earliest open deadline of a defaulter, epoch ms. */
export async function earliestDeadline(q: Queryable, defaulter: string): Promise<number | null> {
  const { rows } = await q.query<{ at: Date | null }>(
    `select min(due_at) as at
     from deadline
     where defaulter = $1
       and settled_at is null`,
    [defaulter],
  );
  return rows[0]?.at?.getTime() ?? null;
}

function insertDeadline(
  tx: Transaction,
  deadline: Omit<NewDeadline, 'now' | 'kind'> & {
    kind: DeadlineKind;
    within: string;
    due: number;
    countsFrom?: number | null;
  },
): void {
  // A question that had fallen away and is asked again has its clock again.
  send(
    tx,
    `insert into deadline (
       id, key, defaulter, kind, level, within,
       inbox_item, interception, notice, due_at, counts_from)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (key) do update
     set due_at = excluded.due_at, counts_from = excluded.counts_from,
       settled_at = null, outcome = null
     where deadline.outcome = 'superseded'`,
    [
      uuidv7(),
      // The column `about` is computed from its second part.
      `${deadline.kind}:${deadline.about}:${deadline.level}`,
      deadline.defaulter,
      deadline.kind,
      deadline.level,
      deadline.within,
      deadline.inboxItem ?? null,
      deadline.interception ?? null,
      deadline.notice ?? null,
      new Date(deadline.due),
      deadline.countsFrom == null ? null : new Date(deadline.countsFrom),
    ],
  );
  if (deadline.kind === 'decide' && deadline.level === 0 && deadline.countsFrom == null)
    send(
      tx,
      `update inbox_item
       set deadline = $2
       where key = $1
         and deadline is null`,
      [itemKey('decide-restriction', deadline.about), new Date(deadline.due)],
    );
}
