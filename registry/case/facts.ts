import { uuidv7 } from 'uuidv7';
import type { WrittenFact } from '../../domain/facts.js';
import { canonicalJson, type Json } from '../../ledger/canonical-json.js';
import { commitToDocument, commitToSubject, freshSalt, makeLeaf } from '../../ledger/leaf.js';
import { gather, send, type Transaction } from '../database/pool.js';
import { type Actor, actorName } from '../inputs.js';

/** The part of a locked case that its record needs: the next fact follows these. */
export interface RecordHead {
  readonly id: string;
  lastSeq: number;
  lastLeafHash: Buffer | null;
}

/** A fact with the detail of its type: shown on the timeline, committed to in the leaf; ids, codes and amounts, never a person. */
export type NewFact = WrittenFact & {
  /** Business key, of opaque ids: the same fact told twice is one leaf. */
  key: string;
  /** Epoch ms of PostgreSQL's clock. */
  at: number;
  actor: Actor;
  defaulter?: { id: string; canonicalSubject: string };
  department?: string;
  service?: string;
};

/**
 * Writes facts in order with their leaves, in the caller's transaction, under the lock of the case; returns their ids.
 * The transaction fails with the unique violation of `ledger_leaf.business_key` when a fact of this key was already written.
 */
export const recordFacts = (tx: Transaction, head: RecordHead, facts: readonly NewFact[]): string[] =>
  recordFactsOf(tx, [{ head, facts }]);

/** The same for several locked cases. */
export function recordFactsOf(
  tx: Transaction,
  records: readonly { head: RecordHead; facts: readonly NewFact[] }[],
): string[] {
  const rows = records.flatMap(({ head, facts }) => facts.map((fact) => chained(head, fact)));
  if (rows.length > 0) gather(tx, writeFacts, rows);
  return rows.map((r) => r.id);
}

/** All facts of a transaction, in one statement. */
function writeFacts(tx: Transaction, rows: readonly ReturnType<typeof chained>[]): void {
  const heads = [...new Set(rows.map(({ head }) => head))];
  send(tx, WRITE_FACTS, [
    rows.map((r) => r.id),
    rows.map((r) => r.fact.key),
    rows.map((r) => r.leaf.bytes),
    rows.map((r) => r.leaf.hash),
    rows.map((r) => r.head.id),
    rows.map((r) => r.seq),
    rows.map((r) => r.fact.type),
    rows.map((r) => r.fact.defaulter?.id ?? null),
    rows.map((r) => r.fact.department ?? null),
    rows.map((r) => r.fact.service ?? null),
    rows.map((r) => r.fact.actor.role),
    rows.map((r) => r.fact.actor.id),
    rows.map((r) => new Date(r.fact.at)),
    rows.map((r) => canonicalJson(r.detail)),
    rows.map((r) => r.salt),
    rows.map((r) => r.fact.actor.trace ?? null),
    heads.map((head) => head.id),
    heads.map((head) => head.lastSeq),
    heads.map((head) => head.lastLeafHash),
  ]);
}

const WRITE_FACTS = `
  with entry as (
    select *
    from unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[])
      as e(id, business_key, leaf, leaf_hash)
  ), leaf as (
    insert into ledger_leaf (entry_id, business_key, leaf, leaf_hash)
    select *
    from entry
    returning entry_id
  ), pending as (
    insert into ledger_pending (entry_id)
    select entry_id
    from leaf
  ), written as (
    insert into fact (
      id, enforcement_case, seq, type, defaulter, department, service,
      actor_role, actor, at, detail, salt, trace)
    select f.id, f.enforcement_case, f.seq, f.type, f.defaulter, f.department, f.service,
           f.actor_role, f.actor, f.at, f.detail::jsonb, f.salt, f.trace
    from unnest(
        $1::uuid[], $5::uuid[], $6::int[], $7::text[], $8::uuid[], $9::text[], $10::text[],
        $11::text[], $12::text[], $13::timestamptz[], $14::text[], $15::bytea[], $16::text[])
      as f(id, enforcement_case, seq, type, defaulter, department, service,
           actor_role, actor, at, detail, salt, trace)
  )
  update enforcement_case c
  set last_seq = h.last_seq,
      last_leaf_hash = h.last_leaf_hash
  from unnest($17::uuid[], $18::int[], $19::bytea[]) as h(id, last_seq, last_leaf_hash)
  where c.id = h.id`;

/** The next fact of a case, its leaf chained to the one before. */
function chained(head: RecordHead, fact: NewFact) {
  const id = uuidv7();
  const salt = freshSalt();
  const detail = members(fact.detail);
  const leaf = makeLeaf({
    id,
    key: fact.key,
    type: fact.type,
    at: new Date(fact.at).toISOString(),
    case: head.id,
    ...(fact.department ? { dept: fact.department } : {}),
    actor: actorName(fact.actor),
    ...(fact.defaulter ? { subject: commitToSubject(salt, fact.defaulter.canonicalSubject) } : {}),
    doc: { sha256: commitToDocument(salt, detail) },
    ...(head.lastLeafHash ? { prev: head.lastLeafHash.toString('hex') } : {}),
    ...(fact.actor.trace ? { trace: fact.actor.trace } : {}),
  });
  head.lastSeq += 1;
  head.lastLeafHash = leaf.hash;
  return { id, head, seq: head.lastSeq, salt, detail, leaf, fact };
}

/** The members that are there: one that is undefined has no place in canonical JSON. */
export function members(detail: { readonly [member: string]: Json | undefined }): { readonly [member: string]: Json } {
  const given: { [member: string]: Json } = {};
  for (const [name, member] of Object.entries(detail)) if (member !== undefined) given[name] = member;
  return given;
}
