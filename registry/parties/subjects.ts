import { uuidv7 } from 'uuidv7';
import {
  type Identifier,
  type IdentifierType,
  indexKeys,
  type PartyKind,
  readRecorded,
} from '../../domain/identity/identifier.js';
import { nameEquals, nameKey } from '../../domain/name.js';
import { Refusal } from '../../domain/refusal.js';
import { canonicalJson } from '../../ledger/canonical-json.js';
import { lockKeyed } from '../database/locks.js';
import { type Queryable, send, type Transaction } from '../database/pool.js';
import type { Party } from '../inputs.js';
import { createDataKey } from '../keys/data-keys.js';
import { blindIndexes, type DataKey, decryptStored, encrypt, type KeyRing } from '../keys/key-ring.js';
import { indexNamesLater, writeNames } from './name-index.js';
import { type TokenIndex, tokenIn, tokenIndexes } from './token-index.js';

/** What an identifier is found under: itself, then the numbers contained in the same document. */
const indexedForms = (identifier: Identifier) =>
  indexKeys(identifier).map((key, index) => ({
    ...key,
    alias: index > 0,
    fifteenDigits: identifier.flags.includes('ID_15_DIGIT'),
  }));

/** Every blind index under which these identifiers may stand, under every readable index key. */
export function blindsOf(
  ring: KeyRing,
  identifiers: readonly Identifier[],
): { blind: Buffer; alias: boolean; identifier: Identifier }[] {
  return identifiers.flatMap((identifier) => {
    // A token is a blind value already.
    if (identifier.token) return [{ blind: Buffer.from(identifier.token.value, 'hex'), alias: false, identifier }];
    return indexedForms(identifier).flatMap((form) =>
      blindIndexes(ring, form.type, form.country, form.number).map(({ blind }) => ({
        blind,
        alias: form.alias,
        identifier,
      })),
    );
  });
}

/** The name of a subject, as `with_key` gives it; a dash once it was erased. */
export const openName = (ring: KeyRing, subject: string, ciphertext: Buffer): string =>
  decryptStored(ring, { table: 'subject', column: 'name_sealed', row: subject }, ciphertext);

/**
 * The subject of a party: the one with this very name and these very numbers, else a new one. A number is never added to somebody on record: a
 * mistyped one would stop a stranger in cases that never named it. The same number under another name (W01) or with other numbers beside it
 * (W03) is a warning; joining two subjects is a court's act. Numbers are locked first, so two cases that list the same person at once find one.
 */
export async function subjectOf(
  tx: Transaction,
  ring: KeyRing,
  party: Party,
): Promise<{ subject: string; nameDiffers: boolean; possibleDuplicate: boolean; fresh: boolean }> {
  const blinds = blindsOf(ring, party.identifiers).filter((entry) => !entry.alias);
  const keys = [...new Set(blinds.map((entry) => entry.blind.toString('hex')))].sort();
  for (const key of keys) send(tx, `select ${lockKeyed('partyNumber', '$1')}`, [key]);
  const [known, tokens] = await Promise.all([
    subjectsByBlind(
      tx,
      ring,
      blinds.map((entry) => entry.blind),
    ),
    tokenIndexes(tx, ring),
  ]);
  const own = canonicalSubject(party);
  const same = known.find((candidate) => candidate.canonical === own);
  if (same) return { subject: same.subject, nameDiffers: false, possibleDuplicate: false, fresh: false };
  const subject = uuidv7();
  const dataKey = createDataKey(tx, ring, 'subject', subject);
  send(
    tx,
    `insert into subject (id, kind, name_sealed, canonical_sealed, name_index_key)
     values ($1, $2, $3, $4, $5)`,
    [
      subject,
      party.kind,
      encrypt(ring, { table: 'subject', column: 'name_sealed', row: subject }, party.name, dataKey),
      encrypt(ring, { table: 'subject', column: 'canonical_sealed', row: subject }, own, dataKey),
      ring.activeIndex,
    ],
  );
  for (const row of identifierRows(ring, subject, dataKey, party.identifiers, tokens)) send(tx, INSERT_IDENTIFIER, row);
  writeNames(tx, ring, subject, party.name, party.identifiers);
  return {
    subject,
    nameDiffers: known.some((candidate) => !nameEquals(candidate.name, party.name)),
    possibleDuplicate: known.some((candidate) => nameEquals(candidate.name, party.name)),
    // A person nobody has on record by any of these numbers. An organisation may be, by the code inside another number.
    fresh: known.length === 0 && party.kind === 'person',
  };
}

/** Name and numbers in canonical JSON (RFC 8785): what a leaf's commitment opens to. */
export function canonicalSubject(party: Party): string {
  const identifiers = party.identifiers
    .map(({ type, country, number }) => ({ type, country, number }))
    .sort((a, b) => (`${a.type} ${a.number}` < `${b.type} ${b.number}` ? -1 : 1));
  return canonicalJson({ kind: party.kind, name: nameKey(party.name), identifiers });
}

/** That identifier `i` stands. Not `is null`: the index of what stands, by subject, would be walked through while a list is young. */
const NOT_REVOKED = "coalesce(i.revoked_at, 'infinity') = 'infinity'";

/** Locks them against erasure: whoever is erased at this moment is waited for, and is not among them. */
async function subjectsByBlind(
  q: Queryable,
  ring: KeyRing,
  blinds: Buffer[],
): Promise<{ subject: string; name: string; canonical: string }[]> {
  const { rows } = await q.query<{ id: string; name_sealed: Buffer; canonical_sealed: Buffer }>(
    `select
       s.id, with_key(s.name_sealed) as name_sealed,
       with_key(s.canonical_sealed) as canonical_sealed
     from subject s
     where s.erased_at is null
       and s.id in (
         select i.subject
         from identifier i
         where i.blind = any($1)
           and not i.alias
           and ${NOT_REVOKED}
           and not exists (
             select from identity_link k
             where k.id = i.link and k.revoked_at is not null
           )
       )
     order by s.id
     for key share of s`,
    [blinds],
  );
  return rows.map((row) => ({
    subject: row.id,
    name: openName(ring, row.id, row.name_sealed),
    canonical: decryptStored(ring, { table: 'subject', column: 'canonical_sealed', row: row.id }, row.canonical_sealed),
  }));
}

/**
 * Gives a subject a further number by a court's link, valid on these days. Throws the unique violation `identifier_linked` where it is another
 * party's by link, Refusal `state-conflict` already-linked where it is this one's already.
 */
export async function linkIdentifier(
  tx: Transaction,
  ring: KeyRing,
  linked: {
    subject: string;
    dataKey: DataKey;
    link: string;
    identifier: Identifier;
    from: string | null;
    until: string | null;
  },
): Promise<void> {
  const { subject, dataKey, identifier, ...by } = linked;
  let written = 0;
  const tokens = await tokenIndexes(tx, ring);
  for (const row of identifierRows(ring, subject, dataKey, [identifier], tokens, by))
    written += (await tx.query(INSERT_IDENTIFIER, row)).rowCount ?? 0;
  if (written > 0) return indexNamesLater(tx, subject);
  throw Refusal.conflict('该号码已在其名下。 / The party has this number already.', 'already-linked', '/identifier');
}

const INSERT_IDENTIFIER = `
  insert into identifier (
    id, subject, type, alias, number_sealed, index_key, blind, country, fifteen_digits, link,
    valid_from, valid_until
  )
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  on conflict (subject, index_key, blind) where revoked_at is null do nothing`;

/** One row for each form under which a number is found, and for each department's token of it. */
function identifierRows(
  ring: KeyRing,
  subject: string,
  dataKey: DataKey,
  identifiers: readonly Identifier[],
  tokens: readonly TokenIndex[],
  by: { link: string | null; from: string | null; until: string | null } = { link: null, from: null, until: null },
): unknown[][] {
  return identifiers.flatMap(indexedForms).flatMap((form) => {
    const [index] = blindIndexes(ring, form.type, form.country, form.number);
    const indexes = [
      ...(index ? [index] : []),
      ...tokens.map((one) => ({ indexKey: one.indexKey, blind: tokenIn(one, form) })),
    ];
    return indexes.map(({ indexKey, blind }) => {
      const id = uuidv7();
      return [
        id,
        subject,
        form.type,
        form.alias,
        encrypt(ring, { table: 'identifier', column: 'number_sealed', row: id }, form.number, dataKey),
        indexKey,
        blind,
        form.country,
        form.fifteenDigits,
        by.link,
        by.from,
        by.until,
      ];
    });
  });
}

/** Who a subject is on record: name and the numbers it was listed with, decrypted. Throws Refusal `not-found`. */
export async function partyOf(q: Queryable, ring: KeyRing, subject: string): Promise<Party> {
  const { rows } = await q.query<{
    kind: PartyKind;
    name_sealed: Buffer;
    id: string;
    type: IdentifierType;
    country: string;
    number_sealed: Buffer;
  }>(
    `select
       s.kind, with_key(s.name_sealed) as name_sealed, i.id, i.type, i.country,
       with_key(i.number_sealed) as number_sealed
     from subject s
     join identifier i on i.subject = s.id
     where s.id = $1 and not i.alias and i.link is null
     order by i.id`,
    [subject],
  );
  const first = rows[0];
  if (!first) throw Refusal.notFound('party');
  return {
    kind: first.kind,
    name: openName(ring, subject, first.name_sealed),
    // While an index key is changed, a number stands under both.
    identifiers: onceEach(
      rows.map((row) => {
        const number = decryptStored(
          ring,
          { table: 'identifier', column: 'number_sealed', row: row.id },
          row.number_sealed,
        );
        const parsed = readRecorded({ type: row.type, number, country: row.country });
        if (!parsed.ok) throw new Error(`identifier ${row.id} on record is not valid: ${parsed.code}`);
        return parsed.identifier;
      }),
    ),
  };
}

const onceEach = (identifiers: readonly Identifier[]): Identifier[] => [
  ...new Map(identifiers.map((one) => [[one.type, one.country, one.number].join(' '), one])).values(),
];
