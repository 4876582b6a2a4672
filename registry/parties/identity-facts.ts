import { uuidv7 } from 'uuidv7';
import type { WrittenIdentityFact } from '../../domain/facts.js';
import { canonicalJson } from '../../ledger/canonical-json.js';
import { commitToDocument, commitToSubject, freshSalt, makeLeaf } from '../../ledger/leaf.js';
import { members } from '../case/facts.js';
import type { Queryable, Transaction } from '../database/pool.js';
import { type Actor, actorName } from '../inputs.js';
import type { KeyRing } from '../keys/key-ring.js';
import { decryptStored } from '../keys/key-ring.js';
import { leafValues, withLeaf } from '../ledger/leaf-rows.js';

/** A subject whose row is locked: until the transaction ends nobody else writes into its chain. */
export interface LockedSubject {
  id: string;
  kind: 'person' | 'organisation';
  /** Name and numbers in canonical JSON: what commitments open to. */
  canonical: string;
  /** PostgreSQL's clock under the lock, epoch ms. */
  now: number;
}

/** Locks subjects in id order, as everybody does. Those that do not exist, or were erased, are missing from the answer. */
export async function lockSubjects(
  tx: Transaction,
  ring: KeyRing,
  ids: readonly string[],
): Promise<Map<string, LockedSubject>> {
  await tx.query(
    `select 1
     from subject
     where id = any($1) and erased_at is null
     order by id
     for no key update`,
    [ids],
  );
  const { rows } = await tx.query<{ id: string; kind: LockedSubject['kind']; canonical: Buffer; now: Date }>(
    `select id, kind, with_key(canonical_sealed) as canonical, clock_timestamp() as now
     from subject
     where id = any($1) and erased_at is null`,
    [ids],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        kind: row.kind,
        canonical: decryptStored(ring, { table: 'subject', column: 'canonical_sealed', row: row.id }, row.canonical),
        now: row.now.getTime(),
      },
    ]),
  );
}

/** With the detail of its type: ids, codes and dates, never a person. */
export type NewIdentityFact = WrittenIdentityFact & {
  /** Business key, of opaque ids. */
  key: string;
  court: string;
  department?: string;
  actor: Actor;
  /** Of `link.made`. */
  link?: { relation: string; evidence: string; from?: string; to?: string; other?: string };
  /** The fact it undoes. */
  undoes?: string;
};

/**
 * Writes a fact about who a subject is, with its leaf, chained to the subject's leaf before it; under the subject's lock. Returns its id and
 * leaf hash. Throws the unique violation of `ledger_leaf.business_key` when a fact of this key was already written.
 */
export async function recordIdentityFact(
  tx: Transaction,
  subject: LockedSubject,
  fact: NewIdentityFact,
): Promise<{ id: string; leafHash: Buffer }> {
  const last = await lastOf(tx, subject.id);
  const [id, salt, otherSalt] = [uuidv7(), freshSalt(), freshSalt()];
  const a = commitToSubject(salt, subject.canonical);
  const { other, ...link } = fact.link ?? {};
  const detail = members(fact.detail);
  const leaf = makeLeaf({
    id,
    key: fact.key,
    type: fact.type,
    at: new Date(subject.now).toISOString(),
    ...(fact.department ? { dept: fact.department } : {}),
    actor: actorName(fact.actor),
    subject: a,
    doc: { sha256: commitToDocument(salt, detail) },
    ...(fact.link
      ? {
          link: {
            ...link,
            relation: fact.link.relation,
            evidence: fact.link.evidence,
            a,
            ...(other === undefined ? {} : { b: commitToSubject(otherSalt, other) }),
          },
        }
      : {}),
    ...(fact.undoes ? { undoes: fact.undoes } : {}),
    ...(last ? { prev: last.leaf_hash.toString('hex') } : {}),
    ...(fact.actor.trace ? { trace: fact.actor.trace } : {}),
  });
  await tx.query(
    withLeaf(
      `insert into identity_fact (
         id, subject, seq, type, court, department, actor_role, actor, at, detail, salt, other_salt,
         trace
       )
       select entry_id, $5, $6, $7, $8, $9, $10, $11, $12, $13::jsonb, $14, $15, $16
       from leaf`,
    ),
    [
      ...leafValues(id, fact.key, leaf),
      subject.id,
      (last?.seq ?? 0) + 1,
      fact.type,
      fact.court,
      fact.department ?? null,
      fact.actor.role,
      fact.actor.id,
      new Date(subject.now),
      canonicalJson(detail),
      salt,
      other === undefined ? null : otherSalt,
      fact.actor.trace ?? null,
    ],
  );
  return { id, leafHash: leaf.hash };
}

async function lastOf(q: Queryable, subject: string): Promise<{ seq: number; leaf_hash: Buffer } | undefined> {
  const { rows } = await q.query<{ seq: number; leaf_hash: Buffer }>(
    `select f.seq, l.leaf_hash
     from identity_fact f
     join ledger_leaf l on l.entry_id = f.id
     where f.subject = $1
     order by f.seq desc
     limit 1`,
    [subject],
  );
  return rows[0];
}
