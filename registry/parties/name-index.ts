import { type Identifier, type IdentifierType, readRecorded } from '../../domain/identity/identifier.js';
import { BEFORE_ALL } from '../database/ids.js';
import { inTransaction, type Pool, type Queryable, send, type Transaction } from '../database/pool.js';
import { blindIndex, blindIndexes, decrypt, isErased, type KeyRing } from '../keys/key-ring.js';
import { scriptKey, soundKeys } from './name-keys.js';
import { underOwnKey } from './token-index.js';

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

/**
 * Every blind value under which somebody of this name, birth date and sex may stand, under every readable index key: those of the name as it is
 * written first, in `written`, then all.
 */
export function namesAsked(ring: KeyRing, name: string, who: BirthAndSex): { written: Buffer[]; all: Buffer[] } {
  const [script = [], ...sounds] = foldings(name).map(([kind, key]) =>
    blindIndexes(ring, kind, born(who), key).map(({ blind }) => blind),
  );
  return { written: script, all: [...script, ...sounds.flat()] };
}

function blindsOf(ring: KeyRing, name: string, who: BirthAndSex): Buffer[] {
  const indexKey = ring.indexKeys.get(ring.activeIndex);
  if (!indexKey) throw new Error('key ring: the active index key is missing');
  return foldings(name).map(([kind, key]) => blindIndex(indexKey, kind, born(who), key));
}

const INSERT = `
  insert into name_index (subject, link, index_key, blind)
  select $1, $2, $3, unnest($4::bytea[])
  on conflict do nothing`;

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

/** In the place of an index key: something of the subject could not be read. It is tried again with its next number, and when the key is changed. */
const UNREADABLE = 'unreadable';

const UNINDEXED = (which: string, busy: string): string =>
  `select s.id
   from subject s
   where ${which} and s.erased_at is null
   order by s.id
   limit ${BATCH}
   for no key update of s ${busy}`;
const NEVER_INDEXED = UNINDEXED('s.name_index_key is null', 'skip locked');
const UNDER_ANOTHER_KEY = UNINDEXED(
  `s.name_index_key is distinct from $1
     and s.id > coalesce($2::uuid, '${BEFORE_ALL}')`,
  '',
);
/** Read only under the lock: whoever gave a subject a number before it was locked has committed, and nobody gives it one until this ends. */
const NAMES = `
  select
    s.id, with_key(s.name_sealed) as name,
    (
      select json_agg(
        json_build_object(
          'id', i.id, 'type', i.type, 'country', i.country,
          'number', encode(with_key(i.number_sealed), 'hex'), 'link', i.link
        )
      )
      from identifier i
      where i.subject = s.id
        and i.type = 'resident-id'
        and not i.alias
        and i.revoked_at is null
        and ${underOwnKey('i')}
    ) as numbers
  from subject s
  where s.id = any($1)
  order by s.id`;

async function lockUnindexed(tx: Transaction, statement: string, values: unknown[]): Promise<Unindexed[]> {
  const locked = await tx.query<{ id: string }>(statement, values);
  return (await tx.query<Unindexed>(NAMES, [locked.rows.map(({ id }) => id)])).rows;
}

/** Told of a subject of whom something could not be read, and why. */
type Unreadable = (subject: string, error: unknown) => void;

/** Indexes one batch of those who are not indexed yet. Whoever cannot be read holds up nobody else. Returns whether there may be more. */
export const indexNewNames = (pool: Pool, ring: KeyRing, unreadable: Unreadable): Promise<boolean> =>
  inTransaction(pool, async (tx) => {
    const all = await lockUnindexed(tx, NEVER_INDEXED, []);
    for (const one of all) indexNames(tx, ring, one, unreadable);
    return all.length === BATCH;
  });

/**
 * Gives one batch of subjects, from one on, their rows under the active index key. Returns who they were, in order. Throws where one cannot be read:
 * without its rows under the new key nobody would find it once the old one is dropped.
 */
export async function reindexNames(tx: Transaction, ring: KeyRing, after: string | null): Promise<string[]> {
  const all = await lockUnindexed(tx, UNDER_ANOTHER_KEY, [ring.activeIndex, after]);
  for (const one of all) {
    indexNames(tx, ring, one, (_subject, error) => {
      throw error;
    });
  }
  return all.map(({ id }) => id);
}

function indexNames(tx: Transaction, ring: KeyRing, { id, name, numbers }: Unindexed, unreadable: Unreadable): void {
  let key = ring.activeIndex;
  const read = (...value: Parameters<typeof readable>): string | undefined => {
    try {
      return readable(...value);
    } catch (error) {
      key = UNREADABLE;
      unreadable(id, error);
      return undefined;
    }
  };
  const kept = read(ring, { table: 'subject', column: 'name_sealed', row: id }, name);
  for (const one of kept === undefined ? [] : (numbers ?? [])) {
    const context = { table: 'identifier', column: 'number_sealed', row: one.id };
    const number = read(ring, context, Buffer.from(one.number, 'hex'));
    const parsed = number === undefined ? undefined : readRecorded({ ...one, number });
    if (kept !== undefined && parsed?.ok) writeNames(tx, ring, id, kept, [parsed.identifier], one.link);
  }
  send(tx, 'update subject set name_index_key = $2 where id = $1', [id, key]);
}

/** Whether everybody on record can be found by name: nobody waits for the worker, and of nobody anything was unreadable. */
export async function allNamesIndexed(q: Queryable): Promise<boolean> {
  const { rows } = await q.query<{ all: boolean }>(
    `select not exists (
       select from subject
       where (name_index_key is null or name_index_key = '${UNREADABLE}') and erased_at is null
     ) as all`,
    [],
  );
  return rows[0]?.all ?? false;
}

/** Undefined where the key was destroyed. */
const readable = (ring: KeyRing, context: Parameters<typeof decrypt>[1], value: Buffer): string | undefined =>
  isErased(value) ? undefined : decrypt(ring, context, value);
