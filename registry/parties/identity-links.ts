import { uuidv7 } from 'uuidv7';
import { fitsKind, type Identifier, normaliseNumber } from '../../domain/identity/identifier.js';
import type { NumberRelation, PartyRelation, Relation } from '../../domain/identity/relations.js';
import { Refusal } from '../../domain/refusal.js';
import { raise } from '../case/inbox.js';
import { courtsBelow } from '../catalogue/catalogue.js';
import { type Queryable, type Transaction, violatedConstraint } from '../database/pool.js';
import type { Actor, Party } from '../inputs.js';
import { dataKeyOf } from '../keys/data-keys.js';
import { blindIndexes, encrypt, type KeyRing } from '../keys/key-ring.js';
import { type LockedSubject, lockSubjects, recordIdentityFact } from './identity-facts.js';
import { linkIdentifier, partyOf, subjectOf } from './subjects.js';

interface LinkTerms {
  subject: string;
  /** SHA-256 (hex) of the document it rests on. */
  evidence: string;
  /** Calendar days, Asia/Shanghai, both included; open where absent. */
  from?: string;
  until?: string;
}

/** What a court ties to a subject: another record, which it names by id or by who it is; another name of it; a further number. */
export type LinkInput = LinkTerms &
  (
    | { relation: Exclude<PartyRelation, 'renamed-from'>; other: string }
    | { relation: Exclude<PartyRelation, 'renamed-from'>; party: Party }
    | { relation: 'renamed-from'; formerName: string }
    | { relation: 'renamed-from'; newName: string }
    | { relation: NumberRelation; identifier: Identifier }
  );

export interface MadeLink {
  id: string;
  fact: string;
  /** hex */
  leaf: string;
}

/**
 * Makes a link: a fact with its evidence, in effect for every comparison that begins after the answer. Throws Refusal: `not-found` for an unknown
 * subject; `invalid` where the two do not fit the relation; `state-conflict` already-linked where the same is linked already, or the number
 * is another party's by link.
 */
export async function makeLink(
  tx: Transaction,
  ring: KeyRing,
  input: LinkInput,
  court: string,
  actor: Actor,
): Promise<MadeLink> {
  const { a, b } = await endsOf(tx, ring, input);
  const locked = await lockSubjects(tx, ring, b === undefined ? [a] : [a, b]);
  const subject = locked.get(a);
  const other = b === undefined ? undefined : locked.get(b);
  if (!subject || (b !== undefined && !other)) throw unknownSubject();
  requireFit(input, subject, other);
  const link = {
    id: uuidv7(),
    relation: input.relation,
    evidence: input.evidence,
    ...(input.from ? { from: input.from } : {}),
    ...(input.until ? { to: input.until } : {}),
  };
  const made = await writeLink(tx, subject, other, { ...link, court, actor });
  if ('identifier' in input) {
    const dataKey = await dataKeyOf(tx, ring, 'subject', subject.id);
    await linkIdentifier(tx, ring, {
      subject: subject.id,
      dataKey,
      link: link.id,
      identifier: input.identifier,
      from: input.from ?? null,
      until: input.until ?? null,
    }).catch((error: unknown) => {
      throw violatedConstraint(error) === 'identifier_linked' ? alreadyLinked() : error;
    });
  }
  return made;
}

/** The two ends, a court's words turned into records. */
async function endsOf(tx: Transaction, ring: KeyRing, input: LinkInput): Promise<{ a: string; b?: string }> {
  if ('other' in input) return { a: input.subject, b: input.other };
  if ('party' in input) return { a: input.subject, b: (await subjectOf(tx, ring, input.party)).subject };
  if ('identifier' in input) return { a: input.subject };
  const known = await partyOf(tx, ring, input.subject);
  const name = 'formerName' in input ? input.formerName : input.newName;
  const named = (await subjectOf(tx, ring, { ...known, name })).subject;
  // A renamed-from B: A bears the new name.
  return 'formerName' in input ? { a: input.subject, b: named } : { a: named, b: input.subject };
}

function requireFit(input: LinkInput, subject: LockedSubject, other: LockedSubject | undefined): void {
  if (other && other.id === subject.id) {
    throw Refusal.invalid('两者本是同一记录。 / Both are the same record.', '/other', 'same-record');
  }
  const kinds: Partial<Record<Relation, boolean>> = {
    'same-person': subject.kind === other?.kind,
    'legal-rep-of': subject.kind === 'person' && other?.kind === 'organisation',
    'operator-of': subject.kind === 'person',
    'uscc-of': 'identifier' in input && input.identifier.type === 'uscc' && subject.kind === 'organisation',
    'alias-number': 'identifier' in input && fitsKind(input.identifier.type, subject.kind, input.identifier.number),
  };
  if (kinds[input.relation] === false) {
    throw Refusal.invalid('两者不符合这种关系。 / The two do not fit this relation.', '/relation', 'wrong-kind');
  }
}

/** The fact and the row of a link. Throws Refusal `state-conflict` where the two are linked so already. */
async function writeLink(
  tx: Transaction,
  subject: LockedSubject,
  other: LockedSubject | undefined,
  link: {
    id: string;
    relation: Relation;
    evidence: string;
    from?: string;
    to?: string;
    court: string;
    actor: Actor;
    reference?: { department: string; interception: string; ciphertext: Buffer; indexKey: string; blind: Buffer };
  },
): Promise<MadeLink> {
  const { id, relation, evidence, from, to, court, actor, reference } = link;
  const terms = { relation, evidence, ...(from ? { from } : {}), ...(to ? { to } : {}) };
  const fact = await recordIdentityFact(tx, subject, {
    type: 'link.made',
    key: `link.made:${id}`,
    court,
    actor,
    ...(reference ? { department: reference.department } : {}),
    detail: { link: id, relation, evidence, from, to, other: other?.id, interception: reference?.interception },
    link: { ...terms, ...(other ? { other: other.canonical } : {}) },
  });
  await tx
    .query(
      `insert into identity_link (
         id, relation, subject, other, department, reference_sealed, reference_key, reference_blind,
         interception, evidence, from_date, until_date, court, made_at, made
       )
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [
        id,
        relation,
        subject.id,
        other?.id ?? null,
        reference?.department ?? null,
        reference?.ciphertext ?? null,
        reference?.indexKey ?? null,
        reference?.blind ?? null,
        reference?.interception ?? null,
        Buffer.from(evidence, 'hex'),
        from ?? null,
        to ?? null,
        court,
        new Date(subject.now),
        fact.id,
      ],
    )
    .catch((error: unknown) => {
      throw violatedConstraint(error)?.startsWith('identity_link_') ? alreadyLinked() : error;
    });
  return { id, fact: fact.id, leaf: fact.leafHash.toString('hex') };
}

/**
 * Ties a department's own record to a subject, confirmed at an interception: its leaf is the evidence. Nothing is done where it is tied so
 * already. False where the record is tied to somebody else: then a court has to see to it.
 */
export async function confirmReference(
  tx: Transaction,
  ring: KeyRing,
  confirmed: {
    subject: string;
    department: string;
    reference: string;
    interception: string;
    court: string;
    evidence: Buffer;
  },
  actor: Actor,
): Promise<boolean> {
  const { department, interception, court } = confirmed;
  const number = normaliseNumber(confirmed.reference);
  const indexes = blindIndexes(ring, `reference:${department}`, '', number);
  const tied = await tx.query<{ subject: string }>(
    `select subject
     from identity_link
     where department = $1 and reference_blind = any($2) and revoked_at is null`,
    [department, indexes.map(({ blind }) => blind)],
  );
  const [index] = indexes;
  if (tied.rows.length > 0 || !index) return tied.rows.every((row) => row.subject === confirmed.subject);
  const subject = (await lockSubjects(tx, ring, [confirmed.subject])).get(confirmed.subject);
  if (!subject) throw unknownSubject();
  const id = uuidv7();
  const dataKey = await dataKeyOf(tx, ring, 'subject', subject.id);
  await writeLink(tx, subject, undefined, {
    id,
    relation: 'local-reference',
    evidence: confirmed.evidence.toString('hex'),
    court,
    actor,
    reference: {
      department,
      interception,
      ciphertext: encrypt(
        ring,
        { table: 'identity_link', column: 'reference_sealed', row: id },
        confirmed.reference,
        dataKey,
      ),
      indexKey: index.indexKey,
      blind: index.blind,
    },
  });
  return true;
}

/** Whose a link is: the court that made it. */
export async function linkScope(q: Queryable, id: string): Promise<{ court: string; subject: string } | undefined> {
  const { rows } = await q.query<{ court: string; subject: string }>(
    'select court, subject from identity_link where id = $1',
    [id],
  );
  return rows[0];
}

/** Whether a judge of this court may undo what that court linked: its own, or one below it. */
export async function mayUndo(q: Queryable, judgeCourt: string, madeBy: string): Promise<boolean> {
  return judgeCourt === madeBy || (await courtsBelow(q, judgeCourt)).includes(madeBy);
}

/**
 * Undoes a link by a counter-fact that names it; the link stays on record. In effect for every comparison that begins after the answer; what
 * it holds already comes before the judge of each case, whose directive frees it.
 * Throws Refusal: `not-found`; `state-conflict` already-revoked.
 */
export async function revokeLink(
  tx: Transaction,
  ring: KeyRing,
  id: string,
  input: { evidence?: string | undefined },
  court: string,
  actor: Actor,
): Promise<MadeLink> {
  const scope = await linkScope(tx, id);
  const subject = scope && (await lockSubjects(tx, ring, [scope.subject])).get(scope.subject);
  if (!subject) throw Refusal.notFound('link');
  const { rows } = await tx.query<{ made: string; revoked: string | null }>(
    'select made, revoked from identity_link where id = $1',
    [id],
  );
  const link = rows[0];
  if (!link || link.revoked) {
    throw Refusal.conflict('该关联已被撤销。 / This link is revoked already.', 'already-revoked');
  }
  const fact = await recordIdentityFact(tx, subject, {
    type: 'link.revoked',
    key: `link.revoked:${id}`,
    court,
    actor,
    detail: { link: id, evidence: input.evidence },
    undoes: link.made,
  });
  await tx.query('update identity_link set revoked_at = $2, revoked = $3 where id = $1', [
    id,
    new Date(subject.now),
    fact.id,
  ]);
  await tx.query('update identifier set revoked_at = $2 where link = $1 and revoked_at is null', [
    id,
    new Date(subject.now),
  ]);
  await raiseHeld(tx, id, subject.now);
  return { id, fact: fact.id, leaf: fact.leafHash.toString('hex') };
}

/**
 * Holds links by which somebody is about to be stopped: whoever revokes one waits until the stop is written, and then finds it; who comes behind a
 * revocation waits for it, and has to look again.
 */
export async function holdLinks(tx: Transaction, ids: readonly string[]): Promise<void> {
  await tx.query(
    `select from identity_link
     where id = any($1)
     order by id
     for share`,
    [ids],
  );
}

/** Puts each business that is still stopped and was met by this link before the judge of its case; `at` in epoch ms. */
async function raiseHeld(tx: Transaction, link: string, at: number): Promise<void> {
  const { rows } = await tx.query<{ id: string; enforcement_case: string; defaulter: string; department: string }>(
    `select id, enforcement_case, defaulter, department
     from interception
     where links @> array[$1::uuid] and links <> '{}' and freed_at is null
     order by id`,
    [link],
  );
  for (const { id, enforcement_case, defaulter, department } of rows) {
    await raise(tx, {
      key: `link-revoked:${link}:${id}`,
      kind: 'interception',
      enforcementCase: enforcement_case,
      at,
      defaulter,
      interception: id,
      department,
    });
  }
}

/** These subjects and all that courts have said to be the same party. */
export async function sameParty(q: Queryable, subjects: readonly string[]): Promise<string[]> {
  const { rows } = await q.query<{ subject: string }>(
    'select distinct subject from identity_reach($1) where not related',
    [subjects],
  );
  return rows.map((row) => row.subject);
}

const unknownSubject = (): Refusal => Refusal.notFound('party');
const alreadyLinked = (): Refusal =>
  Refusal.conflict('已有有效关联：须先撤销。 / It is linked already: revoke that link first.', 'already-linked');
