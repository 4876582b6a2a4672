import type { Policy } from '../../ledger/policy.js';
import type { Tree } from '../../ledger/tree.js';
import { hold } from '../database/locks.js';
import { inTransaction, type Pool, type Queryable } from '../database/pool.js';

/** A checkpoint as it was committed. */
export interface StoredCheckpoint extends Tree {
  note: string;
}

/** Verifiers need accept no more signature lines than this. */
const LINES_AT_MOST = 16;

/** The last one signed; undefined while the log is empty. */
export async function latestCheckpoint(q: Queryable): Promise<StoredCheckpoint | undefined> {
  const { rows } = await q.query<{ size: string; root: Buffer; note: string }>(
    `select size, root, note
     from ledger_checkpoint
     order by size desc
     limit 1`,
  );
  const row = rows[0];
  return row && { size: Number(row.size), root: row.root, note: row.note };
}

/** The last note as it is served: with the lines of witnesses that have cosigned it so far. Undefined while the log is empty. */
export async function servedCheckpoint(q: Queryable): Promise<{ size: number; note: string } | undefined> {
  const { rows } = await q.query<{ size: string; note: string; lines: string[] | null; witnessed: string | null }>({
    name: 'ledger-checkpoint',
    text: `
      select
        c.size, c.note, w.note as witnessed,
        (
          select array_agg(s.line order by s.at, s.witness)
          from ledger_cosignature s
          where s.size = c.size
        ) as lines
      from (select size, note from ledger_checkpoint order by size desc limit 1) c
      left join ledger_witnessed w on w.size = c.size`,
  });
  const row = rows[0];
  if (!row) return undefined;
  const note = row.witnessed ?? withLines(row.note, row.lines ?? []);
  return { size: Number(row.size), note };
}

const ownLines = (note: string): number => note.slice(note.lastIndexOf('\n\n') + 2).split('\n').length - 1;

/** A note with as many of these lines as readers must accept. */
const withLines = (note: string, lines: readonly string[]): string =>
  note + lines.slice(0, LINES_AT_MOST - ownLines(note)).join('');

/** Who has cosigned this size. */
export async function cosignersOf(q: Queryable, size: number): Promise<Set<string>> {
  const { rows } = await q.query<{ witness: string }>(
    `select witness
     from ledger_cosignature
     where size = $1`,
    [size],
  );
  return new Set(rows.map(({ witness }) => witness));
}

/**
 * Keeps a witness's line and, where it makes the witnesses enough, the note with the lines that do. The first line of a witness for a size
 * counts: signed again it says nothing new.
 */
export async function keepCosignature(
  pool: Pool,
  checkpoint: StoredCheckpoint,
  { witness, line }: { witness: string; line: string },
  policy: Policy,
): Promise<void> {
  const { size, note } = checkpoint;
  await inTransaction(pool, async (tx) => {
    await hold(tx, 'cosignatures');
    await tx.query(
      `insert into ledger_cosignature (size, witness, line)
       values ($1, $2, $3)
       on conflict (size, witness) do nothing`,
      [size, witness, line],
    );
    const { rows } = await tx.query<{ witness: string; line: string }>(
      `select witness, line
       from ledger_cosignature
       where size = $1
       order by at, witness`,
      [size],
    );
    const lines = new Map(rows.map((row) => [row.witness, row.line]));
    const enough = chooseLines([...lines.keys()], policy, LINES_AT_MOST - ownLines(note));
    if (!enough) return;
    const cosigned = note + enough.map((name) => lines.get(name)).join('');
    await tx.query(
      `insert into ledger_witnessed (size, note)
       values ($1, $2)
       on conflict (size) do nothing`,
      [size, cosigned],
    );
  });
}

/** At most `most` of these witnesses that are enough together; undefined where they are not, or cannot be with so few. */
export function chooseLines(names: readonly string[], policy: Policy, most: number): string[] | undefined {
  const chosen = new Set(names.filter((name) => policy.witnesses.some((witness) => witness.name === name)));
  if (chosen.size === 0 || !policy.isQuorum(chosen)) return undefined;
  // Those that are not needed go first, from the last to arrive.
  for (const name of [...chosen].reverse()) {
    if (chosen.size <= most) break;
    chosen.delete(name);
    if (!policy.isQuorum(chosen)) chosen.add(name);
  }
  return chosen.size <= most ? [...chosen] : undefined;
}
