import type { Transaction } from '../database/pool.js';
import { destroyDataKeys } from '../keys/data-keys.js';

// What is erased loses its keys, its numbers and its salts. The rows stay, and so does every proof.

const CASES_AT_ONCE = 20;
const PARTIES_AT_ONCE = 200;

/** Whether a subject `s` still has a part in a case that is kept: as a party, a representative, or as the record by which somebody was stopped. */
const HAS_A_CASE = (s: string): string => `(
  exists (
    select from defaulter d
    join enforcement_case e on e.id = d.enforcement_case
    where d.subject = ${s} and e.erased_at is null
  )
  or exists (
    select from restriction r
    join enforcement_case e on e.id = r.enforcement_case
    where r.subject = ${s} and e.erased_at is null
  )
  or exists (
    select from representative p
    join defaulter d on d.id = p.defaulter
    join enforcement_case e on e.id = d.enforcement_case
    where p.subject = ${s} and e.erased_at is null
  )
  or exists (
    select from interception i
    join enforcement_case e on e.id = i.enforcement_case
    where i.matched_subject = ${s} and i.links <> '{}' and e.erased_at is null
  )
)`;

/**
 * Cases closed before an instant: their data keys are destroyed, their salts are erased, who was asked in their hits is forgotten. A subject goes with
 * them once neither it nor anybody whom links in effect tie to it has another case. Returns the ids of what was erased.
 */
export async function eraseCases(tx: Transaction, upTo: Date): Promise<string[]> {
  const cases = await tx.query<{ id: string }>(
    `select id
     from enforcement_case
     where closed_at < $1 and erased_at is null
     order by id
     limit ${CASES_AT_ONCE}
     for update`,
    [upTo],
  );
  const ids = cases.rows.map((row) => row.id);
  if (ids.length === 0) return [];
  const parties = await partiesOf(tx, ids);
  await eraseCaseRows(tx, ids);
  const subjects = await partiesToErase(tx, parties);
  await eraseSubjects(tx, subjects);
  await destroyDataKeys(tx, ids);
  return [...ids, ...subjects];
}

/** Everybody whom these cases name, or by whose record somebody was stopped in them. */
async function partiesOf(tx: Transaction, cases: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ subject: string }>(
    `select d.subject
     from defaulter d
     where d.enforcement_case = any($1)
     union
     select r.subject
     from restriction r
     where r.enforcement_case = any($1)
     union
     select p.subject
     from representative p
     join defaulter d on d.id = p.defaulter
     where d.enforcement_case = any($1)
     union
     select i.matched_subject
     from interception i
     where i.enforcement_case = any($1) and i.matched_subject is not null`,
    [cases],
  );
  return rows.map((row) => row.subject);
}

/** What these cases hold beside their texts: their salts, who was asked in their hits, and by what an asset is found. */
async function eraseCaseRows(tx: Transaction, cases: readonly string[]): Promise<void> {
  await tx.query('update enforcement_case set erased_at = clock_timestamp() where id = any($1)', [cases]);
  await tx.query(
    `update comparison c
     set
       blinds = '{}', operator_sealed = null, party_sealed = null, reference = '',
       forgotten_at = clock_timestamp()
     where c.id in (
       select unnest(array[i.comparison, i.latest_comparison])
       from interception i
       where i.enforcement_case = any($1)
     )
       and not exists (
         select from interception o
         join enforcement_case e on e.id = o.enforcement_case
         where c.id in (o.comparison, o.latest_comparison) and e.erased_at is null
       )`,
    [cases],
  );
  await tx.query(
    `update interception
     set object_sealed = null, object_blind = null
     where enforcement_case = any($1)`,
    [cases],
  );
  await tx.query(
    `update restriction
     set asset_blind = substring(sha256(id::text::bytea) from 1 for 16)
     where enforcement_case = any($1) and asset_type is not null`,
    [cases],
  );
  await tx.query('update fact set salt = null where enforcement_case = any($1) and salt is not null', [cases]);
}

/** Those near some parties, over links in effect, by whom each is tied to which of them; and of whose group somebody has a case. */
const NEAR_AND_KEPT = `
  with recursive near as (
    select s as origin, s as subject
    from unnest($1::uuid[]) s
    union
    select n.origin, case when l.subject = n.subject then l.other else l.subject end
    from near n
    join identity_link l
      on (l.subject = n.subject or l.other = n.subject)
        and l.other is not null
        and l.revoked_at is null
  ), kept as (
    select n.origin
    from near n
    where ${HAS_A_CASE('n.subject')}
  )`;

/**
 * Of these parties and all whom links in effect tie to them, those of whom nobody has a case any more, locked. A case may be opened and a link made
 * while the locks are waited for, so whom that concerns is asked only then; and who is tied to somebody not yet locked is looked at again.
 */
async function partiesToErase(tx: Transaction, parties: readonly string[]): Promise<string[]> {
  for (;;) {
    // Whose group has a case anyway is not locked: a counter may be stopping one of them.
    const near = await tx.query<{ origin: string; id: string }>(
      `${NEAR_AND_KEPT}
       select n.origin, n.subject as id
       from near n
       where n.origin not in (select origin from kept)`,
      [parties],
    );
    const origins = [...new Set(near.rows.map((row) => row.origin))];
    const ids = [...new Set(near.rows.map((row) => row.id))];
    await lockParties(tx, ids);
    const { rows } = await tx.query<{ id: string; unlocked: boolean }>(
      `${NEAR_AND_KEPT}
       select s.id, s.id <> all($2) as unlocked
       from subject s
       where s.id in (select n.subject from near n where n.subject <> all($2))
         or s.erased_at is null
           and s.id in (
             select n.subject
             from near n
             where n.origin not in (select origin from kept)
           )
       order by s.id`,
      [origins, ids],
    );
    if (!rows.some((row) => row.unlocked)) return rows.map((row) => row.id);
  }
}

/** Waits until nobody opens a case against these parties or links them, and keeps it so. */
async function lockParties(tx: Transaction, ids: readonly string[]): Promise<void> {
  await tx.query(
    `select from subject
     where id = any($1)
     order by id
     for update`,
    [ids],
  );
}

/** No kept case names a subject `s`, and no link ties it to anybody, nor did at the instant $1. Its numbers and local references keep nobody. */
const ONLY_LINKED = `
  s.erased_at is null
  and not exists (
    select from identity_link l
    where (l.subject = s.id or l.other = s.id)
      and l.other is not null
      and (l.revoked_at is null or l.revoked_at >= $1)
  )
  and not ${HAS_A_CASE('s.id')}`;

/**
 * People and organisations whom no kept case names: a court linked them to somebody, and every such link was undone before an instant. Returns the ids of
 * those that were erased.
 */
export async function eraseLinkedParties(tx: Transaction, upTo: Date): Promise<string[]> {
  const candidates = await tx.query<{ id: string }>(
    `select s.id
     from subject s
     where ${ONLY_LINKED}
       and s.id in (
         select unnest(array[l.subject, l.other])
         from identity_link l
         where l.revoked_at < $1 and l.other is not null
       )
     order by s.id
     limit ${PARTIES_AT_ONCE}`,
    [upTo],
  );
  const ids = candidates.rows.map((row) => row.id);
  await lockParties(tx, ids);
  // Who was named in a case or linked again meanwhile stays.
  const { rows } = await tx.query<{ id: string }>(
    `select s.id
     from subject s
     where s.id = any($2) and ${ONLY_LINKED}
     order by s.id`,
    [upTo, ids],
  );
  const subjects = rows.map((row) => row.id);
  await eraseSubjects(tx, subjects);
  return subjects;
}

async function eraseSubjects(tx: Transaction, subjects: readonly string[]): Promise<void> {
  if (subjects.length === 0) return;
  for (const statement of [
    'delete from identifier where subject = any($1)',
    'delete from name_index where subject = any($1)',
    // Who gives their numbers a further index key at this moment has done so before, or finds them gone.
    `select from identity_exception
     where subject = any($1)
     order by id
     for update`,
    `delete from identity_exception_number
     where exception in (select id from identity_exception where subject = any($1))`,
    `update identity_fact
     set salt = null, other_salt = null
     where subject = any($1) and (salt is not null or other_salt is not null)`,
    // The other end's own fact still opens that end, and this one no more.
    `update identity_fact
     set other_salt = null
     where other_salt is not null
       and id in (select l.made from identity_link l where l.other = any($1))`,
    // A department's own reference: found by nobody, and under no key that could not leave the ring. It stays unique.
    `update identity_link
     set
       reference_blind = substring(sha256(id::text::bytea) from 1 for 16), reference_key = 'erased'
     where subject = any($1) and department is not null`,
    'update subject set erased_at = clock_timestamp() where id = any($1)',
  ])
    await tx.query(statement, [subjects]);
  await destroyDataKeys(tx, subjects);
}
