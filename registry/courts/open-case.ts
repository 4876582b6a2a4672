import { uuidv7 } from 'uuidv7';
import { firstMomentAfter, startOfDayShanghai } from '../../domain/calendar.js';
import { decided, type Enforcement, opened, stateOf } from '../../domain/enforcement.js';
import { formatYuan } from '../../domain/money.js';
import { type InputError, Refusal } from '../../domain/refusal.js';
import type { DefaulterState } from '../../domain/vocabulary.js';
import { recordFacts } from '../case/facts.js';
import { enqueueSignals } from '../case/outbox.js';
import { insertRestriction } from '../case/restrictions.js';
import { send, type Transaction } from '../database/pool.js';
import type { Actor, DefaulterInput, OpenCaseInput } from '../inputs.js';
import { createDataKey } from '../keys/data-keys.js';
import { type DataKey, encrypt, type KeyRing } from '../keys/key-ring.js';
import { subjectOf } from '../parties/subjects.js';
import { requireNoBar, requirePrevious } from './re-listing.js';

export interface OpenedCase {
  id: string;
  caseNumber: string;
  state: 'OPEN';
  /** Yuan, two decimals. */
  outstanding: string;
  defaulters: { id: string; state: DefaulterState }[];
  warnings?: InputError[];
}

const WRITE_CASE = `
  insert into enforcement_case (
    id, case_number, court, judge, filed_on, former_case, basis_number, basis_issuer,
    obligation_fen, content_sealed, opened_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())
  on conflict (case_number) do nothing
  returning opened_at`;

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
  const dataKey = createDataKey(tx, ring, 'case', id);
  const inserted = await tx.query<{ opened_at: Date }>(WRITE_CASE, [
    id,
    input.caseNumber,
    input.court,
    input.judge,
    input.filedOn,
    input.formerCase ?? null,
    input.basis.number,
    input.basis.issuer,
    input.obligationFen.toString(),
    encrypt(ring, { table: 'enforcement_case', column: 'content_sealed', row: id }, input.content, dataKey),
  ]);
  const now = inserted.rows[0]?.opened_at.getTime();
  if (now === undefined) {
    throw Refusal.conflict('该案号已有案件。 / A case with this number exists already.', 'E07', '/caseNumber');
  }
  const { defaulters, warnings } = await enterDefaulters(tx, ring, dataKey, id, input);
  const [fact] = recordFacts(tx, { id, lastSeq: 0, lastLeafHash: null }, [
    {
      type: 'case-opened',
      key: `case-opened:${id}`,
      at: now,
      actor,
      detail: { obligation: formatYuan(input.obligationFen), defaulters: defaulters.map(({ id }) => id) },
    },
  ]);
  if (fact) enqueueSignals(tx, defaulters, 'opened', fact);
  return {
    id,
    caseNumber: input.caseNumber,
    state: 'OPEN',
    outstanding: formatYuan(input.obligationFen),
    defaulters: defaulters.map(({ id, enforcement }) => ({ id, state: stateOf(enforcement, now) })),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

/** A defaulter as it stands from now on. */
interface OpenedDefaulter {
  id: string;
  enforcement: Enforcement;
}

/** Writes the defaulters in the order given. Throws Refusal `invalid` for a party named twice, and as `insertDefaulter`. */
async function enterDefaulters(
  tx: Transaction,
  ring: KeyRing,
  dataKey: DataKey,
  caseId: string,
  input: OpenCaseInput,
): Promise<{ defaulters: OpenedDefaulter[]; warnings: InputError[] }> {
  const subjects = new Set<string>();
  const opened: OpenedDefaulter[] = [];
  const warnings: InputError[] = [];
  for (const [index, defaulter] of input.defaulters.entries()) {
    const at = `/defaulters/${index}`;
    const found = await subjectOf(tx, ring, defaulter);
    const { subject, fresh } = found;
    if (subjects.has(subject)) {
      throw Refusal.invalid('同一当事人出现两次。 / The same party is named twice.', at, 'E07');
    }
    subjects.add(subject);
    warnings.push(...warningsOf(defaulter, found, at));
    opened.push(
      await insertDefaulter(tx, ring, dataKey, { caseId, court: input.court, index, subject, fresh, defaulter }),
    );
  }
  return { defaulters: opened, warnings };
}

function warningsOf(
  { student, identifiers }: DefaulterInput,
  { nameDiffers, possibleDuplicate }: { nameDiffers: boolean; possibleDuplicate: boolean },
  at: string,
): InputError[] {
  return [
    ...(nameDiffers ? [{ pointer: `${at}/name`, code: 'W01' }] : []),
    ...(possibleDuplicate ? [{ pointer: `${at}/identifiers`, code: 'W03' }] : []),
    ...(student ? [{ pointer: `${at}/student`, code: 'W04' }] : []),
    ...identifiers.flatMap(({ warnings }, n) =>
      warnings.map((code) => ({ pointer: `${at}/identifiers/${n}/number`, code })),
    ),
  ];
}

const WRITE_DEFAULTER = `
  insert into defaulter (
    id, enforcement_case, ordinal, subject, ground, conduct_sealed, decision_number,
    decision_made_on, term_months, grace_until, student, previous, liable_for_fen)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;

interface NewDefaulter {
  caseId: string;
  court: string;
  index: number;
  subject: string;
  /** Nobody has this party on record. */
  fresh: boolean;
  defaulter: DefaulterInput;
}

async function insertDefaulter(
  tx: Transaction,
  ring: KeyRing,
  dataKey: DataKey,
  { caseId, court, index, subject, fresh, defaulter }: NewDefaulter,
): Promise<OpenedDefaulter> {
  const id = uuidv7();
  const at = `/defaulters/${index}`;
  if (defaulter.previous) await requirePrevious(tx, defaulter.previous, subject, court, `${at}/previous`);
  else if (!fresh && defaulter.measures.some(({ measure }) => measure === 'LISTING'))
    await requireNoBar(tx, subject, court, at);
  send(tx, WRITE_DEFAULTER, [
    id,
    caseId,
    index + 1,
    subject,
    defaulter.ground,
    encrypt(ring, { table: 'defaulter', column: 'conduct_sealed', row: id }, defaulter.conduct, dataKey),
    defaulter.decision.number,
    defaulter.decision.madeOn,
    defaulter.termMonths ?? null,
    defaulter.graceUntil ?? null,
    defaulter.student,
    defaulter.previous ?? null,
    defaulter.liableForFen?.toString() ?? null,
  ]);
  const restrictions = defaulter.measures.map((measure) => ({
    ...decided(insertRestriction(tx, ring, { caseId, defaulter: id, subject, measure, dataKey }), measure.measure),
    from: measure.from === undefined ? null : Date.parse(startOfDayShanghai(measure.from)),
  }));
  for (const { role, party } of defaulter.representatives) {
    const related = await subjectOf(tx, ring, party);
    send(tx, 'insert into representative (id, defaulter, subject, role) values ($1, $2, $3, $4)', [
      uuidv7(),
      id,
      related.subject,
      role,
    ]);
  }
  const { ground, termMonths = null, graceUntil } = defaulter;
  const graceEndsAt = graceUntil === undefined ? null : Date.parse(firstMomentAfter(graceUntil));
  return { id, enforcement: opened(ground, termMonths, graceEndsAt, restrictions) };
}
