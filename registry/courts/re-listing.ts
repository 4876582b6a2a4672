import { addMonths, shanghaiDate } from '../../domain/calendar.js';
import { Refusal } from '../../domain/refusal.js';
import type { Transaction } from '../database/pool.js';

/** Calendar months for which a listing that left at the creditor's request may not be made anew (失信名单规定 art. 10 ¶3). */
const RELISTING_BAR_MONTHS = 6;

/**
 * The subjects that are the same party as $2: by the courts' links, and by an own number, whatever the name beside it: a bar is not got round by
 * writing a name otherwise.
 */
const SAME_PARTY = `
  with met as (
    select $2::uuid as subject
    union
    select theirs.subject
    from identifier mine
    join identifier theirs on theirs.blind = mine.blind and theirs.revoked_at is null
    where mine.subject = $2
      and mine.revoked_at is null
      and not (mine.alias and theirs.alias)
  ), party as (
    select distinct r.subject
    from identity_reach(array(select subject from met)) r
    where not r.related
  )`;

/** What a named listing of the party is: still open, or ended at the creditor's request and when. */
const EARLIER_LISTING = `
  ${SAME_PARTY}
  select bool_or(r.measure = 'LISTING' and r.ended_at is null) as open,
         clock_timestamp() as now,
         max(r.ended_at) filter (
           where r.measure = 'LISTING' and r.end_ground = 'creditor-request') as at_request
  from defaulter d
  join enforcement_case c on c.id = d.enforcement_case
  join restriction r on r.defaulter = d.id
  where d.id = $3
    and c.court = $1
    and d.subject in (select subject from party)
  group by d.id`;

/** When the last listing of the party at the court ended at the creditor's request. */
const LAST_AT_REQUEST = `
  ${SAME_PARTY}
  select max(r.ended_at) as at_request, clock_timestamp() as now
  from defaulter d
  join enforcement_case c on c.id = d.enforcement_case and c.court = $1
  join restriction r on r.defaulter = d.id
  where d.subject in (select subject from party)
    and r.measure = 'LISTING'
    and r.end_ground = 'creditor-request'`;

/**
 * A re-listing names the same party's earlier listing at this court, which has ended; after release at the creditor's request only when
 * six months have passed. Throws Refusal: `invalid` unknown-defaulter, `state-conflict` E07 (still listed) or E10 (too early).
 */
export async function requirePrevious(
  tx: Transaction,
  previous: string,
  subject: string,
  court: string,
  pointer: string,
): Promise<void> {
  const { rows } = await tx.query<{ open: boolean; at_request: Date | null; now: Date }>(EARLIER_LISTING, [
    court,
    subject,
    previous,
  ]);
  const row = rows[0];
  if (!row) {
    throw Refusal.invalid(
      '本院没有此人的这一前次列入。 / This court has no such earlier listing of this party.',
      pointer,
      'unknown-defaulter',
    );
  }
  if (row.open) {
    throw Refusal.conflict('前次列入尚未解除。 / The earlier listing has not ended.', 'E07', pointer);
  }
  requireBarOver(row.at_request, row.now, pointer);
}

/** As the bar of `requirePrevious`, where nothing was named: an earlier listing of this party at this court is found by itself. Throws Refusal E10. */
export async function requireNoBar(tx: Transaction, subject: string, court: string, pointer: string): Promise<void> {
  const { rows } = await tx.query<{ at_request: Date | null; now: Date }>(LAST_AT_REQUEST, [court, subject]);
  const row = rows[0];
  if (row) requireBarOver(row.at_request, row.now, pointer);
}

function requireBarOver(atRequest: Date | null, now: Date, pointer: string): void {
  const barredUntil = atRequest && addMonths(shanghaiDate(atRequest.getTime()), RELISTING_BAR_MONTHS);
  if (!barredUntil || shanghaiDate(now.getTime()) >= barredUntil) return;
  throw Refusal.conflict(
    `依债权人申请删除后六个月内（至 ${barredUntil}）不得再次列入。 / Barred for six months after release at the creditor’s request: not before ${barredUntil}.`,
    'E10',
    pointer,
  );
}
