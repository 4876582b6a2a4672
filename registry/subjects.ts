import { uuidv7 } from 'uuidv7';
import { type Identifier, indexKeys } from '../domain/identity/identifier.js';
import { nameEquals, nameKey } from '../domain/name.js';
import { canonicalJson } from '../ledger/canonical-json.js';
import type { Party } from './inputs.js';
import { blindIndexes, type KeyRing, seal, unseal } from './key-ring.js';
import { type Queryable, send, type Transaction } from './pool.js';

/** What an identifier is found under: itself, then the numbers contained in the same document. */
const indexedForms = (identifier: Identifier) =>
  indexKeys(identifier).map((key, place) => ({
    ...key,
    alias: place > 0,
    fifteenDigits: identifier.flags.includes('ID_15_DIGIT'),
  }));

/** Every blind index under which these identifiers may stand, under every readable index key. */
export function blindsOf(
  ring: KeyRing,
  identifiers: readonly Identifier[],
): { blind: Buffer; alias: boolean; identifier: Identifier }[] {
  return identifiers.flatMap((identifier) =>
    indexedForms(identifier).flatMap((form) =>
      blindIndexes(ring, form.type, form.country, form.number).map(({ blind }) => ({
        blind,
        alias: form.alias,
        identifier,
      })),
    ),
  );
}

/** Unseals the name of a subject. */
export const openName = (ring: KeyRing, subject: string, sealed: Buffer): string =>
  unseal(ring, { table: 'subject', column: 'name_sealed', row: subject }, sealed);

/**
 * The subject of a party: the one with this very name and these very numbers, else a new one. A number is never added to somebody on record: a
 * mistyped one would stop a stranger in cases that never named it. The same number under another name (W01) or with other numbers beside it
 * (W03) is a warning; joining two subjects is a court's act. Numbers are locked first, so two cases that list the same person at once find one.
 */
export async function subjectOf(
  tx: Transaction,
  ring: KeyRing,
  party: Party,
): Promise<{ subject: string; nameDiffers: boolean; possibleDuplicate: boolean }> {
  const blinds = blindsOf(ring, party.identifiers).filter((entry) => !entry.alias);
  const keys = [...new Set(blinds.map((entry) => entry.blind.toString('hex')))].sort();
  for (const key of keys) send(tx, 'select pg_advisory_xact_lock(hashtextextended($1, 1))', [key]);
  const known = await subjectsByBlind(
    tx,
    ring,
    blinds.map((entry) => entry.blind),
  );
  const own = canonicalSubject(party);
  const same = known.find((candidate) => candidate.canonical === own);
  if (same) return { subject: same.subject, nameDiffers: false, possibleDuplicate: false };
  const subject = uuidv7();
  send(tx, 'insert into subject (id, kind, name_sealed, canonical_sealed) values ($1, $2, $3, $4)', [
    subject,
    party.kind,
    seal(ring, { table: 'subject', column: 'name_sealed', row: subject }, party.name),
    seal(ring, { table: 'subject', column: 'canonical_sealed', row: subject }, own),
  ]);
  addIdentifiers(tx, ring, subject, party.identifiers);
  return {
    subject,
    nameDiffers: known.some((candidate) => !nameEquals(candidate.name, party.name)),
    possibleDuplicate: known.some((candidate) => nameEquals(candidate.name, party.name)),
  };
}

/** Name and numbers in canonical JSON (RFC 8785): what a leaf's commitment opens to. */
export function canonicalSubject(party: Party): string {
  const identifiers = party.identifiers
    .map(({ type, country, number }) => ({ type, country, number }))
    .sort((a, b) => (`${a.type} ${a.number}` < `${b.type} ${b.number}` ? -1 : 1));
  return canonicalJson({ kind: party.kind, name: nameKey(party.name), identifiers });
}

async function subjectsByBlind(
  q: Queryable,
  ring: KeyRing,
  blinds: Buffer[],
): Promise<{ subject: string; name: string; canonical: string }[]> {
  const { rows } = await q.query<{ id: string; name_sealed: Buffer; canonical_sealed: Buffer }>(
    `select distinct s.id, s.name_sealed, s.canonical_sealed from identifier i join subject s on s.id = i.subject
     where i.blind = any($1) and not i.alias order by s.id`,
    [blinds],
  );
  return rows.map((row) => ({
    subject: row.id,
    name: openName(ring, row.id, row.name_sealed),
    canonical: unseal(ring, { table: 'subject', column: 'canonical_sealed', row: row.id }, row.canonical_sealed),
  }));
}

function addIdentifiers(tx: Transaction, ring: KeyRing, subject: string, identifiers: readonly Identifier[]): void {
  for (const form of identifiers.flatMap(indexedForms)) {
    const id = uuidv7();
    const [index] = blindIndexes(ring, form.type, form.country, form.number);
    if (!index) continue;
    send(
      tx,
      `insert into identifier (id, subject, type, alias, number_sealed, index_key, blind, country, fifteen_digits)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict (subject, index_key, blind) do nothing`,
      [
        id,
        subject,
        form.type,
        form.alias,
        seal(ring, { table: 'identifier', column: 'number_sealed', row: id }, form.number),
        index.indexKey,
        index.blind,
        form.country,
        form.fifteenDigits,
      ],
    );
  }
}
