import { REFUSING } from '../case/closed-lists.js';

// What a comparison and the replay of its answer both ask of the record, as conditions of SQL.

/**
 * Identifier `i` may be met today: not taken away by revoking its link, and within its days. The link itself is asked too: a copy of the number
 * under another key may have been written while the link was revoked.
 */
export const MET_TODAY = `i.revoked_at is null
      and not exists (
        select from identity_link k
        where k.id = i.link and k.revoked_at is not null)
      and (i.valid_from is null or i.valid_from <= shanghai_today())
      and (i.valid_until is null or shanghai_today() <= i.valid_until)`;

/** Defaulter `d` is exempt now at a service, which is given as SQL. */
export const exemptAt = (service: string): string => `exists (
           select from exemption e
           where e.defaulter = d.id
             and (e.services is null or ${service} = any(e.services))
             and e.from_at <= clock_timestamp()
             and clock_timestamp() < e.until_at)`;

/** The court has refused to let the hold of interception `i` lapse. */
export const REFUSED_BY_COURT = `exists (
             select from directive v
             where v.interception = i.id and v.type in ${REFUSING})`;

/** "Not this person", exception `e`, is remembered still. */
export const EXCEPTION_STANDS = 'e.revoked_at is null and clock_timestamp() < e.expires_at';
