import { TOUCHES_A_CHILD } from '../../domain/comparison.js';
import { LETTING_GO } from '../case/closed-lists.js';
import { IN_FORCE } from '../case/enforcement-rows.js';
import type { Queryable } from '../database/pool.js';
import { EXCEPTION_STANDS, exemptAt, MET_TODAY, REFUSED_BY_COURT } from './comparison-conditions.js';
import type { ComparisonAnswer } from './comparisons.js';

/**
 * Whether an answer given before would still be given: replays of anything but CLEAR are judged anew when it would not. Where a child's
 * schooling is touched they always are: the register of schools may have changed.
 */
export async function stillHolds(q: Queryable, answer: ComparisonAnswer): Promise<boolean> {
  if (answer.outcome === 'CLEAR') return true;
  const { rows } = await q.query<{ holds: boolean }>(STILL_HOLDS, [
    answer.interceptions.map((interception) => interception.id),
    TOUCHES_A_CHILD,
    answer.id,
  ]);
  return rows[0]?.holds ?? false;
}

const STILL_HOLDS = `
  with met as (
    select r.subject, r.related
    from identity_reach(array(
      select distinct i.subject
      from comparison c
      join identifier i on i.blind = any(c.blinds)
      where c.id = $3
        and ${MET_TODAY})) r
  )
  select bool_and(
           i.freed_at is null
           and not d.stayed
           and (i.hold_until is null or clock_timestamp() < i.hold_until or ${REFUSED_BY_COURT})
           and exists (
             select from restriction r
             where r.defaulter = i.defaulter
               and r.measure = any(i.measures)
               and ${IN_FORCE})
           and not ${exemptAt('i.service')}
           and coalesce((
             select v.type not in ${LETTING_GO}
             from directive v
             where v.interception = i.id
             order by v.ordering desc
             limit 1), true)
           and exists (
             select from service_rule r
             where r.service = i.service
               and r.version = i.rule_version
               and not $2 = any(r.flags)
               and (r.valid_until is null
                    or (clock_timestamp() at time zone 'Asia/Shanghai')::date <= r.valid_until)
               and not exists (
                 select from service_rule l
                 where l.service = r.service and l.version > r.version))
           -- A court may have said since that it is somebody else.
           and not exists (
             select from identity_exception e
             join identity_exception_number n on n.exception = e.id
             join comparison c on n.blind = any(c.blinds)
             where c.id = $3
               and e.subject in (i.matched_subject, d.subject)
               and ${EXCEPTION_STANDS})
           -- The court itself may have said since that it applies
           -- (a minute's grace: said before, on record after).
           and not exists (
             select from court_application a
             join decision v on v.id = a.decision
             join enforcement_case k on k.court = a.court
             join comparison c on c.id = $3
             where k.id = i.enforcement_case
               and v.at > c.at - interval '1 minute'
               and clock_timestamp() < a.until_at)
           -- The person it was given for may have been corrected away since, a link revoked,
           -- or the number may have had its day.
           and not exists (
             select from identity_link k
             where k.id = any(i.links) and k.revoked_at is not null)
           and exists (
             select from met m
             where case
               when 'LEGAL_REP_OF' = any(i.reasons)
               then m.related and m.subject = d.subject
                    or not m.related and exists (
                      select from representative p
                      where p.defaulter = d.id and p.subject = m.subject and p.until is null)
               else not m.related and m.subject = d.subject end)) as holds
  from interception i
  join defaulter d on d.id = i.defaulter
  where i.id = any($1)`;
