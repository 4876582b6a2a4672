import { formatProof } from '../../ledger/proof-file.js';
import type { Pool, Queryable } from '../database/pool.js';
import { type OpenedComparison, openComparison } from './comparison-batches.js';
import { treeOf } from './tiles.js';

/** How far a fact has come in the record. */
export type ReceiptState = 'accepted' | 'sequenced' | 'published' | 'witnessed';

/** What a party holds of a fact: its leaf, byte for byte, and how far it has come in the record. */
export interface Receipt {
  state: ReceiptState;
  entryId: string;
  /** base64 */
  leaf: string;
  /** hex */
  leafHash: string;
  /** Its log index, once it has one. */
  index?: number;
  /** Of the checkpoint that covers it: witnessed, or else the last one signed. */
  size?: number;
  /** Leaves with which parties have signed it themselves. */
  signatures?: { entryId: string; owner: string; kid: string }[];
  /** Of a clear comparison: its place under the root that the leaf names. */
  sealed?: OpenedComparison;
}

/** Whose receipt it is: the court of the case, the departments named in it. */
export interface ReceiptParties {
  court: string | null;
  departments: string[];
}

interface Row {
  entry_id: string;
  leaf: Buffer;
  leaf_hash: Buffer;
  court: string | null;
  department: string | null;
  seq: string | null;
  published: string | null;
  witnessed: string | null;
  signatures: Receipt['signatures'] | null;
}

/** What a caller was answered with and asks a receipt for: each is the business key of one leaf. */
const KEYS = ['case-opened', 'repayment', 'repayment-reversed', 'decision', 'directive', 'feedback'];

/**
 * The receipt of a fact, by its own id or by the id its caller was answered with: case, repayment, decision, directive, feedback or
 * interception, or a clear comparison. However often a fact was sent, it has one.
 */
export async function receipt(q: Queryable, id: string): Promise<(Receipt & ReceiptParties) | undefined> {
  const opened = await openComparison(q, id);
  const row = await find(q, opened?.batch ?? id);
  if (!row) return undefined;
  return {
    state: stateOf(row),
    entryId: row.entry_id,
    leaf: row.leaf.toString('base64'),
    leafHash: row.leaf_hash.toString('hex'),
    ...(row.seq === null ? {} : { index: Number(row.seq) }),
    ...sizeOf(row),
    ...(row.signatures ? { signatures: row.signatures } : {}),
    ...(opened ? { sealed: withoutBatch(opened) } : {}),
    court: row.court,
    departments: row.department ? [row.department] : [],
  };
}

const withoutBatch = ({ batch, ...opened }: OpenedComparison & { batch: string }): OpenedComparison => opened;

async function find(q: Queryable, id: string): Promise<Row | undefined> {
  const { rows } = await q.query<Row>({
    name: 'receipt',
    text: `
      with asked as (
        select
          l.entry_id,
          case
            when exists (select from leaf_signature y where y.entry = l.entry_id) then 3
            else 0
          end as rank
        from ledger_leaf l
        where l.entry_id = $1
        union all
        select l.entry_id, 1
        from ledger_leaf l
        where l.business_key = any($2)
        union all
        select f.id, 2
        from interception i
        join fact f
          on f.enforcement_case = i.enforcement_case
            and f.type = 'comparison-hit'
            and f.detail->>'interception' = i.id::text
        where i.id = $1
        order by rank, entry_id
        limit 1
      )
      select
        a.entry_id, l.leaf, l.leaf_hash, coalesce(c.court, n.court) as court,
        coalesce(
          f.department, n.department, convert_from(l.leaf, 'UTF8')::jsonb->>'dept'
        ) as department,
        e.seq, ${REACHED},
        (
          select json_agg(
            json_build_object('entryId', y.entry, 'owner', k.owner, 'kid', y.kid) order by y.entry
          )
          from leaf_signature y
          join signing_key k on k.kid = y.kid
          where y.signed = a.entry_id
        ) as signatures
      from asked a
      left join ledger_superseded s on s.entry_id = a.entry_id
      join ledger_leaf l on l.entry_id = coalesce(s.by, a.entry_id)
      left join leaf_signature g on g.entry = a.entry_id
      left join fact f on f.id = coalesce(g.signed, a.entry_id)
      left join enforcement_case c on c.id = f.enforcement_case
      left join identity_fact n on n.id = coalesce(g.signed, a.entry_id)
      left join ledger_entry e on e.entry_id = l.entry_id`,
    values: [id, KEYS.map((type) => `${type}:${id}`)],
  });
  return rows[0];
}

/** The sizes that cover entry `e`: the last one signed, and the last one witnessed. */
const REACHED = `
  (
    select size
    from ledger_checkpoint c
    where c.size > e.seq
    order by c.size desc
    limit 1
  ) as published,
  (
    select size
    from ledger_witnessed w
    where w.size > e.seq
    order by w.size desc
    limit 1
  ) as witnessed`;

type Reached = Pick<Row, 'seq' | 'published' | 'witnessed'>;

function stateOf({ seq, published, witnessed }: Reached): ReceiptState {
  if (seq === null) return 'accepted';
  return witnessed !== null ? 'witnessed' : published !== null ? 'published' : 'sequenced';
}

const sizeOf = ({ published, witnessed }: Reached): { size?: number } => {
  const size = witnessed ?? published;
  return size === null ? {} : { size: Number(size) };
};

/** The proof file (C2SP tlog-proof) of a receipt, under its checkpoint; undefined while no checkpoint covers it. */
export async function proofFile(pool: Pool, { index, size, leaf }: Receipt): Promise<string | undefined> {
  if (index === undefined || size === undefined) return undefined;
  const [path, note] = await Promise.all([treeOf(pool).inclusion(index, size), noteAt(pool, size)]);
  return formatProof(index, path, note, Buffer.from(leaf, 'base64'));
}

/** The signed note of a size, with the lines of enough witnesses where there are. */
async function noteAt(q: Queryable, size: number): Promise<string> {
  const { rows } = await q.query<{ note: string }>(
    `select coalesce(w.note, c.note) as note
     from ledger_checkpoint c
     left join ledger_witnessed w on w.size = c.size
     where c.size = $1`,
    [size],
  );
  const row = rows[0];
  if (!row) throw new Error(`there is no checkpoint of ${size}`);
  return row.note;
}

/** How far a fact has come in the record, and its index in the log once it has one. */
export interface RecordProgress {
  state: ReceiptState;
  index?: number;
}

export async function progressOf(q: Queryable, facts: readonly string[]): Promise<Map<string, RecordProgress>> {
  const { rows } = await q.query<Reached & { id: string }>(
    `select a.id, e.seq, ${REACHED}
     from unnest($1::uuid[]) as a(id)
     left join ledger_superseded s on s.entry_id = a.id
     left join ledger_entry e on e.entry_id = coalesce(s.by, a.id)`,
    [facts],
  );
  return new Map(
    rows.map((row) => [row.id, { state: stateOf(row), ...(row.seq === null ? {} : { index: Number(row.seq) }) }]),
  );
}

/** The checkpoint under which all that is published can be shown: the last witnessed one that covers `index`, or else the last one signed. */
export async function checkpointCovering(
  q: Queryable,
  index: number,
): Promise<{ size: number; note: string; isWitnessed: boolean } | undefined> {
  const { rows } = await q.query<{ size: string; note: string; witnessed: boolean }>(
    `(
       select size, note, true as witnessed
       from ledger_witnessed
       where size > $1
       order by size desc
       limit 1
     )
     union all
     (
       select size, note, false
       from ledger_checkpoint
       where size > $1
       order by size desc
       limit 1
     )
     limit 1`,
    [index],
  );
  const row = rows[0];
  return row && { size: Number(row.size), note: row.note, isWitnessed: row.witnessed };
}
