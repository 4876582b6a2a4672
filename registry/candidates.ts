import type { Candidate, IdentityMatch, ServiceRule } from '../domain/comparison.js';
import { ALWAYS_REVIEWED } from '../domain/identity/identifier.js';
import { hasPrivateUse, nameEquals } from '../domain/name.js';
import type { Disposition, Measure, SubjectRole } from '../domain/vocabulary.js';
import { documentNumber } from './court-applications.js';
import type { ComparisonInput } from './inputs.js';
import type { KeyRing } from './key-ring.js';
import { type LifeRow, type RestrictionRow, toLife } from './lives.js';
import type { Queryable } from './pool.js';
import { assetBlind } from './restrictions.js';
import { blindsOf, openName } from './subjects.js';

/** A candidate with what the answer to a department needs of its case. */
export interface FoundCandidate extends Candidate {
  readonly enforcementCase: string;
  readonly caseNumber: string;
  readonly court: string;
  readonly contact: string;
  readonly basisNumber: string;
}

interface CandidateRow extends Omit<LifeRow, 'restrictions'> {
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
  blinds: { blind: string; alias: boolean; fifteenDigits: boolean }[];
  related: boolean;
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
    blind: assetBlind(ring, input.object.type, input.object.number).toString('hex'),
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
    object ? Buffer.from(object.blind, 'hex') : null,
  ]);
  const candidates = rows
    .filter((row) => row.matched_kind === input.party.kind)
    .map((row): FoundCandidate => {
      const life = toLife(row, row.performed);
      const assets = new Map((row.restrictions ?? []).map((r) => [r.id, r]));
      return {
        defaulter: row.id,
        role: roleOf(row),
        match: matchOf(row, asked, input.party.name, openName(ring, row.matched_subject, row.name_sealed)),
        life,
        restrictions: life.restrictions
          .filter((r) => row.related || assets.get(r.id)?.subject === row.matched_subject)
          .map((r) => {
            const asset = assets.get(r.id);
            return {
              ...r,
              sealsObject:
                object !== undefined && asset?.asset_type === object.type && asset.asset_blind === object.blind,
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
      };
    });
  return { candidates, blinds, now: rows[0]?.now.getTime() ?? Date.now() };
}

const CANDIDATES = `
  with matched as (
    select i.subject, json_agg(json_build_object('blind', encode(i.blind, 'hex'), 'alias', i.alias, 'fifteenDigits', i.fifteen_digits)) as blinds
    from identifier i where i.blind = any($1) and i.valid_until is null group by i.subject
  ), lives as (
    select d.id, m.subject, m.blinds, false as related from matched m join defaulter d on d.subject = m.subject
    union all
    select distinct on (p.defaulter, m.subject) p.defaulter, m.subject, m.blinds, true from matched m join representative p on p.subject = m.subject and p.until is null
  )
  select d.id, d.ground, d.term_months, d.grace_until::text, d.stayed, d.stay_told, d.published_at, d.ended_at, d.enforcement_case,
         c.case_number, c.court, court.contact, c.basis_number, l.subject as matched_subject, s.kind as matched_kind, s.name_sealed,
         l.blinds, l.related, clock_timestamp() as now,
         c.obligation_fen > 0 and c.obligation_fen <= (
           select coalesce(sum(amount_fen), 0) from repayment p where p.enforcement_case = c.id and p.reversed_at is null) as performed,
         (select json_agg(json_build_object('id', r.id, 'subject', r.subject, 'measure', r.measure, 'from_date', r.from_date, 'term_from', r.term_from,
            'in_force_at', r.in_force_at, 'until', r.until, 'ended_at', r.ended_at, 'end_ground', r.end_ground, 'end_told_at', r.end_told_at,
            'asset_type', r.asset_type, 'asset_blind', encode(r.asset_blind, 'hex')) order by r.decided_at, r.id)
          from restriction r where r.defaulter = d.id) as restrictions,
         false as untold, null::timestamptz as deadline_at,
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
           and a.asset_type = $7::text and a.asset_blind = $8::bytea and clock_timestamp() < a.until_at) as court_applies
  from lives l join defaulter d on d.id = l.id join subject s on s.id = l.subject
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
): IdentityMatch {
  const ways = row.blinds.flatMap((stored) =>
    asked
      .filter((entry) => entry.blind.toString('hex') === stored.blind)
      .map((entry) => ({
        alias: entry.alias || stored.alias,
        // Weak evidence on either side.
        fifteenDigits: stored.fifteenDigits || entry.identifier.flags.includes('ID_15_DIGIT'),
        weakDocument: ALWAYS_REVIEWED.has(entry.identifier.type),
      })),
  );
  const strength = (way: (typeof ways)[number]): number =>
    Number(way.fifteenDigits) * 4 + Number(way.weakDocument) * 2 + Number(way.alias);
  const best = ways.sort((a, b) => strength(a) - strength(b))[0] ?? {
    alias: true,
    fifteenDigits: false,
    weakDocument: true,
  };
  // A private-use character says nothing about which character is meant.
  const unclear = hasPrivateUse(given) || hasPrivateUse(recorded);
  return { nameEqual: nameEquals(recorded, given), ...best, weakDocument: best.weakDocument || unclear };
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
