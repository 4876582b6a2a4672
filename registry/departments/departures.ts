import { Refusal } from '../../domain/refusal.js';
import type { Transaction } from '../database/pool.js';

/**
 * Locks a department against leaving until the transaction ends; false where there is none of this code. Throws Refusal `state-conflict` for one
 * that has left.
 */
export async function lockPresent(tx: Transaction, department: string): Promise<boolean> {
  const { rows } = await tx.query<{ left: boolean }>(
    `select left_position is not null as left
     from department
     where code = $1
     for no key update`,
    [department],
  );
  if (rows[0]?.left) throw Refusal.conflict('该部门已撤并。 / This department has left the platform.');
  return rows.length === 1;
}
