import type { JudgedDefaulter } from '../../domain/comparison.js';
import { documentNumber } from '../../domain/court-document.js';
import type { Identifier } from '../../domain/identity/identifier.js';
import type { Relation } from '../../domain/identity/relations.js';
import {
  type AskedNumber,
  clearestOf,
  type ExceptedNumber,
  isExceptedNumber,
  matchOf,
  type RecordedNumber,
  roleOf,
} from '../../domain/match-ladder.js';
import { nameEquals } from '../../domain/name.js';
import { LETTING_GO } from '../case/closed-lists.js';
import {
  type EnforcementRow,
  type RestrictionRow,
  repaidFen,
  restrictionsJson,
  toEnforcement,
} from '../case/enforcement-rows.js';
import { assetBlinds } from '../case/restrictions.js';
import type { Queryable } from '../database/pool.js';
import type { ComparisonInput } from '../inputs.js';
import { type DataKey, dataKeyIn, decryptStored, type KeyRing } from '../keys/key-ring.js';
import { blindsOf, openName } from '../parties/subjects.js';
import { indexKeyOf } from '../parties/token-index.js';
import { EXCEPTION_STANDS, exemptAt, MET_TODAY, REFUSED_BY_COURT } from './comparison-conditions.js';

/** A met defaulter with what the answer to a department needs of its case. */
export interface FoundDefaulter extends JudgedDefaulter {
  readonly enforcementCase: string;
  readonly caseNumber: string;
  readonly court: string;
  readonly contact: string;
  readonly basisNumber: string;
  /** Whose record the party was met by: the defaulter's own, a linked one, or a representative's. */
  readonly matchedSubject: string;
  /** The courts' links it was met through, in order; empty for the record itself. */
  readonly links: readonly CitedLink[];
  /** Of the matched subject's identity: under it the asked party is kept, encrypted, with a hit. */
  readonly identityKey: DataKey | undefined;
}

/** What a comparison finds on record, by its blind indexes, at PostgreSQL's time `now` (epoch ms). */
export interface Found {
  readonly defaulters: FoundDefaulter[];
  readonly blinds: Buffer[];
  readonly now: number;
}

/** A link as a hit cites it; `leaf` is the hash of its leaf in hex. */
export interface CitedLink {
  id: string;
  relation: Relation;
  leaf: string;
}

interface MetDefaulterRow extends Omit<EnforcementRow, 'restrictions'> {
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
  blinds: RecordedNumber[];
  related: boolean;
  path: string[];
  /** The defaulter's own subject. */
  target: string;
  links: CitedLink[] | null;
  exceptions: (ExceptedNumber & { id: string; name: string })[] | null;
  exempt: boolean;
  confirmed: boolean;
  allowed: boolean;
  hold_over: boolean;
  court_applies: boolean;
}

/** The party as the statement was asked for it. */
interface AskedFor {
  name: string;
  numbers: AskedNumber[];
  object: { type: string; blinds: string[] } | undefined;
}

/** Every defaulter, open or ended, the party may be, and every organisation it may be a related person of. One statement. */
export async function findMetDefaulters(
  q: Queryable,
  ring: KeyRing,
  department: string,
  input: ComparisonInput,
): Promise<Found> {
  const forms = blindsOf(ring, input.party.identifiers);
  const blinds = forms.map((form) => form.blind);
  const object = input.object && {
    type: input.object.type,
    blinds: assetBlinds(ring, input.object.type, input.object.number),
  };
  const application = input.courtApplication;
  const { rows } = await q.query<MetDefaulterRow>(MET_DEFAULTERS, [
    blinds,
    department,
    input.service,
    input.reference,
    application?.court ?? null,
    application ? documentNumber(application.number) : null,
    object?.type ?? null,
    object?.blinds ?? null,
    input.party.identifiers.flatMap(({ token }) => (token ? [indexKeyOf(department, token.epoch)] : [])),
  ]);
  const asked: AskedFor = {
    name: input.party.name,
    numbers: forms.map(toAskedNumber),
    object: object && { type: object.type, blinds: object.blinds.map((blind) => blind.toString('hex')) },
  };
  const found = rows
    .filter((row) => row.matched_kind === input.party.kind)
    .map((row) => toFoundDefaulter(ring, row, asked));
  // Of nobody nothing is judged: then no instant is needed.
  return { defaulters: clearestOf(found), blinds, now: rows[0]?.now.getTime() ?? 0 };
}

const toAskedNumber = (form: { blind: Buffer; alias: boolean; identifier: Identifier }): AskedNumber => ({
  blind: form.blind.toString('hex'),
  type: form.identifier.type,
  alias: form.alias,
  fifteenDigits: form.identifier.flags.includes('ID_15_DIGIT'),
  byToken: form.identifier.token !== undefined,
});

function toFoundDefaulter(ring: KeyRing, row: MetDefaulterRow, asked: AskedFor): FoundDefaulter {
  const { match, link } = matchOf({
    asked: asked.numbers,
    recorded: row.blinds,
    byOtherRecord: row.path.length > 0,
    names: { asked: asked.name, recorded: openName(ring, row.matched_subject, row.name_sealed) },
  });
  const cited = new Map((row.links ?? []).map((one) => [one.id, one]));
  return {
    defaulter: row.id,
    role: roleOf({ related: row.related, kind: row.matched_kind }),
    match,
    otherPerson: isOtherPerson(ring, row, asked),
    links: [...(link ? [link] : []), ...row.path].flatMap((id) => cited.get(id) ?? []),
    identityKey: dataKeyIn(ring, row.name_sealed),
    ...enforcementOf(row, asked),
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
}

/** Whether a court has said that this very number under this very name is somebody else (for the weak form of a number: that form alone). */
const isOtherPerson = (ring: KeyRing, row: MetDefaulterRow, asked: AskedFor): boolean =>
  (row.exceptions ?? []).some(
    (exception) =>
      isExceptedNumber(exception, asked.numbers, row.blinds) &&
      nameEquals(
        asked.name,
        decryptStored(
          ring,
          { table: 'identity_exception', column: 'name_sealed', row: exception.id },
          Buffer.from(exception.name, 'hex'),
        ),
      ),
  );

/** The life, and of its restrictions those on this very subject: a related person is reached by those on the organisation. */
function enforcementOf(
  row: MetDefaulterRow,
  { object }: AskedFor,
): Pick<JudgedDefaulter, 'enforcement' | 'restrictions'> {
  const enforcement = toEnforcement(row, row.performed);
  const stored = new Map((row.restrictions ?? []).map((r) => [r.id, r]));
  const restrictions = enforcement.restrictions
    .filter((r) => row.related || stored.get(r.id)?.subject === row.target)
    .map((r) => {
      const asset = stored.get(r.id);
      const seizesObject =
        object !== undefined && asset?.asset_type === object.type && object.blinds.includes(asset.asset_blind ?? '');
      return { ...r, seizesObject };
    });
  return { enforcement, restrictions };
}

/** What interception `i` of defaulter `d` is, where this very business was stopped before. */
const THIS_BUSINESS = `i.department = $2
             and i.service = $3
             and i.reference = $4
             and i.defaulter = d.id`;

const RESTRICTIONS = restrictionsJson(
  "'subject', r.subject, 'asset_type', r.asset_type",
  "'asset_blind', encode(r.asset_blind, 'hex')",
);

const MET_DEFAULTERS = `
  with matched as (
    select i.subject,
           json_agg(json_build_object(
             'blind', encode(i.blind, 'hex'), 'alias', i.alias,
             'fifteenDigits', i.fifteen_digits, 'link', i.link)) as blinds
    from identifier i
    where i.blind = any($1)
      and ${MET_TODAY}
      -- A department's tokens are its own: another's are nobody's here.
      and (strpos(i.index_key, '/') = 0 or i.index_key = any($9))
    group by i.subject
  ), reach as (
    select * from identity_reach(array(select subject from matched))
  ), met as (
    select d.id, r.asked, r.links, r.related
    from reach r
    join defaulter d on d.subject = r.subject
    union all
    select distinct on (p.defaulter, r.asked) p.defaulter, r.asked, r.links, true
    from reach r
    join representative p on p.subject = r.subject and p.until is null
    where not r.related
  )
  select d.id, d.ground, d.term_months, d.grace_until::text, d.stayed, d.stay_told,
         d.published_at, d.ended_at, d.enforcement_case,
         c.case_number, c.court, court.contact, c.basis_number,
         met.asked as matched_subject, s.kind as matched_kind,
         with_key(s.name_sealed) as name_sealed, m.blinds, met.related, met.links as path,
         d.subject as target, clock_timestamp() as now,
         c.obligation_fen > 0
           and c.obligation_fen <= ${repaidFen('p.enforcement_case = c.id')} as performed,
         ${RESTRICTIONS} as restrictions,
         (select json_agg(json_build_object(
                   'id', k.id, 'relation', k.relation, 'leaf', encode(f.leaf_hash, 'hex')))
          from identity_link k
          join ledger_leaf f on f.entry_id = k.made
          where k.id = any(met.links)
             or k.id::text in (select b->>'link' from json_array_elements(m.blinds) b)) as links,
         (select json_agg(json_build_object(
                   'id', e.id, 'type', n.type, 'blind', encode(n.blind, 'hex'),
                   'name', encode(with_key(e.name_sealed), 'hex'), 'weak', e.weak))
          from identity_exception e
          join identity_exception_number n on n.exception = e.id
          where e.subject in (met.asked, d.subject)
            and (n.blind = any($1) or cardinality($9::text[]) > 0)
            and ${EXCEPTION_STANDS}) as exceptions,
         false as notice_pending, null::timestamptz as deadline_at,
         ${exemptAt('$3')} as exempt,
         exists (
           select from service_confirmation sc
           where sc.defaulter = d.id and sc.service = $3 and sc.told_at is not null) as confirmed,
         exists (
           select from interception i
           where ${THIS_BUSINESS}
             and i.outcome = 'REVIEW'
             and i.hold_until <= clock_timestamp()
             and not ${REFUSED_BY_COURT}) as hold_over,
         coalesce((
           select v.type in ${LETTING_GO}
           from interception i
           join directive v on v.interception = i.id
           where ${THIS_BUSINESS}
           order by v.ordering desc
           limit 1), false) as allowed,
         -- Its own restrictions only: another court's seizure of the same asset
         -- is that court's to let go.
         exists (
           select from court_application a
           where a.court = $5::text
             and a.court = c.court
             and a.document_number = $6::text
             and a.asset_type = $7::text
             and a.asset_blind = any($8::bytea[])
             and clock_timestamp() < a.until_at) as court_applies
  from met
  join defaulter d on d.id = met.id
  join subject s on s.id = met.asked
  join matched m on m.subject = met.asked
  join enforcement_case c on c.id = d.enforcement_case
  join court on court.code = c.court
  order by d.id`;
