import { createHash } from 'node:crypto';
import type { DeadlineKind } from '../../domain/deadline.js';
import { type Enforcement, isOpen } from '../../domain/enforcement.js';
import { REFUSING } from '../case/closed-lists.js';
import { countAgain, startDeadline } from '../case/deadlines.js';
import { recordFacts } from '../case/facts.js';
import { itemKey, itemKeySql, raise } from '../case/inbox.js';
import type { LockedCase, LockedDefaulter } from '../case/locked-case.js';
import type { Transaction } from '../database/pool.js';
import { SYSTEM } from '../inputs.js';

type DueRow = {
  id: string;
  level: number;
  within: string;
  counts_from: Date | null;
  about: string;
  inbox_item: string | null;
  notice: string | null;
  department: string | null;
  service: string | null;
  met: boolean;
} & ({ kind: 'hold'; interception: string } | { kind: Exclude<DeadlineKind, 'hold'>; interception: string | null });

/**
 * Looks at every deadline of a defaulter that is due: what was done in time is settled; what was not is recorded, brought before those it
 * concerns, and given the further time of the next level; what could not be counted for want of holidays is counted again. A hold that runs out lets the business go. Under the lock of the case.
 */
export async function escalateDue(tx: Transaction, locked: LockedCase, defaulter: LockedDefaulter): Promise<void> {
  const { rows } = await tx.query<DueRow>(DUE, [defaulter.id, new Date(locked.now)]);
  for (const row of rows) {
    if (row.counts_from && !row.met) {
      await countAgain(tx, { ...row, countsFrom: row.counts_from }, locked.now);
      continue;
    }
    const question = questionOf(defaulter.enforcement);
    if (row.kind === 'decide' && !row.met && row.about !== question) {
      await supersedeQuestions(tx, defaulter.id, question, locked.now);
      continue;
    }
    await tx.query('update deadline set settled_at = $2, outcome = $3 where id = $1', [
      row.id,
      new Date(locked.now),
      row.met ? 'met' : 'escalated',
    ]);
    if (row.met) continue;
    if (row.kind === 'hold') await endHold(tx, locked, defaulter, row);
    else await escalateOne(tx, locked, defaulter, row);
  }
}

/**
 * What the judge is asked to decide of an enforcement: after full performance what stays (a term listing, SEAL, EXIT) needs their own act
 * (失信名单规定 art. 10, R11). One question per set of restrictions; null where there is nothing to decide.
 */
export function questionOf({ performed, restrictions }: Enforcement): string | null {
  const open = restrictions.filter(isOpen).map((r) => r.id);
  if (!performed || open.length === 0) return null;
  return createHash('sha256').update(open.sort().join()).digest('hex').slice(0, 32);
}

/** Stops the clock of every other question to the judge about this defaulter: it was answered in part, or has fallen away. */
export async function supersedeQuestions(
  tx: Transaction,
  defaulter: string,
  question: string | null,
  now: number,
): Promise<void> {
  await tx.query(
    `with superseded as (
       update deadline
       set settled_at = $3, outcome = 'superseded'
       where defaulter = $1
         and kind = 'decide'
         and settled_at is null
         and about is distinct from $2
       returning about
     )
     update inbox_item
     set deadline = null
     from superseded
     where defaulter = $1
       and key = ${itemKeySql('decide-restriction', 'about')}`,
    [defaulter, question, new Date(now)],
  );
}

// Met: the item was read; the court has directed or the business is free; the department's notice is settled; nothing is left to decide.
const DUE = `
  select l.id, l.kind, l.level, l.within, l.counts_from, l.about, l.inbox_item, l.interception,
    l.notice, i.department, i.service,
    case l.kind
      when 'read' then exists (
        select
        from inbox_item x
        where x.id = l.inbox_item
          and x.read_at is not null
          and x.read_by in (select j.id from judge j))
      when 'answer' then i.freed_at is not null or exists (
        select
        from directive v
        where v.interception = l.interception)
      when 'hold' then i.freed_at is not null or i.hold_ended_at is not null or exists (
        select
        from directive v
        where v.interception = l.interception
          and v.type in ${REFUSING})
      when 'acknowledge' then exists (
        select
        from notice n
        where n.id = l.notice
          and n.settled_at is not null)
      when 'decide' then not exists (
        select
        from restriction r
        where r.defaulter = l.defaulter
          and r.ended_at is null)
    end as met
  from deadline l
  left join interception i on i.id = l.interception
  where l.defaulter = $1
    and l.settled_at is null
    and l.due_at <= $2
  order by l.due_at, l.id`;

async function escalateOne(
  tx: Transaction,
  locked: LockedCase,
  defaulter: LockedDefaulter,
  row: Exclude<DueRow, { kind: 'hold' }>,
): Promise<void> {
  const missing = row.kind === 'acknowledge' && row.notice ? await whoIsMissing(tx, row.notice) : [];
  recordFacts(tx, locked, [
    {
      type: 'escalated',
      key: `escalated:${row.id}`,
      at: locked.now,
      actor: SYSTEM,
      defaulter,
      ...(row.department ? { department: row.department } : {}),
      ...(row.service ? { service: row.service } : {}),
      detail: {
        deadline: row.kind,
        level: row.level + 1,
        interception: row.interception ?? undefined,
        notice: row.notice ?? undefined,
        missing: row.notice ? missing : undefined,
      },
    },
  ]);
  const next = await startDeadline(tx, {
    kind: row.kind,
    level: row.level + 1,
    about: row.about,
    defaulter: defaulter.id,
    now: locked.now,
    inboxItem: row.inbox_item,
    interception: row.interception,
    notice: row.notice,
  });
  const item = {
    enforcementCase: locked.id,
    defaulter: defaulter.id,
    at: locked.now,
    deadline: next,
  };
  if (row.kind !== 'acknowledge') {
    await raise(tx, {
      ...item,
      key: itemKey('escalation', row.id),
      kind: 'escalation',
      interception: row.interception,
      department: row.department,
    });
    return;
  }
  for (const department of missing) {
    await raise(tx, {
      ...item,
      key: itemKey('overdue', `${row.id}:${department}`),
      kind: 'overdue-acknowledgement',
      department,
    });
  }
}

/** The default of a hold: the business goes on, and everybody can see that it did (comparisons let it pass by the clock already). */
async function endHold(
  tx: Transaction,
  locked: LockedCase,
  defaulter: LockedDefaulter,
  row: Extract<DueRow, { kind: 'hold' }>,
): Promise<void> {
  await tx.query(
    `update interception
     set hold_ended_at = $2
     where id = $1
       and hold_ended_at is null`,
    [row.interception, new Date(locked.now)],
  );
  recordFacts(tx, locked, [
    {
      type: 'hold-ended',
      key: `hold-ended:${row.interception}`,
      at: locked.now,
      actor: SYSTEM,
      defaulter,
      ...(row.department ? { department: row.department } : {}),
      ...(row.service ? { service: row.service } : {}),
      detail: { interception: row.interception },
    },
  ]);
  await raise(tx, {
    key: `hold-ended:${row.interception}`,
    kind: 'escalation',
    enforcementCase: locked.id,
    defaulter: defaulter.id,
    interception: row.interception,
    department: row.department,
    at: locked.now,
  });
}

/** Departments in scope of a notice that have not acknowledged it; one that has left is not waited for. */
async function whoIsMissing(tx: Transaction, notice: string): Promise<string[]> {
  const { rows } = await tx.query<{ code: string }>(
    `select d.code
     from notice n
     join department d on d.joined_position <= n.position
       and d.left_position is null
     where n.id = $1
       and (n.department is null or n.department = d.code)
       and coalesce((
         select max(up_to)
         from acknowledgement a
         where a.department = d.code), 0) < n.position
     order by d.ordinal`,
    [notice],
  );
  return rows.map((row) => row.code);
}
