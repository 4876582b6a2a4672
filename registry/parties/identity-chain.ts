import type { IdentityFactType } from '../../domain/facts.js';
import type { IdentifierType, PartyKind } from '../../domain/identity/identifier.js';
import type { Relation } from '../../domain/identity/relations.js';
import { maskName, maskNumber } from '../../domain/name.js';
import type { Measure } from '../../domain/vocabulary.js';
import { type CourtCaller, courtsOf } from '../access/scope.js';
import { IN_FORCE } from '../case/enforcement-rows.js';
import type { Queryable } from '../database/pool.js';
import { decryptStored, type KeyRing } from '../keys/key-ring.js';
import { openName } from './subjects.js';

/** A party in the identity chain: its numbers and names, the links courts made, its listings. Masked unless `unmasked`. */
export interface IdentityChain {
  subject: string;
  kind: PartyKind;
  name: string;
  masked: boolean;
  identifiers: {
    type: IdentifierType;
    number: string;
    country?: string;
    validFrom?: string;
    validUntil?: string;
    /** Where it comes from: a court's listing, or a link. */
    source: 'listing' | 'link';
    link?: string;
    revokedAt?: string;
  }[];
  links: {
    id: string;
    relation: Relation;
    /** The two ends in the order of the relation; `to` is absent where the link is to a number or to a department's record. */
    from: string;
    to?: string;
    /** The name of the other end. */
    name?: string;
    department?: string;
    reference?: string;
    /** SHA-256 of the document it rests on, hex. */
    evidence: string;
    validFrom?: string;
    validUntil?: string;
    court: string;
    madeAt: string;
    fact: string;
    leaf: string;
    revokedAt?: string;
    revocation?: string;
  }[];
  /** All that are the same party by links in effect, this one included. */
  sameParty: string[];
  listings: {
    defaulter: string;
    case: string;
    court: string;
    role: 'defaulter' | 'representative';
    measures: Measure[];
  }[];
  /** The chain of facts, in order, each leaf naming the one before. */
  facts: { seq: number; fact: string; type: IdentityFactType; at: string; by: string; leaf: string }[];
}

interface Row {
  kind: PartyKind;
  name_sealed: Buffer;
  identifiers:
    | {
        id: string;
        type: IdentifierType;
        country: string;
        number: string;
        from: string | null;
        until: string | null;
        link: string | null;
        revoked_at: string | null;
      }[]
    | null;
  links:
    | {
        id: string;
        relation: Relation;
        subject: string;
        other: string | null;
        name: string | null;
        department: string | null;
        reference: string | null;
        evidence: string;
        from: string | null;
        until: string | null;
        court: string;
        made_at: string;
        made: string;
        leaf: string;
        revoked_at: string | null;
        revoked: string | null;
      }[]
    | null;
  same: string[];
  listings: IdentityChain['listings'] | null;
  facts: { seq: number; fact: string; type: IdentityFactType; at: string; by: string; leaf: string }[] | null;
}

const CHAIN = `
  select
    s.kind, with_key(s.name_sealed) as name_sealed,
    (
      select json_agg(
        json_build_object(
          'id', i.id, 'type', i.type, 'country', i.country,
          'number', encode(with_key(i.number_sealed), 'hex'), 'from', i.valid_from,
          'until', i.valid_until, 'link', i.link, 'revoked_at', i.revoked_at
        ) order by i.id
      )
      from identifier i
      where i.subject = s.id and not i.alias
    ) as identifiers,
    (
      select json_agg(
        json_build_object(
          'id', l.id, 'relation', l.relation, 'subject', l.subject, 'other', l.other,
          'name', encode(with_key(o.name_sealed), 'hex'), 'department', l.department,
          'reference', encode(with_key(l.reference_sealed), 'hex'),
          'evidence', encode(l.evidence, 'hex'), 'from', l.from_date, 'until', l.until_date,
          'court', l.court, 'made_at', l.made_at, 'made', l.made,
          'leaf', encode(f.leaf_hash, 'hex'), 'revoked_at', l.revoked_at, 'revoked', l.revoked
        )
        order by l.made_at, l.id
      )
      from identity_link l
      join ledger_leaf f on f.entry_id = l.made
      left join subject o
        on o.id = case when l.subject = s.id then l.other else l.subject end
          and l.other is not null
      where s.id in (l.subject, l.other)
    ) as links,
    array(
      select distinct r.subject
      from identity_reach(array[s.id]) r
      where not r.related
      order by 1
    ) as same,
    (
      select json_agg(
        json_build_object(
          'defaulter', d.id, 'case', c.case_number, 'court', c.court, 'role', d.role,
          'measures', array(
            select distinct r.measure
            from restriction r
            where r.defaulter = d.id
              and ${IN_FORCE}
            order by 1
          )
        )
        order by c.opened_at, d.id
      )
      from (
        select id, enforcement_case, 'defaulter' as role
        from defaulter
        where subject = s.id
        union all
        select d.id, d.enforcement_case, 'representative'
        from representative p
        join defaulter d on d.id = p.defaulter
        where p.subject = s.id and p.until is null
      ) d
      join enforcement_case c on c.id = d.enforcement_case
    ) as listings,
    (
      select json_agg(
        json_build_object(
          'seq', f.seq, 'fact', f.id, 'type', f.type, 'at', f.at,
          'by', f.actor_role || ':' || f.actor, 'leaf', encode(e.leaf_hash, 'hex')
        ) order by f.seq
      )
      from identity_fact f
      join ledger_leaf e on e.entry_id = f.id
      where f.subject = s.id
    ) as facts
  from subject s
  where s.id = $1`;

/** Undefined when there is no such subject. */
export async function identityChain(
  q: Queryable,
  ring: KeyRing,
  subject: string,
  { unmasked }: { unmasked: boolean },
): Promise<IdentityChain | undefined> {
  const { rows } = await q.query<Row>(CHAIN, [subject]);
  const row = rows[0];
  if (!row) return undefined;
  const shownName = (name: string): string => (unmasked ? name : maskName(name));
  const shownNumber = (number: string): string => (unmasked ? number : maskNumber(number));
  const open = (table: string, column: string, id: string, hex: string): string =>
    decryptStored(ring, { table, column, row: id }, Buffer.from(hex, 'hex'));
  return {
    subject,
    kind: row.kind,
    name: shownName(openName(ring, subject, row.name_sealed)),
    masked: !unmasked,
    identifiers: onceEach(
      (row.identifiers ?? []).map((one) => ({
        ...one,
        number: open('identifier', 'number_sealed', one.id, one.number),
      })),
    ).map((one) => ({
      type: one.type,
      number: shownNumber(one.number),
      ...(one.country ? { country: one.country } : {}),
      ...(one.from ? { validFrom: one.from } : {}),
      ...(one.until ? { validUntil: one.until } : {}),
      source: one.link ? 'link' : 'listing',
      ...(one.link ? { link: one.link } : {}),
      ...(one.revoked_at ? { revokedAt: new Date(one.revoked_at).toISOString() } : {}),
    })),
    links: (row.links ?? []).map((link) => {
      const far = link.subject === subject ? link.other : link.subject;
      return {
        id: link.id,
        relation: link.relation,
        from: link.subject,
        ...(link.other ? { to: link.other } : {}),
        ...(far && link.name ? { name: shownName(open('subject', 'name_sealed', far, link.name)) } : {}),
        ...(link.department ? { department: link.department } : {}),
        ...(link.reference
          ? { reference: shownNumber(open('identity_link', 'reference_sealed', link.id, link.reference)) }
          : {}),
        evidence: link.evidence,
        ...(link.from ? { validFrom: link.from } : {}),
        ...(link.until ? { validUntil: link.until } : {}),
        court: link.court,
        madeAt: new Date(link.made_at).toISOString(),
        fact: link.made,
        leaf: link.leaf,
        ...(link.revoked_at && link.revoked
          ? { revokedAt: new Date(link.revoked_at).toISOString(), revocation: link.revoked }
          : {}),
      };
    }),
    sameParty: row.same,
    listings: row.listings ?? [],
    facts: (row.facts ?? []).map((fact) => ({ ...fact, at: new Date(fact.at).toISOString() })),
  };
}

/** Everybody whose name an unmasked chain shows: the party, and the other ends of its links. */
export const personsIn = ({ subject, links }: IdentityChain): string[] => [
  ...new Set([subject, ...links.flatMap(({ from, to, name }) => (to && name !== undefined ? [from, to] : []))]),
];

/** While an index key is changed, a number stands under both. */
function onceEach<
  T extends { type: string; number: string; country: string; link: string | null; revoked_at: string | null },
>(list: readonly T[]): T[] {
  const seen = new Map<string, T>();
  for (const one of list) {
    const key = [one.type, one.country, one.number, one.link, one.revoked_at].join(' ');
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()];
}

/**
 * SQL of those subjects of a query `asked` (of one column, `subject`) that courts `$2` may see, as `visible`, for a `with recursive`: they, or ones
 * that courts have linked to them, are or were a party or a representative in a case of these courts.
 */
export const VISIBLE = `
  near as (
    select a.subject as origin, a.subject, 0 as steps
    from asked a
    union
    select n.origin, case when l.subject = n.subject then l.other else l.subject end, n.steps + 1
    from near n
    join identity_link l
      on l.other is not null
        and n.subject in (l.subject, l.other)
        and (l.revoked_at is null or l.court = any($2))
    where n.steps < 3
  ), visible as (
    select distinct n.origin as subject
    from near n
    where exists (
        select from defaulter d
        join enforcement_case c on c.id = d.enforcement_case
        where d.subject = n.subject and c.court = any($2)
      )
      or exists (
        select from representative p
        join defaulter d on d.id = p.defaulter
        join enforcement_case c on c.id = d.enforcement_case
        where p.subject = n.subject and c.court = any($2)
      )
      -- A corrected listing keeps its restrictions on the one it was made against.
      or exists (
        select from restriction r
        join enforcement_case c on c.id = r.enforcement_case
        where r.subject = n.subject and c.court = any($2)
      )
  )`;

/** Those of these subjects that are the caller's to see (`VISIBLE`). */
export async function visibleSubjects(
  q: Queryable,
  caller: CourtCaller,
  subjects: readonly string[],
): Promise<Set<string>> {
  const { rows } = await q.query<{ subject: string }>(
    `with recursive asked as (
       select unnest($1::uuid[]) as subject
     ), ${VISIBLE}
     select subject
     from visible`,
    [subjects, await courtsOf(q, caller)],
  );
  return new Set(rows.map(({ subject }) => subject));
}

/** Whether a subject is the caller's to see. */
export const maySeeSubject = async (q: Queryable, caller: CourtCaller, subject: string): Promise<boolean> =>
  (await visibleSubjects(q, caller, [subject])).has(subject);
