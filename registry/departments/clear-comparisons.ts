import { randomFillSync } from 'node:crypto';
import { V7Generator } from 'uuidv7';
import { TOUCHES_A_CHILD } from '../../domain/comparison.js';
import { roleOf } from '../../domain/match-ladder.js';
import type { SubjectRole } from '../../domain/vocabulary.js';
import type { KeyedRequest } from '../database/idempotency.js';
import { requestLock, tryLockRequest } from '../database/locks.js';
import type { Queryable } from '../database/pool.js';
import type { ComparisonInput } from '../inputs.js';
import { encrypt, type KeyRing } from '../keys/key-ring.js';
import { blindsOf } from '../parties/subjects.js';
import type { ComparisonAnswer } from './comparisons.js';

// More than 99 comparisons of 100 are of people nobody has ever listed. One statement answers many of them and records each; whoever stands in
// the record in any way, and every request that is not plainly new, is left to the ordinary transaction (comparisons.ts), which knows the reasons.

/** A comparison that may be answered together with others. */
export interface Asked extends KeyedRequest {
  department: string;
  input: ComparisonInput;
}

/** As the statement takes it: numbers hashed, the operator encrypted. */
export interface Prepared {
  id: string;
  client: string;
  key: string;
  lock: string;
  fingerprint: string;
  department: string;
  service: string;
  kind: SubjectRole;
  reference: string;
  operator: string | null;
  institution: string | null;
  blinds: string[];
}

/** An answer that `once` keeps as its own, or undefined: nothing was written, the ordinary transaction judges. */
export type ClearAnswer = string | undefined;

/** Items one statement takes: the longest anybody waits for neighbours is one such statement. */
export const TOGETHER_AT_MOST = 256;

export function prepare(ring: KeyRing, { client, key, fingerprint, department, input }: Asked): Prepared {
  const id = ids.generate().toString();
  const { service, reference, operator, institution, party } = input;
  const context = { table: 'comparison', column: 'operator_sealed', row: id };
  return {
    id,
    client,
    key,
    lock: requestLock({ client, key }),
    fingerprint: hex(fingerprint),
    department,
    service,
    kind: roleOf({ related: false, kind: party.kind }),
    reference,
    operator: operator === undefined ? null : hex(encrypt(ring, context, operator)),
    institution: institution ?? null,
    blinds: blindsOf(ring, party.identifiers).map(({ blind }) => hex(blind)),
  };
}

/** Random words for many ids at once: the call costs more than the words. */
const words = new Uint32Array(1_024);
let nextWord = words.length;
const ids = new V7Generator({
  nextUint32() {
    if (nextWord === words.length) {
      randomFillSync(words);
      nextWord = 0;
    }
    return words[nextWord++] ?? 0;
  },
});

/** As PostgreSQL reads a bytea. */
const hex = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`;

/**
 * Answers, in the order asked, those of up to `TOGETHER_AT_MOST` comparisons that are clear beyond doubt: the service is the department's own, its
 * rule compares such parties on this day and touches no child, no number of the party is on record, and the key was never used. Record and stored
 * answer are written by the same statement. No two may have the same client and key.
 */
export async function answerClear(q: Queryable, asked: readonly Prepared[]): Promise<ClearAnswer[]> {
  const { rows } = await q.query<{ clear: number[]; at: string }>(ANSWER_CLEAR, [JSON.stringify(asked)]);
  const [row] = rows;
  if (!row) throw new Error('the clear comparisons were not judged');
  const answers: ClearAnswer[] = asked.map(() => undefined);
  for (const nth of row.clear) answers[nth - 1] = answerText(asked[nth - 1]?.id ?? '', row.at);
  return answers;
}

/** As `JSON.stringify` writes a ComparisonAnswer; the statement stores the very same text. */
const answerText = (id: string, comparedAt: string): string =>
  JSON.stringify({ id, outcome: 'CLEAR', reasons: [], interceptions: [], comparedAt } satisfies ComparisonAnswer);

// The lock is the one of `once`: whoever holds it has a row for this key in the making, and an insert would wait for them with all its neighbours.
// A row that was written between the snapshot and the lock is a unique violation, which costs the neighbours a turn each.
const ANSWER_CLEAR = `
  with moment as materialized (
    select at, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as said,
           (at at time zone 'Asia/Shanghai')::date as today
    from clock_timestamp() as at
  ), asked as materialized (
    select a.*, ${tryLockRequest('a.lock')} as free
    from rows from (
      json_to_recordset($1) as (
        id uuid, client text, key text, lock bigint, fingerprint bytea, department text,
        service text, kind text, reference text, operator bytea, institution text, blinds bytea[])
    ) with ordinality as a(
        id, client, key, lock, fingerprint, department,
        service, kind, reference, operator, institution, blinds, nth)
  ), rule as materialized (
    select s.code, s.department, r.version, r.subjects
    from (select distinct service from asked) a
    join service s on s.code = a.service and not s.never_gated
    cross join lateral (
      select *
      from service_rule v
      where v.service = s.code
      order by v.version desc
      limit 1) r
    cross join moment m
    where r.enabled
      and not '${TOUCHES_A_CHILD}' = any(r.flags)
      and (r.valid_from is null or r.valid_from <= m.today)
      and (r.valid_until is null or m.today <= r.valid_until)
  ), clear as materialized (
    select a.*, r.version, m.at, m.said
    from asked a
    join rule r on r.code = a.service and r.department = a.department and a.kind = any(r.subjects)
    cross join moment m
    where a.free
      and not exists (select from identifier i where i.blind = any(a.blinds))
      and not exists (select from idempotency k where k.client = a.client and k.key = a.key)
  ), kept as (
    insert into idempotency (client, key, fingerprint, status, body)
    select client, key, fingerprint, 200,
           '{"id":"' || id || '","outcome":"CLEAR","reasons":[],"interceptions":[],"comparedAt":"'
             || said || '"}'
    from clear
  ), recorded as (
    insert into comparison (
      id, department, service, reference, operator_sealed, institution,
      outcome, reasons, rule_version, blinds, at)
    select id, department, service, reference, operator, institution,
           'CLEAR', array['NO_MATCH'], version, blinds, at
    from clear
  )
  select said as at, array(select nth::int from clear) as clear
  from moment`;
