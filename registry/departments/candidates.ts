import { type Candidate, type IdentityMatch, isDoubtful, type ServiceRule } from '../../domain/comparison.js';
import { documentNumber } from '../../domain/court-document.js';
import { ALWAYS_REVIEWED } from '../../domain/identity/identifier.js';
import type { Relation } from '../../domain/identity/relations.js';
import { hasPrivateUse, nameEquals } from '../../domain/name.js';
import type { Disposition, Measure, SubjectRole } from '../../domain/vocabulary.js';
import { type EnforcementRow, type RestrictionRow, toEnforcement } from '../case/enforcement-rows.js';
import { assetBlinds } from '../case/restrictions.js';
import type { Queryable } from '../database/pool.js';
import type { ComparisonInput } from '../inputs.js';
import { type DataKey, dataKeyIn, decryptStored, type KeyRing } from '../keys/key-ring.js';
import { blindsOf, openName } from '../parties/subjects.js';
import { indexKeyOf } from '../parties/token-index.js';

/** A candidate with what the answer to a department needs of its case. */
export interface FoundCandidate extends Candidate {
  readonly enforcementCase: string;
  readonly caseNumber: string;
  readonly court: string;
  readonly contact: string;
  readonly basisNumber: string;
  /** Whose record the party was met by: the defaulter's own, a linked one, or a representative's. */
  readonly matchedSubject: string;
  /** The courts' links it was met through, in order; empty for the record itself. */
  readonly links: readonly CitedLink[];
  /** Sealed as the matched subject's identity is: by this the asked party is kept with a hit. */
  readonly identityKey: DataKey | undefined;
}

/** A link as a hit cites it; `leaf` is the hash of its leaf in hex. */
export interface CitedLink {
  id: string;
  relation: Relation;
  leaf: string;
}

interface CandidateRow extends Omit<EnforcementRow, 'restrictions'> {
  restrictions: (RestrictionRow & { asset_type: string | null; asset_blind: string | null; subject: string })[] | null;
  enforcement_case: string;
  case_number: string;
  court: string;
  contact: string;
  basis_number: string;
  performed: boolean;
  matched_subject: string;
  matched_kind: 'person' | 'organisation';
  name_sealed: Buffer;
  blinds: { blind: string; alias: boolean; fifteenDigits: boolean; link: string | null }[];
  related: boolean;
  path: string[];
  /** The defaulter's own subject. */
  target: string;
  links: CitedLink[] | null;
  exceptions: { id: string; type: string; blind: string; name: string; weak: boolean }[] | null;
  exempt: boolean;
  confirmed: boolean;
  allowed: boolean;
  hold_over: boolean;
  court_applies: boolean;
}

/** Every defaulter, open or ended, the party may be, and every organisation it may be a related person of. One statement. */
export async function findCandidates(
  q: Queryable,
  ring: KeyRing,
  department: string,
  input: ComparisonInput,
): Promise<{ candidates: FoundCandidate[]; blinds: Buffer[]; now: number }> {
  const asked = blindsOf(ring, input.party.identifiers);
  const blinds = asked.map((entry) => entry.blind);
  const object = input.object && {
    type: input.object.type,
    blinds: assetBlinds(ring, input.object.type, input.object.number).map((blind) => blind.toString('hex')),
  };
  const application = input.courtApplication;
  const { rows } = await q.query<CandidateRow>(CANDIDATES, [
    blinds,
    department,
    input.service,
    input.reference,
    application?.court ?? null,
    application ? documentNumber(application.number) : null,
    object?.type ?? null,
    object ? object.blinds.map((blind) => Buffer.from(blind, 'hex')) : null,
    input.party.identifiers.flatMap(({ token }) => (token ? [indexKeyOf(department, token.epoch)] : [])),
  ]);
  const found = rows
    .filter((row) => row.matched_kind === input.party.kind)
    .map((row): FoundCandidate => {
      const enforcement = toEnforcement(row, row.performed);
      const assets = new Map((row.restrictions ?? []).map((r) => [r.id, r]));
      const { match, link } = matchOf(
        row,
        asked,
        input.party.name,
        openName(ring, row.matched_subject, row.name_sealed),
      );
      const cited = new Map((row.links ?? []).map((one) => [one.id, one]));
      return {
        defaulter: row.id,
        role: roleOf(row),
        match,
        otherPerson: isOtherPerson(ring, row, asked, input.party.name),
        links: [...(link ? [link] : []), ...row.path].flatMap((id) => cited.get(id) ?? []),
        identityKey: dataKeyIn(ring, row.name_sealed),
        enforcement,
        restrictions: enforcement.restrictions
          .filter((r) => row.related || assets.get(r.id)?.subject === row.target)
          .map((r) => {
            const asset = assets.get(r.id);
            return {
              ...r,
              seizesObject:
                object !== undefined &&
                asset?.asset_type === object.type &&
                object.blinds.includes(asset.asset_blind ?? ''),
            };
          }),
        exempt: row.exempt,
        confirmed: row.confirmed,
        allowedByCourt: row.allowed,
        holdOver: row.hold_over,
        courtApplies: row.court_applies,
        enforcementCase: row.enforcement_case,
        caseNumber: row.case_number,
        court: row.court,
        contact: row.contact,
        basisNumber: row.basis_number,
        matchedSubject: row.matched_subject,
      };
    });
  return { candidates: clearestOf(found), blinds, now: rows[0]?.now.getTime() ?? Date.now() };
}

/** A life may be met in several ways, by number and by links: the clearest speaks, and one that a court has excepted only where no other does. */
function clearestOf(found: readonly FoundCandidate[]): FoundCandidate[] {
  const doubt = ({ match, otherPerson, role }: FoundCandidate): number =>
    (otherPerson ? 8 : 0) + (isDoubtful(match) ? 4 : 0) + (role === 'R' ? 2 : 0) + (match.alias ? 1 : 0);
  const clearest = new Map<string, FoundCandidate>();
  for (const candidate of found) {
    const known = clearest.get(candidate.defaulter);
    if (!known || doubt(candidate) < doubt(known)) clearest.set(candidate.defaulter, candidate);
  }
  return [...clearest.values()];
}

/** Whether a court has said that this very number under this very name is somebody else (for the weak form of a number: that form alone). */
function isOtherPerson(ring: KeyRing, row: CandidateRow, asked: ReturnType<typeof blindsOf>, given: string): boolean {
  return (row.exceptions ?? []).some(
    ({ id, type, blind, name, weak }) =>
      asked.some(
        (entry) =>
          // Met by a token, the number is the record's own: of that type.
          (entry.identifier.token
            ? entry.identifier.type === type && row.blinds.some((met) => met.blind === entry.blind.toString('hex'))
            : entry.blind.toString('hex') === blind) &&
          (!weak || entry.identifier.flags.includes('ID_15_DIGIT')),
      ) &&
      nameEquals(
        given,
        decryptStored(ring, { table: 'identity_exception', column: 'name_sealed', row: id }, Buffer.from(name, 'hex')),
      ),
  );
}

/**
 * Identifier `i` may be met today: not taken away by revoking its link, and within its days. The link itself is asked too: a copy of the number
 * under another key may have been written while the link was revoked.
 */
export const MET_TODAY = `i.revoked_at is null
  and not exists (select from identity_link k where k.id = i.link and k.revoked_at is not null) and (i.valid_from is null or i.valid_from <= shanghai_today())
  and (i.valid_until is null or shanghai_today() <= i.valid_until)`;

const CANDIDATES = `
  with matched as (
    select i.subject, json_agg(json_build_object('blind', encode(i.blind, 'hex'), 'alias', i.alias, 'fifteenDigits', i.fifteen_digits,
      'link', i.link)) as blinds
    from identifier i where i.blind = any($1) and ${MET_TODAY}
      -- A department's tokens are its own: another's are nobody's here.
      and (strpos(i.index_key, '/') = 0 or i.index_key = any($9)) group by i.subject
  ), reach as (
    select * from identity_reach(array(select subject from matched))
  ), lives as (
    select d.id, r.asked, r.links, r.related from reach r join defaulter d on d.subject = r.subject
    union all
    select distinct on (p.defaulter, r.asked) p.defaulter, r.asked, r.links, true
    from reach r join representative p on p.subject = r.subject and p.until is null where not r.related
  )
  select d.id, d.ground, d.term_months, d.grace_until::text, d.stayed, d.stay_told, d.published_at, d.ended_at, d.enforcement_case,
         c.case_number, c.court, court.contact, c.basis_number, l.asked as matched_subject, s.kind as matched_kind, with_key(s.name_sealed) as name_sealed,
         m.blinds, l.related, l.links as path, d.subject as target, clock_timestamp() as now,
         c.obligation_fen > 0 and c.obligation_fen <= (
           select coalesce(sum(amount_fen), 0) from repayment p where p.enforcement_case = c.id and p.reversed_at is null) as performed,
         (select json_agg(json_build_object('id', r.id, 'subject', r.subject, 'measure', r.measure, 'from_date', r.from_date, 'term_from', r.term_from,
            'in_force_at', r.in_force_at, 'until', r.until, 'ended_at', r.ended_at, 'end_ground', r.end_ground, 'end_told_at', r.end_told_at,
            'asset_type', r.asset_type, 'asset_blind', encode(r.asset_blind, 'hex')) order by r.decided_at, r.id)
          from restriction r where r.defaulter = d.id) as restrictions,
         (select json_agg(json_build_object('id', k.id, 'relation', k.relation, 'leaf', encode(f.leaf_hash, 'hex')))
          from identity_link k join ledger_leaf f on f.entry_id = k.made
          where k.id = any(l.links) or k.id::text in (select b->>'link' from json_array_elements(m.blinds) b)) as links,
         (select json_agg(json_build_object('id', e.id, 'type', n.type, 'blind', encode(n.blind, 'hex'), 'name', encode(with_key(e.name_sealed), 'hex'), 'weak', e.weak))
          from identity_exception e join identity_exception_number n on n.exception = e.id
          where e.subject in (l.asked, d.subject) and (n.blind = any($1) or cardinality($9::text[]) > 0) and e.revoked_at is null and clock_timestamp() < e.expires_at) as exceptions,
         false as notice_pending, null::timestamptz as deadline_at,
         exists (select from exemption e where e.defaulter = d.id and (e.services is null or $3 = any(e.services))
           and e.from_at <= clock_timestamp() and clock_timestamp() < e.until_at) as exempt,
         exists (select from service_confirmation sc where sc.defaulter = d.id and sc.service = $3 and sc.told_at is not null) as confirmed,
         exists (select from interception i where i.department = $2 and i.service = $3 and i.reference = $4 and i.defaulter = d.id
           and i.outcome = 'REVIEW' and i.hold_until <= clock_timestamp() and not exists (
             select from directive v where v.interception = i.id and v.type in ('SEAL', 'REFUSE'))) as hold_over,
         coalesce((select v.type in ('ALLOW', 'PROCEEDS_TO_COURT') from interception i join directive v on v.interception = i.id
           where i.department = $2 and i.service = $3 and i.reference = $4 and i.defaulter = d.id order by v.ordering desc limit 1), false) as allowed,
         -- Its own restrictions only: another court's seal on the same asset is that court's to let go.
         exists (select from court_application a where a.court = $5::text and a.court = c.court and a.document_number = $6::text
           and a.asset_type = $7::text and a.asset_blind = any($8::bytea[]) and clock_timestamp() < a.until_at) as court_applies
  from lives l join defaulter d on d.id = l.id join subject s on s.id = l.asked join matched m on m.subject = l.asked
  join enforcement_case c on c.id = d.enforcement_case join court on court.code = c.court
  order by d.id`;

function roleOf(row: CandidateRow): SubjectRole {
  if (row.related) return 'R';
  return row.matched_kind === 'person' ? 'P' : 'O';
}

/** How the document met the record: the strongest of the ways it did. */
function matchOf(
  row: CandidateRow,
  asked: ReturnType<typeof blindsOf>,
  given: string,
  recorded: string,
): { match: IdentityMatch; link: string | null } {
  const ways = row.blinds.flatMap((stored) =>
    asked
      .filter((entry) => entry.blind.toString('hex') === stored.blind)
      .map((entry) => ({
        // Another record of the party, or a number a court gave it, is an alias.
        alias: entry.alias || stored.alias || stored.link !== null || row.path.length > 0,
        link: stored.link,
        // Weak evidence on either side.
        fifteenDigits: stored.fifteenDigits || entry.identifier.flags.includes('ID_15_DIGIT'),
        weakDocument: ALWAYS_REVIEWED.has(entry.identifier.type),
      })),
  );
  const strength = (way: (typeof ways)[number]): number =>
    Number(way.fifteenDigits) * 4 + Number(way.weakDocument) * 2 + Number(way.alias);
  const best = ways.sort((a, b) => strength(a) - strength(b))[0] ?? {
    alias: true,
    link: null,
    fifteenDigits: false,
    weakDocument: true,
  };
  // A private-use character says nothing about which character is meant.
  const unclear = hasPrivateUse(given) || hasPrivateUse(recorded);
  const { link, ...way } = best;
  return {
    match: { nameEqual: nameEquals(recorded, given), ...way, weakDocument: way.weakDocument || unclear },
    link,
  };
}

interface RuleRow {
  version: number;
  subjects: SubjectRole[];
  disposition: Disposition;
  gated_by: Measure[];
  flags: string[];
  enabled: boolean;
  valid_from: string | null;
  valid_until: string | null;
  hold_days: number | null;
}

/** The version of a service's rule in effect, or undefined when the service has none. */
export async function ruleInEffect(
  q: Queryable,
  service: string,
): Promise<{ version: number; holdDays: number | null; rule: ServiceRule } | undefined> {
  const { rows } = await q.query<RuleRow>(
    `select version, subjects, disposition, gated_by, flags, enabled, valid_from::text, valid_until::text, hold_days
     from service_rule where service = $1 order by version desc limit 1`,
    [service],
  );
  const row = rows[0];
  if (!row) return undefined;
  return {
    version: row.version,
    holdDays: row.hold_days,
    rule: {
      subjects: row.subjects,
      disposition: row.disposition,
      gatedBy: row.gated_by,
      flags: row.flags,
      enabled: row.enabled,
      validFrom: row.valid_from,
      validUntil: row.valid_until,
    },
  };
}
