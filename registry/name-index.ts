import { type Identifier, type IdentifierType, parseIdentifier } from '../domain/identity/identifier.js';
import { blindIndex, blindIndexes, isErased, type KeyRing, unseal } from './key-ring.js';
import { scriptKey, soundKeys } from './name-keys.js';
import { inTransaction, type Pool, type Queryable, send, type Transaction } from './pool.js';

// Match ladder L4: name with birth date and sex brings up candidates for court staff. All three go into one key, so that a name alone finds nobody
// (L5) whoever holds the table. Comparisons know nothing of it.

const BATCH = 200;

export interface BirthAndSex {
  /** `YYYY-MM-DD` */
  birthDate: string;
  sex: 'male' | 'female';
}

/** What is hashed: the kind of key, and the name folded to it. */
const foldings = (name: string): [kind: string, key: string][] => [
  ['name-script', scriptKey(name)],
  ...soundKeys(name).map((key): [string, string] => ['name-sound', key]),
];

const born = ({ birthDate, sex }: BirthAndSex): string => `${birthDate}/${sex}`;

/** Every blind value under which somebody of this name, birth date and sex may stand, under every readable index key. */
export const namesAsked = (ring: KeyRing, name: string, who: BirthAndSex): Buffer[] =>
  foldings(name).flatMap(([kind, key]) => blindIndexes(ring, kind, born(who), key).map(({ blind }) => blind));

function blindsOf(ring: KeyRing, name: string, who: BirthAndSex): Buffer[] {
  const indexKey = ring.indexKeys.get(ring.activeIndex);
  if (!indexKey) throw new Error('key ring: the active index key is missing');
  return foldings(name).map(([kind, key]) => blindIndex(indexKey, kind, born(who), key));
}

const INSERT = `insert into name_index (subject, link, index_key, blind) select $1, $2, $3, unnest($4::bytea[]) on conflict do nothing`;

/** Indexes the name of a subject that is being written, for each of its numbers that says birth date and sex. */
export function writeNames(
  tx: Transaction,
  ring: KeyRing,
  subject: string,
  name: string,
  identifiers: readonly Pick<Identifier, 'birthDate' | 'sex'>[],
  link: string | null = null,
): void {
  const said = identifiers.flatMap(({ birthDate, sex }) => (birthDate && sex ? [{ birthDate, sex }] : []));
  for (const who of said) send(tx, INSERT, [subject, link, ring.activeIndex, blindsOf(ring, name, who)]);
}

/** Says that a subject's names have to be indexed anew: the worker does it within seconds. */
export const indexNamesLater = (tx: Transaction, subject: string): void =>
  send(tx, 'update subject set name_index_key = null where id = $1', [subject]);

interface Unindexed {
  id: string;
  name: Buffer;
  numbers: { id: string; type: IdentifierType; country: string; number: string; link: string | null }[] | null;
}

const UNINDEXED = (which: string, busy: string): string => `
  select s.id, with_key(s.name_sealed) as name,
    (select json_agg(json_build_object('id', i.id, 'type', i.type, 'country', i.country, 'number', encode(with_key(i.number_sealed), 'hex'), 'link', i.link))
     from identifier i where i.subject = s.id and i.type = 'resident-id' and not i.alias and i.revoked_at is null and strpos(i.index_key, '/') = 0) as numbers
  from subject s where ${which} and s.erased_at is null order by s.id limit ${BATCH} for no key update of s ${busy}`;
const NEVER_INDEXED = UNINDEXED('s.name_index_key is null', 'skip locked');
const UNDER_ANOTHER_KEY = UNINDEXED(
  `s.name_index_key is distinct from $1 and s.id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')`,
  '',
);

/** Indexes one batch of those who are not indexed yet. Returns whether there may be more. */
export const indexNewNames = (pool: Pool, ring: KeyRing): Promise<boolean> =>
  inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<Unindexed>(NEVER_INDEXED, []);
    for (const row of rows) indexNames(tx, ring, row);
    return rows.length === BATCH;
  });

/** Gives one batch of subjects, from one on, their rows under the active index key. Returns who they were, in order. */
export async function reindexNames(tx: Transaction, ring: KeyRing, after: string | null): Promise<string[]> {
  const { rows } = await tx.query<Unindexed>(UNDER_ANOTHER_KEY, [ring.activeIndex, after]);
  for (const row of rows) indexNames(tx, ring, row);
  return rows.map(({ id }) => id);
}

function indexNames(tx: Transaction, ring: KeyRing, { id, name, numbers }: Unindexed): void {
  const kept = readable(ring, { table: 'subject', column: 'name_sealed', row: id }, name);
  for (const one of kept === undefined ? [] : (numbers ?? [])) {
    const place = { table: 'identifier', column: 'number_sealed', row: one.id };
    const number = readable(ring, place, Buffer.from(one.number, 'hex'));
    const parsed = number === undefined ? undefined : parseIdentifier({ ...one, number }, '2200-12-31');
    if (kept !== undefined && parsed?.ok) writeNames(tx, ring, id, kept, [parsed.identifier], one.link);
  }
  send(tx, 'update subject set name_index_key = $2 where id = $1', [id, ring.activeIndex]);
}

/** Undefined where the key was destroyed. */
const readable = (ring: KeyRing, place: Parameters<typeof unseal>[1], value: Buffer): string | undefined =>
  isErased(value) ? undefined : unseal(ring, place, value);

/** Subjects that stand under one of these blind values, by a number of a listing or of a link that was not revoked. */
export async function subjectsByName(q: Queryable, blinds: readonly Buffer[], atMost: number): Promise<string[]> {
  const { rows } = await q.query<{ subject: string }>(
    `select distinct n.subject from name_index n join subject s on s.id = n.subject and s.erased_at is null
     where n.blind = any($1) and not exists (select from identity_link k where k.id = n.link and k.revoked_at is not null)
     order by n.subject desc limit $2`,
    [blinds, atMost],
  );
  return rows.map(({ subject }) => subject);
}
