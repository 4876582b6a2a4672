import type { Leaf } from '../../ledger/leaf.js';

/**
 * SQL of one statement that writes a leaf, queues it for the sequencer, and does with it what follows: `statement` finds its `entry_id` in `leaf`. Its
 * first four parameters are `leafValues`.
 */
export const withLeaf = (statement: string): string =>
  `with leaf as (
     insert into ledger_leaf (entry_id, business_key, leaf, leaf_hash)
     values ($1, $2, $3, $4)
     returning entry_id
   ), pending as (
     insert into ledger_pending (entry_id)
     select entry_id
     from leaf
   )
   ${statement}`;

export const leafValues = (id: string, key: string, { bytes, hash }: Leaf): [string, string, Buffer, Buffer] => [
  id,
  key,
  bytes,
  hash,
];
