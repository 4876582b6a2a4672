import { uuidv7 } from 'uuidv7';
import { Refusal } from '../../domain/refusal.js';
import { commitToDocument, freshSalt, makeLeaf } from '../../ledger/leaf.js';
import { lockKeyed } from '../database/locks.js';
import { soleRow, type Transaction } from '../database/pool.js';
import { lockPresent } from '../departments/departures.js';
import { holdPositions } from '../departments/positions.js';
import { type Actor, actorName } from '../inputs.js';
import { leafValues, withLeaf } from '../ledger/leaf-rows.js';

export interface Retirement {
  /** The department it was merged into. */
  successor?: string;
  /** Kept, and committed to in the record. */
  reason: string;
}

export interface Retired {
  /** It is no longer in scope from this position of the log on. */
  leftPosition: number;
  /** Notices it had not acknowledged: each is now the successor's to acknowledge, or settled with the reason. */
  open: number;
  handedOver: boolean;
}

/**
 * Takes a department off the platform. What it had not acknowledged goes to its successor as notices of the successor's own at the head
 * of the log, in their order, and with it its services and the business it holds; without a successor it is settled with the recorded
 * reason. Either way no life waits for the department any more. Its credentials are revoked and its channel ends.
 * Needs a role that may write reference data. Throws Refusal: `not-found` for an unknown department, `state-conflict` for one that has
 * left, `invalid` for a successor that is none.
 */
export async function retireDepartment(
  tx: Transaction,
  code: string,
  { successor, reason }: Retirement,
  actor: Actor,
): Promise<Retired> {
  if (!(await lockPresent(tx, code))) throw Refusal.notFound('department');
  if (successor !== undefined) await requireSuccessor(tx, code, successor);
  if (reason.trim() === '') throw invalid('/reason', 'required');
  // It acknowledges nothing meanwhile, and no notice gets a position: what is open is then known.
  await tx.query(`select ${lockKeyed('department', '$1')}`, [code]);
  const head = await holdPositions(tx);
  const acknowledged = await acknowledgedUpTo(tx, code);
  const open =
    successor === undefined
      ? await countOpen(tx, code, acknowledged)
      : await handOver(tx, code, successor, acknowledged, head);
  await tx.query('update department set left_position = $2, successor = $3 where code = $1', [
    code,
    head + 1,
    successor ?? null,
  ]);
  await tx.query(
    `update credential
     set revoked_at = clock_timestamp()
     where department = $1 and revoked_at is null`,
    [code],
  );
  await tx.query('delete from endpoint where department = $1', [code]);
  await record(tx, { code, successor: successor ?? null, reason: reason.trim(), acknowledged, open }, actor);
  return { leftPosition: head + 1, open, handedOver: successor !== undefined };
}

async function requireSuccessor(tx: Transaction, code: string, successor: string): Promise<void> {
  const { rowCount } = await tx.query(
    `select from department
     where code = $1 and left_position is null
     for no key update`,
    [successor],
  );
  if (rowCount !== 1 || successor === code) throw invalid('/successor', 'unknown-department');
}

const invalid = (pointer: string, code: string): Refusal =>
  Refusal.invalid('撤并请求有误。 / The retirement is not valid.', pointer, code);

async function acknowledgedUpTo(tx: Transaction, code: string): Promise<number> {
  const { rows } = await tx.query<{ up_to: string }>(
    `select greatest(
       joined_position - 1, 0,
       (select coalesce(max(up_to), 0) from acknowledgement where department = $1)
     ) as up_to
     from department
     where code = $1`,
    [code],
  );
  return Number(rows[0]?.up_to ?? 0);
}

/** In the log above what it acknowledged, its to acknowledge, and not yet passed by all. */
const OPEN = `n.position > $2
       and n.settled_at is null
       and (n.department is null or n.department = $1)`;

async function countOpen(tx: Transaction, code: string, acknowledged: number): Promise<number> {
  const { rows } = await tx.query<{ open: number }>(
    `select count(*)::int as open
     from notice n
     where ${OPEN}`,
    [code, acknowledged],
  );
  return rows[0]?.open ?? 0;
}

/**
 * All that is open, also what the successor has read for itself: it is told once more, for the services and the business it takes over.
 * All in one row at the head, so that no older notice comes after a newer one of the same defaulter. Returns how many.
 */
async function handOver(
  tx: Transaction,
  code: string,
  successor: string,
  acknowledged: number,
  head: number,
): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `select n.id
     from notice n
     where ${OPEN}
     order by n.position`,
    [code, acknowledged],
  );
  const originals = rows.map((row) => row.id);
  const copies = originals.map(() => uuidv7());
  await tx.query(
    `insert into notice (
       id, position, kind, action, enforcement_case, defaulter, department, directive, measures,
       services, until, at, handed_from, restrictions, interceptions
     )
     select
       c.copy, $4::bigint + c.n, n.kind, n.action || ':' || $5, n.enforcement_case, n.defaulter, $3,
       n.directive, n.measures, n.services, n.until, n.at, coalesce(n.handed_from, n.id),
       n.restrictions, n.interceptions
     from unnest($1::uuid[], $2::uuid[]) with ordinality as c(original, copy, n)
     join notice n on n.id = c.original
     order by c.n`,
    [originals, copies, successor, head, code],
  );
  await tx.query('update service set department = $2 where department = $1', [code, successor]);
  await tx.query('update interception set department = $2 where department = $1', [code, successor]);
  return originals.length;
}

async function record(
  tx: Transaction,
  departure: { code: string; successor: string | null; reason: string; acknowledged: number; open: number },
  actor: Actor,
): Promise<void> {
  const { code, successor, reason, acknowledged, open } = departure;
  const { rows } = await tx.query<{ now: Date }>('select clock_timestamp() as now');
  const at = soleRow(rows).now;
  const [id, salt, key, by] = [uuidv7(), freshSalt(), `department-retired:${code}`, actorName(actor)];
  const leaf = makeLeaf({
    id,
    key,
    type: 'department-retired',
    at: at.toISOString(),
    dept: code,
    actor: by,
    doc: { sha256: commitToDocument(salt, departure) },
    ...(actor.trace ? { trace: actor.trace } : {}),
  });
  await tx.query(
    withLeaf(
      `insert into departure (
         department, successor, reason, acknowledged, open_notices, at, by, salt, entry
       )
       select $5, $6, $7, $8, $9, $10, $11, $12, entry_id
       from leaf`,
    ),
    [...leafValues(id, key, leaf), code, successor, reason, acknowledged, open, at, by, salt],
  );
}
