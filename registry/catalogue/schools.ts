import { firstMomentAfter } from '../../domain/calendar.js';
import { type ClearReason, type School, schoolClears } from '../../domain/comparison.js';
import { isMinor } from '../../domain/identity/identifier.js';
import { Refusal } from '../../domain/refusal.js';
import { lockKeyed } from '../database/locks.js';
import type { Queryable, Transaction } from '../database/pool.js';
import { type Actor, actorName, type ComparisonInput } from '../inputs.js';

// R6: where a service touches a child's schooling, only parents are compared, only at the schools of this register, only at enrolment.

export interface SchoolView {
  code: string;
  name: { zh: string; en: string };
  /** False: it was taken off the register. */
  listed: boolean;
  /** The days on which it enrols for a term that has not begun, both included. */
  enrolment?: { from: string; until: string };
  version: number;
}

/** A school as it is to stand in the register from now on. */
export interface SchoolInput {
  name: { zh: string; en: string };
  listed: boolean;
  enrolment?: { from: string; until: string };
}

interface SchoolRow {
  code: string;
  version: number;
  name_zh: string;
  name_en: string;
  listed: boolean;
  enrols_from: string | null;
  enrols_until: string | null;
}

const IN_EFFECT = `
  select distinct on (code)
    code, version, name_zh, name_en, listed, enrols_from::text, enrols_until::text
  from school`;

/** The register, each school as it stands now; those taken off it too. */
export async function schools(q: Queryable): Promise<SchoolView[]> {
  const { rows } = await q.query<SchoolRow>(
    `${IN_EFFECT}
     order by code, version desc`,
  );
  return rows.map(toView);
}

/** The school's present version, undefined for a new one; nobody else changes it until the transaction ends. */
export async function lockSchool(tx: Transaction, code: string): Promise<number | undefined> {
  await tx.query(`select ${lockKeyed('school', '$1')}`, [code]);
  return (await find(tx, code))?.version;
}

/** Writes the school's next version, under `lockSchool`; what it said before is kept. */
export async function putSchool(
  tx: Transaction,
  code: string,
  { name, listed, enrolment }: SchoolInput,
  actor: Actor,
): Promise<SchoolView> {
  await tx.query(
    `insert into school (
       code, version, name_zh, name_en, listed, enrols_from, enrols_until, recorded_by
     )
     select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7
     from school
     where code = $1`,
    [code, name.zh, name.en, listed, enrolment?.from ?? null, enrolment?.until ?? null, actorName(actor)],
  );
  const written = await find(tx, code);
  if (!written) throw new Error('the school was not written');
  return toView(written);
}

/** What a school means for one comparison: why it lets everybody pass, and until when (epoch ms) it lets a business be held at the most. */
export interface SchoolGate {
  clears: ClearReason | null;
  holdAtMost: number;
}

/**
 * Looks at a comparison of parents at a school. Throws Refusal `invalid`: `required` at `/institution` without a school; `child-data` for a
 * party who is a minor: a child is neither compared nor stored (个人信息保护法 art. 28-31).
 */
export async function gateBySchool(q: Queryable, input: ComparisonInput, today: string): Promise<SchoolGate> {
  const errors = input.party.identifiers.flatMap(({ birthDate }, index) =>
    birthDate !== undefined && isMinor(birthDate, today)
      ? [{ pointer: `/party/identifiers/${index}/number`, code: 'child-data' }]
      : [],
  );
  if (input.institution === undefined) errors.push({ pointer: '/institution', code: 'required' });
  if (input.institution === undefined || errors.length > 0) {
    throw new Refusal(
      'invalid',
      '本事项只核对家长，并须写明学校。 / Here only the parents are compared, and the school is named.',
      errors,
    );
  }
  const found = await find(q, input.institution);
  const school = found?.listed ? toSchool(found) : undefined;
  const clears = schoolClears(school, today);
  return { clears, holdAtMost: school?.enrols ? Date.parse(firstMomentAfter(school.enrols.until)) : 0 };
}

async function find(q: Queryable, code: string): Promise<SchoolRow | undefined> {
  const { rows } = await q.query<SchoolRow>(
    `${IN_EFFECT}
     where code = $1
     order by code, version desc`,
    [code],
  );
  return rows[0];
}

const enrolmentOf = (row: SchoolRow): { from: string; until: string } | null =>
  row.enrols_from !== null && row.enrols_until !== null ? { from: row.enrols_from, until: row.enrols_until } : null;

const toSchool = (row: SchoolRow): School => ({ enrols: enrolmentOf(row) });

function toView(row: SchoolRow): SchoolView {
  const enrolment = enrolmentOf(row);
  return {
    code: row.code,
    name: { zh: row.name_zh, en: row.name_en },
    listed: row.listed,
    ...(enrolment ? { enrolment } : {}),
    version: row.version,
  };
}
