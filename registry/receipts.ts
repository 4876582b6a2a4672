import type { Queryable } from './pool.js';

/** What a party holds of a fact: its leaf, byte for byte, and how far it has come in the record. */
export interface Receipt {
  state: 'accepted';
  entryId: string;
  /** base64 */
  leaf: string;
  /** hex */
  leafHash: string;
}

/** The receipt of a fact and who is party to it: the court of the case, the departments named in it. */
export async function receipt(
  q: Queryable,
  fact: string,
): Promise<(Receipt & { court: string; departments: string[] }) | undefined> {
  const { rows } = await q.query<{ leaf: Buffer; leaf_hash: Buffer; court: string; department: string | null }>(
    `select l.leaf, l.leaf_hash, party.court, party.department from ledger_leaf l join (
       select f.id, c.court, f.department from fact f join enforcement_case c on c.id = f.enforcement_case
       union all select id, court, department from identity_fact
     ) party on party.id = l.entry_id where l.entry_id = $1`,
    [fact],
  );
  const row = rows[0];
  if (!row) return undefined;
  return {
    state: 'accepted',
    entryId: fact,
    leaf: row.leaf.toString('base64'),
    leafHash: row.leaf_hash.toString('hex'),
    court: row.court,
    departments: row.department ? [row.department] : [],
  };
}
