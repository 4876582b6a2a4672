import { uuidv7 } from 'uuidv7';
import type { Purpose } from '../../domain/identity/relations.js';
import { nameEquals } from '../../domain/name.js';
import { type CourtCaller, courtsOf } from '../access/scope.js';
import { type TimeCursor, type TimePage, timePage } from '../database/pages.js';
import type { Queryable, Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { isErased, type KeyRing } from '../keys/key-ring.js';
import { type IdentityChain, identityChain, VISIBLE, visibleSubjects } from './identity-chain.js';
import { allNamesIndexed, type BirthAndSex, namesAsked } from './name-index.js';
import { scriptKey } from './name-keys.js';
import { openName } from './subjects.js';

// Candidates for court staff (match ladder L4). What a search brings up decides nothing and reaches no department: a judge who finds that a candidate
// is the person links the two records, on evidence.

/** Written alike; alike but for traditional characters; sounding alike. */
export type Agreement = 'name' | 'script' | 'sound';
const AGREEMENTS: readonly Agreement[] = ['name', 'script', 'sound'];

/** More people of one name, birthday and sex are one person with many records. */
const CANDIDATES_AT_MOST = 50;

export interface SearchInput extends BirthAndSex {
  name: string;
  purpose: Purpose;
}

export interface FoundParty {
  subject: string;
  agreement: Agreement;
}

/** What a search brought up, and what it may have missed. */
interface Found {
  /** False while records wait to be indexed by name, or could not be read: somebody may be missing. Ask again in a while. */
  complete: boolean;
  /** More than are ever shown: the most alike and the youngest are here. */
  truncated: boolean;
}

/**
 * Searches the parties of the caller's courts by name, birth date and sex, the most alike first, and writes down who searched and whom it brought
 * up. Whom they sought is not kept.
 */
export async function searchIdentity(
  tx: Transaction,
  ring: KeyRing,
  caller: CourtCaller,
  actor: Actor,
  { name, purpose, ...who }: SearchInput,
): Promise<{ id: string; items: FoundParty[] } & Found> {
  // First: who is indexed while this searches is not taken for found.
  const complete = await allNamesIndexed(tx);
  const known = await visibleByName(tx, caller, namesAsked(ring, name, who));
  const truncated = known.length > CANDIDATES_AT_MOST;
  const items = ranked(name, await namesOf(tx, ring, known.slice(0, CANDIDATES_AT_MOST)));
  const id = uuidv7();
  await tx.query(
    `insert into identity_search (
       id, actor_role, actor, court, credential, purpose, found, agreements, complete, truncated,
       trace
     )
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      id,
      actor.role,
      actor.id,
      caller.court,
      caller.credential,
      purpose,
      items.map(({ subject }) => subject),
      items.map(({ agreement }) => agreement),
      complete,
      truncated,
      actor.trace ?? null,
    ],
  );
  return { id, items, complete, truncated };
}

/**
 * Those who stand under one of these blind values, by a number of a listing or of a link that was not revoked, and are the caller's to see: others
 * take nobody's place. Those written alike first, then the youngest; one more than are shown, where there are more.
 */
export async function visibleByName(
  q: Queryable,
  caller: CourtCaller,
  { written, all }: ReturnType<typeof namesAsked>,
): Promise<string[]> {
  const { rows } = await q.query<{ subject: string }>(
    `with recursive asked as (
       select distinct n.subject
       from name_index n
       join subject s on s.id = n.subject and s.erased_at is null
       where n.blind = any($1)
         and not exists (
           select from identity_link k
           where k.id = n.link and k.revoked_at is not null
         )
     ), ${VISIBLE}
     select v.subject
     from visible v
     order by
       exists (select from name_index n where n.subject = v.subject and n.blind = any($3)) desc,
       v.subject desc
     limit $4`,
    [all, await courtsOf(q, caller), written, CANDIDATES_AT_MOST + 1],
  );
  return rows.map(({ subject }) => subject);
}

async function namesOf(q: Queryable, ring: KeyRing, subjects: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await q.query<{ id: string; name: Buffer }>(
    'select id, with_key(name_sealed) as name from subject where id = any($1)',
    [subjects],
  );
  return new Map(rows.filter(({ name }) => !isErased(name)).map(({ id, name }) => [id, openName(ring, id, name)]));
}

function ranked(sought: string, names: ReadonlyMap<string, string>): FoundParty[] {
  const all = [...names].map(([subject, name]) => {
    const agreement = agreementOf(sought, name);
    return { subject, agreement, rank: AGREEMENTS.indexOf(agreement), alike: alike(sought, name) };
  });
  // Of the same rank the more alike; of these the younger record.
  all.sort((a, b) => a.rank - b.rank || b.alike - a.alike || (a.subject < b.subject ? 1 : -1));
  return all.map(({ subject, agreement }) => ({ subject, agreement }));
}

function agreementOf(sought: string, name: string): Agreement {
  if (nameEquals(sought, name)) return 'name';
  return scriptKey(sought) === scriptKey(name) ? 'script' : 'sound';
}

/** The share of characters that stand in the same place. */
function alike(a: string, b: string): number {
  const [one, two] = [Array.from(scriptKey(a)), Array.from(scriptKey(b))];
  return one.filter((character, at) => character === two[at]).length / Math.max(one.length, two.length, 1);
}

export interface Search extends Found {
  id: string;
  at: string;
  /** `role:id` */
  by: string;
  court: string;
  purpose: Purpose;
  found: FoundParty[];
}

interface Row {
  id: string;
  at: Date;
  exact: string;
  actor_role: string;
  actor: string;
  court: string;
  purpose: Purpose;
  found: string[];
  agreements: Agreement[];
  complete: boolean;
  truncated: boolean;
}

const SEARCHES = `
  select
    id, at, at::text as exact, actor_role, actor, court, purpose, found, agreements, complete,
    truncated
  from identity_search`;

const toSearch = (row: Row): Search => ({
  id: row.id,
  at: row.at.toISOString(),
  by: `${row.actor_role}:${row.actor}`,
  court: row.court,
  purpose: row.purpose,
  complete: row.complete,
  truncated: row.truncated,
  found: row.found.map((subject, at) => ({ subject, agreement: row.agreements[at] ?? 'sound' })),
});

/** A search of the caller's courts, with those it brought up that are the caller's to see; undefined when there is none. */
export async function searchOf(q: Queryable, caller: CourtCaller, id: string): Promise<Search | undefined> {
  const { rows } = await q.query<Row>(
    `${SEARCHES}
     where id = $1 and court = any($2)`,
    [id, await courtsOf(q, caller)],
  );
  const search = rows[0] && toSearch(rows[0]);
  if (!search) return undefined;
  const own = await visibleSubjects(
    q,
    caller,
    search.found.map(({ subject }) => subject),
  );
  return { ...search, found: search.found.filter(({ subject }) => own.has(subject)) };
}

/** A party that a search brought up. */
export type Candidate = FoundParty & Pick<IdentityChain, 'name' | 'identifiers' | 'listings'>;

/** Those a search brought up, as they stand now. Masked unless `unmasked`. */
export async function candidates(
  q: Queryable,
  ring: KeyRing,
  { found }: Search,
  { unmasked }: { unmasked: boolean },
): Promise<Candidate[]> {
  const all: Candidate[] = [];
  for (const { subject, agreement } of found) {
    const chain = await identityChain(q, ring, subject, { unmasked });
    if (!chain) continue;
    const { name, identifiers, listings } = chain;
    all.push({ subject, agreement, name, identifiers, listings });
  }
  return all;
}

/** Searches of the caller's courts, newest first. */
export async function searches(
  q: Queryable,
  caller: CourtCaller,
  filter: { after?: TimeCursor; limit: number },
): Promise<TimePage<Search>> {
  const { rows } = await q.query<Row>(
    `${SEARCHES}
     where court = any($1) and ($2::timestamptz is null or (at, id) < ($2, $3::uuid))
     order by at desc, id desc
     limit $4`,
    [await courtsOf(q, caller), filter.after?.at ?? null, filter.after?.id ?? null, filter.limit + 1],
  );
  return timePage(rows, filter.limit, toSearch);
}
