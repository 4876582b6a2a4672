import type { IdentifierType } from '../../domain/identity/identifier.js';
import type { DecidedIdentity } from '../../domain/vocabulary.js';
import type { Queryable } from '../database/pool.js';
import { decryptStored, type KeyRing } from '../keys/key-ring.js';
import type { AskedParty } from '../parties/identity-exceptions.js';
import { openName } from '../parties/subjects.js';

// A doubtful match as it is read: who was asked about, who is on record, and what courts have said of it.

export interface ShownParty {
  name: string;
  identifiers: { type: IdentifierType; number: string; country?: string }[];
}

export interface DoubtRow {
  subject: string;
  department: string;
  court: string;
  reasons: string[];
  comparison: string | null;
  party_sealed: Buffer | null;
  name_sealed: Buffer;
  numbers: { id: string; type: IdentifierType; country: string; number: string }[] | null;
  decisions:
    | {
        identity: DecidedIdentity;
        at: string;
        by: string;
        exception: string | null;
        expires_at: string | null;
        revoked_at: string | null;
      }[]
    | null;
}

const DOUBT = `
  select s.id as subject, i.department, c.court, i.reasons, i.latest_comparison as comparison,
         with_key(m.party_sealed) as party_sealed, with_key(s.name_sealed) as name_sealed,
         (select json_agg(json_build_object(
                   'id', n.id, 'type', n.type, 'country', n.country,
                   'number', encode(with_key(n.number_sealed), 'hex'))
                   order by n.id)
          from identifier n
          where n.subject = s.id and not n.alias and n.revoked_at is null) as numbers,
         (select json_agg(json_build_object(
                   'identity', x.identity, 'at', x.at, 'by', 'judge:' || x.made_by,
                   'exception', e.id, 'expires_at', e.expires_at, 'revoked_at', e.revoked_at)
                   order by x.at)
          from identity_decision x
          left join identity_exception e on e.decision = x.id
          where x.interception = i.id) as decisions
  from interception i
  join defaulter d on d.id = i.defaulter
  join subject s on s.id = coalesce(i.matched_subject, d.subject)
  join enforcement_case c on c.id = i.enforcement_case
  left join comparison m on m.id = i.latest_comparison
  where i.id = $1`;

/** What is known of a doubt; undefined when there is no such interception. */
export async function readDoubt(q: Queryable, interception: string): Promise<DoubtRow | undefined> {
  const { rows } = await q.query<DoubtRow>(DOUBT, [interception]);
  return rows[0];
}

/** The party that was asked about; undefined where it was not kept. */
export function askedOf(ring: KeyRing, row: DoubtRow): AskedParty | undefined {
  if (!row.party_sealed || !row.comparison) return undefined;
  const text = decryptStored(
    ring,
    { table: 'comparison', column: 'party_sealed', row: row.comparison },
    row.party_sealed,
  );
  if (!text.startsWith('{')) return undefined;
  const asked: Omit<AskedParty, 'identifiers'> & {
    identifiers: (AskedParty['identifiers'][number] & { byToken?: true })[];
  } = JSON.parse(text);
  // What was asked by a token is what it met: the record's own numbers of that type.
  const numbers = recordedOf(ring, row).identifiers;
  const identifiers = asked.identifiers.flatMap((one) =>
    one.byToken
      ? numbers
          .filter(({ type }) => type === one.type)
          .map(({ number, country = '' }) => ({ type: one.type, number, country, flags: one.flags }))
      : [one],
  );
  return { ...asked, identifiers };
}

/** The party on record: its name and the numbers that still hold. */
export function recordedOf(ring: KeyRing, row: DoubtRow): ShownParty {
  const seen = new Set<string>();
  return {
    name: openName(ring, row.subject, row.name_sealed),
    identifiers: (row.numbers ?? []).flatMap((one) => {
      const number = decryptStored(
        ring,
        { table: 'identifier', column: 'number_sealed', row: one.id },
        Buffer.from(one.number, 'hex'),
      );
      const key = `${one.type} ${one.country} ${number}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ type: one.type, number, ...(one.country ? { country: one.country } : {}) }];
    }),
  };
}
