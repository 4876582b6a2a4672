import type { HitReason } from '../../domain/comparison.js';
import { maskName, maskNumber, nameEquals } from '../../domain/name.js';
import type { DecidedIdentity, FeedbackIdentity } from '../../domain/vocabulary.js';
import { type TimeCursor, type TimePage, timePage } from '../database/pages.js';
import type { Queryable } from '../database/pool.js';
import type { KeyRing } from '../keys/key-ring.js';
import { askedOf, readDoubt, recordedOf, type ShownParty } from './identity-doubts.js';

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
