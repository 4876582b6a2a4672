import { uuidv7 } from 'uuidv7';
import { normaliseNumber } from '../domain/identity/identifier.js';
import { stateOf } from '../domain/life.js';
import { formatYuan } from '../domain/money.js';
import { type InputError, Refusal } from '../domain/refusal.js';
import type { DefaulterState } from '../domain/vocabulary.js';
import type { Actor, DefaulterInput, MeasureInput, OpenCaseInput } from './inputs.js';
import { blindIndex, type KeyRing, seal } from './key-ring.js';
import { lockCase } from './lives.js';
import type { Transaction } from './pool.js';
import { handToLives, recordFacts } from './record.js';
import { subjectOf } from './subjects.js';

export interface OpenedCase {
  id: string;
  caseNumber: string;
  state: 'OPEN';
  /** Yuan, two decimals. */
  outstanding: string;
  defaulters: { id: string; state: DefaulterState }[];
  warnings?: InputError[];
}

/**
 * Opens a case: the case, its defaulters, the restrictions decided (none in force yet), the fact, and one life to start per defaulter.
 * Throws Refusal: `state-conflict` E07 when the case number is taken; `invalid` for a party named twice or an unknown `previous`.
 */
export async function openCase(
  tx: Transaction,
  ring: KeyRing,
  input: OpenCaseInput,
  actor: Actor,
): Promise<OpenedCase> {
  const id = uuidv7();
  const inserted = await tx.query(
    `insert into enforcement_case (id, case_number, court, judge, filed_on, former_case, basis_number, basis_issuer, obligation_fen,
       content_sealed, opened_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp()) on conflict (case_number) do nothing`,
    [
      id,
      input.caseNumber,
      input.court,
      input.judge,
      input.filedOn,
      input.formerCase ?? null,
      input.basis.number,
      input.basis.issuer,
      input.obligationFen.toString(),
      seal(ring, { table: 'enforcement_case', column: 'content_sealed', row: id }, input.content),
    ],
  );
  if (inserted.rowCount === 0) {
    throw new Refusal('state-conflict', '该案号已有案件。 / A case with this number exists already.', [
      { pointer: '/caseNumber', code: 'E07' },
    ]);
  }
  const warnings: InputError[] = [];
  const subjects = new Map<string, number>();
  for (const [index, defaulter] of input.defaulters.entries()) {
    const at = `/defaulters/${index}`;
    const { subject, nameDiffers } = await subjectOf(tx, ring, defaulter);
    if (subjects.has(subject)) {
      throw new Refusal('invalid', '同一当事人出现两次。 / The same party is named twice.', [
        { pointer: at, code: 'E07' },
      ]);
    }
    subjects.set(subject, index);
    if (nameDiffers) warnings.push({ pointer: `${at}/name`, code: 'W01' });
    if (defaulter.student) warnings.push({ pointer: `${at}/student`, code: 'W04' });
    for (const [n, identifier] of defaulter.identifiers.entries()) {
      for (const code of identifier.warnings) warnings.push({ pointer: `${at}/identifiers/${n}/number`, code });
    }
    await insertDefaulter(tx, ring, { caseId: id, court: input.court, index, subject, defaulter });
  }
  const locked = await lockCase(tx, ring, id);
  if (!locked) throw new Error(`case ${id} vanished`);
  const defaulters = locked.lives.map((life) => life.id);
  const [fact] = await recordFacts(tx, locked, [
    {
      type: 'case-opened',
      key: `case-opened:${id}`,
      at: locked.now,
      actor,
      detail: { obligation: formatYuan(input.obligationFen), defaulters },
    },
  ]);
  if (fact) await handToLives(tx, defaulters, 'opened', fact);
  return {
    id,
    caseNumber: input.caseNumber,
    state: 'OPEN',
    outstanding: formatYuan(input.obligationFen),
    defaulters: locked.lives.map((life) => ({ id: life.id, state: stateOf(life.life, locked.now) })),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

interface NewDefaulter {
  caseId: string;
  court: string;
  index: number;
  subject: string;
  defaulter: DefaulterInput;
}

async function insertDefaulter(
  tx: Transaction,
  ring: KeyRing,
  { caseId, court, index, subject, defaulter }: NewDefaulter,
): Promise<void> {
  const id = uuidv7();
  if (defaulter.previous) await requirePrevious(tx, defaulter.previous, court, `/defaulters/${index}/previous`);
  await tx.query(
    `insert into defaulter (id, enforcement_case, ordinal, subject, ground, conduct_sealed, decision_number, decision_made_on, term_months,
       grace_until, student, previous, liable_for_fen)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      id,
      caseId,
      index + 1,
      subject,
      defaulter.ground,
      seal(ring, { table: 'defaulter', column: 'conduct_sealed', row: id }, defaulter.conduct),
      defaulter.decision.number,
      defaulter.decision.madeOn,
      defaulter.termMonths ?? null,
      defaulter.graceUntil ?? null,
      defaulter.student,
      defaulter.previous ?? null,
      defaulter.liableForFen?.toString() ?? null,
    ],
  );
  for (const measure of defaulter.measures)
    await insertRestriction(tx, ring, { caseId, defaulter: id, subject, measure });
  for (const { role, party } of defaulter.representatives) {
    const related = await subjectOf(tx, ring, party);
    await tx.query('insert into representative (id, defaulter, subject, role) values ($1, $2, $3, $4)', [
      uuidv7(),
      id,
      related.subject,
      role,
    ]);
  }
}

/** Writes a restriction as decided: not in force until the process publishes it. Returns its id. */
export async function insertRestriction(
  tx: Transaction,
  ring: KeyRing,
  {
    caseId,
    defaulter,
    subject,
    measure,
  }: { caseId: string; defaulter: string; subject: string; measure: MeasureInput },
): Promise<string> {
  const id = uuidv7();
  const { asset } = measure;
  await tx.query(
    `insert into restriction (id, enforcement_case, defaulter, subject, measure, decision_number, decision_made_on, from_date,
       asset_type, asset_sealed, asset_blind, decided_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp())`,
    [
      id,
      caseId,
      defaulter,
      subject,
      measure.measure,
      measure.decision.number,
      measure.decision.madeOn,
      measure.from ?? null,
      asset?.type ?? null,
      asset ? seal(ring, { table: 'restriction', column: 'asset_sealed', row: id }, asset.number) : null,
      asset ? assetBlind(ring, asset.type, asset.number) : null,
    ],
  );
  return id;
}

/** An asset is found like an identifier, under a type of its own. */
export function assetBlind(ring: KeyRing, type: string, number: string): Buffer {
  const key = ring.indexKeys.get(ring.activeIndex);
  if (!key) throw new Error('key ring: the active index key is missing');
  return blindIndex(key, `asset:${type}`, '', normaliseNumber(number));
}

async function requirePrevious(tx: Transaction, previous: string, court: string, pointer: string): Promise<void> {
  const { rows } = await tx.query(
    'select 1 from defaulter d join enforcement_case c on c.id = d.enforcement_case where d.id = $1 and c.court = $2',
    [previous, court],
  );
  if (rows.length === 0)
    throw new Refusal('invalid', '找不到前次被执行人。 / No such previous defaulter at this court.', [
      { pointer, code: 'unknown-defaulter' },
    ]);
}
