import { uuidv7 } from 'uuidv7';
import type { HitReason } from '../../domain/comparison.js';
import type { IdentifierType } from '../../domain/identity/identifier.js';
import { maskName, maskNumber, nameEquals } from '../../domain/name.js';
import { Refusal } from '../../domain/refusal.js';
import type { DecidedIdentity, FeedbackIdentity } from '../../domain/vocabulary.js';
import { type TimeCursor, type TimePage, timePage } from '../database/pages.js';
import type { Queryable, Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { dataKeyOf } from '../keys/data-keys.js';
import { decryptStored, encrypt, type KeyRing } from '../keys/key-ring.js';
import { type AskedParty, expiryOf, writeException } from '../parties/identity-exceptions.js';
import { lockSubjects, recordIdentityFact } from '../parties/identity-facts.js';
import { openName } from '../parties/subjects.js';
import { giveDirective } from './directives.js';

// Doubtful matches: the department held the business, and the court says whether it is the same person. Nothing here is decided by a score.

/** Reasons that say a human has to look. */
const DOUBTS: readonly HitReason[] = ['ID_EXACT_NAME_DIFFERS', 'ID_15_DIGIT'];

export interface ReviewItem {
  interception: string;
  subject: string;
  department: string;
  service: string;
  case: string;
  caseNumber: string;
  at: string;
  reasons: string[];
  /** What the department said, if it did. */
  feedback?: FeedbackIdentity;
}

interface ReviewRow {
  id: string;
  subject: string;
  department: string;
  service: string;
  enforcement_case: string;
  case_number: string;
  at: Date;
  /** To the microsecond: where a page ends. */
  exact: string;
  reasons: string[];
  feedback: ReviewItem['feedback'] | null;
}

const OPEN_DOUBTS = `
  select i.id, coalesce(i.matched_subject, d.subject) as subject, i.department, i.service,
         i.enforcement_case, c.case_number, i.at, i.at::text as exact, i.reasons,
         (select f.identity
          from feedback f
          where f.interception = i.id and f.identity is not null
          order by f.at desc
          limit 1) as feedback
  from interception i
  join defaulter d on d.id = i.defaulter
  join enforcement_case c on c.id = i.enforcement_case
  where c.court = any($1)
    and i.freed_at is null
    and d.ended_at is null
    and (i.reasons && $2 or exists (
      select from feedback f
      where f.interception = i.id and f.identity in ('other', 'unsure')))
    and not exists (
      select from identity_decision x
      where x.interception = i.id and x.at >= i.at)
    and ($3::timestamptz is null or (i.at, i.id) > ($3, $4::uuid))
  order by i.at, i.id
  limit $5`;

/** Open doubts of these courts, oldest first: interceptions in force whose party no court has yet called the same or another. */
export async function reviewQueue(
  q: Queryable,
  courts: readonly string[],
  filter: { after?: TimeCursor; limit: number },
): Promise<TimePage<ReviewItem>> {
  const { rows } = await q.query<ReviewRow>(OPEN_DOUBTS, [
    courts,
    DOUBTS,
    filter.after?.at ?? null,
    filter.after?.id ?? null,
    filter.limit + 1,
  ]);
  return timePage(rows, filter.limit, (row) => ({
    interception: row.id,
    subject: row.subject,
    department: row.department,
    service: row.service,
    case: row.enforcement_case,
    caseNumber: row.case_number,
    at: row.at.toISOString(),
    reasons: row.reasons,
    ...(row.feedback ? { feedback: row.feedback } : {}),
  }));
}

interface ShownParty {
  name: string;
  identifiers: { type: IdentifierType; number: string; country?: string }[];
}

/** A match explained: which fields agree with the record that was met and which do not. Masked unless `unmasked`. */
export interface Explanation {
  interception: string;
  subject: string;
  masked: boolean;
  reasons: string[];
  equal: ('name' | 'number')[];
  conflicting: ('name' | 'number')[];
  asked: ShownParty;
  recorded: ShownParty;
  decisions: {
    identity: DecidedIdentity;
    at: string;
    by: string;
    exception?: { id: string; expiresAt: string; revokedAt?: string };
  }[];
}

interface DoubtRow {
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

/** Undefined when there is no such interception, or the party of it was not kept. */
export async function explain(
  q: Queryable,
  ring: KeyRing,
  interception: string,
  { unmasked }: { unmasked: boolean },
): Promise<Explanation | undefined> {
  const row = await readDoubt(q, interception);
  const asked = row && askedOf(ring, row);
  if (!row || !asked) return undefined;
  const recorded = recordedOf(ring, row);
  const show = ({ name, identifiers }: ShownParty): ShownParty => ({
    name: unmasked ? name : maskName(name),
    identifiers: identifiers.map(({ type, number, country }) => ({
      type,
      number: unmasked ? number : maskNumber(number),
      ...(country ? { country } : {}),
    })),
  });
  const sameNumber = asked.identifiers.some((one) =>
    recorded.identifiers.some(
      (other) => other.type === one.type && other.number === one.number && (other.country ?? '') === one.country,
    ),
  );
  const fields = [
    { field: 'name' as const, agrees: nameEquals(asked.name, recorded.name) },
    { field: 'number' as const, agrees: sameNumber },
  ];
  return {
    interception,
    subject: row.subject,
    masked: !unmasked,
    reasons: row.reasons,
    equal: fields.filter(({ agrees }) => agrees).map(({ field }) => field),
    conflicting: fields.filter(({ agrees }) => !agrees).map(({ field }) => field),
    asked: show(asked),
    recorded: show(recorded),
    decisions: (row.decisions ?? []).map((one) => ({
      identity: one.identity,
      at: new Date(one.at).toISOString(),
      by: one.by,
      ...(one.exception && one.expires_at
        ? {
            exception: {
              id: one.exception,
              expiresAt: new Date(one.expires_at).toISOString(),
              ...(one.revoked_at ? { revokedAt: new Date(one.revoked_at).toISOString() } : {}),
            },
          }
        : {}),
    })),
  };
}

export interface IdentityDecisionInput {
  identity: DecidedIdentity;
  reason: string;
  /** Of `other`: instant (RFC 3339) at which it is forgotten; at most a year ahead. */
  expiresAt?: string;
}

const WRITE_IDENTITY_DECISION = `
  insert into identity_decision (
    id, interception, subject, identity, reason_sealed, made_by, court, at, fact)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/**
 * The court's word on who it is. `same`: the hold stands. `other`: this business goes on
 * (a directive ALLOW to the department), and the pair is remembered, so that the same question is not asked again. Throws Refusal:
 * `not-found`; `state-conflict` exact-match where number and name agree: then no exception helps, the listing itself must be corrected or
 * revoked; `invalid` exception-too-long.
 */
export async function decideIdentity(
  tx: Transaction,
  ring: KeyRing,
  interception: string,
  input: IdentityDecisionInput,
  court: string,
  actor: Actor,
): Promise<{ id: string; exception?: string }> {
  const row = await readDoubt(tx, interception);
  const asked = row && askedOf(ring, row);
  if (!row || !asked) throw Refusal.notFound('interception');
  const recorded = recordedOf(ring, row);
  const differs = !nameEquals(asked.name, recorded.name);
  if (input.identity === 'other' && !differs && !row.reasons.some((reason) => reason === 'ID_15_DIGIT')) {
    throw Refusal.conflict(
      '号码与姓名均一致：须更正或撤销列入，或撤销关联。 / Number and name agree: correct or revoke the listing itself, or revoke the link.',
      'exact-match',
      '/identity',
    );
  }
  // The case first, then the subject: as everybody locks.
  if (input.identity === 'other') await giveDirective(tx, ring, interception, { type: 'ALLOW' }, actor);
  const subject = (await lockSubjects(tx, ring, [row.subject])).get(row.subject);
  if (!subject) throw Refusal.notFound('party');
  const id = uuidv7();
  const expiresAt = input.identity === 'other' ? expiryOf(input, subject.now) : undefined;
  const fact = await recordIdentityFact(tx, subject, {
    type: 'identity.decided',
    key: `identity.decided:${id}`,
    court,
    department: row.department,
    actor,
    detail: {
      decision: id,
      interception,
      identity: input.identity,
      expiresAt: expiresAt?.toISOString(),
    },
  });
  const dataKey = await dataKeyOf(tx, ring, 'subject', subject.id);
  await tx.query(WRITE_IDENTITY_DECISION, [
    id,
    interception,
    subject.id,
    input.identity,
    encrypt(ring, { table: 'identity_decision', column: 'reason_sealed', row: id }, input.reason, dataKey),
    actor.id,
    court,
    new Date(subject.now),
    fact.id,
  ]);
  if (!expiresAt) return { id };
  // 15 digits under the same name: the exception holds for that weak form alone.
  const exception = await writeException(tx, ring, subject, { decision: id, asked, weak: !differs, court, expiresAt });
  return { id, exception };
}

async function readDoubt(q: Queryable, interception: string): Promise<DoubtRow | undefined> {
  const { rows } = await q.query<DoubtRow>(DOUBT, [interception]);
  return rows[0];
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

function askedOf(ring: KeyRing, row: DoubtRow): AskedParty | undefined {
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

function recordedOf(ring: KeyRing, row: DoubtRow): ShownParty {
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
