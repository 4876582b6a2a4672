import { uuidv7 } from 'uuidv7';
import { paysTheirShare } from '../../domain/enforcement.js';
import { formatYuan } from '../../domain/money.js';
import { Refusal } from '../../domain/refusal.js';
import { applyEvent } from '../case/apply-event.js';
import { recordFacts } from '../case/facts.js';
import { raise } from '../case/inbox.js';
import { enqueueCaseSignals } from '../case/late-facts.js';
import { balanceOf, type LockedCase, type LockedDefaulter, lockCase } from '../case/locked-case.js';
import { enqueueSignals } from '../case/outbox.js';
import { type Queryable, send, type Transaction } from '../database/pool.js';
import type { Actor, RepaymentInput } from '../inputs.js';
import { caseKeyOf } from '../keys/data-keys.js';
import { encrypt, type KeyRing } from '../keys/key-ring.js';
import { endByPerformance, notPerformed } from './performance.js';
import { lockSameDebt } from './same-debt.js';

export interface RegisteredRepayment {
  id: string;
  /** Yuan, two decimals. */
  outstanding: string;
  surplus: string;
  /** The same reference and amount were registered before: this is the first answer. */
  repeated: boolean;
}

/**
 * Registers a repayment against the case. When nothing is owed any more, what full performance ends is ended in this very
 * transaction (失信名单规定 art. 10 ¶1 (1)); the process only tells. Amounts in fen.
 * Throws Refusal: `not-found`; `state-conflict` when the reference stands with another amount; `invalid` for a foreign interception.
 */
export async function registerRepayment(
  tx: Transaction,
  ring: KeyRing,
  caseId: string,
  input: RepaymentInput,
  actor: Actor,
): Promise<RegisteredRepayment> {
  const sameDebt = await lockSameDebt(tx, caseId);
  const locked = await lockCase(tx, ring, caseId);
  if (!locked) throw Refusal.notFound('case');
  const earlier = await findByReference(tx, caseId, input.reference);
  if (earlier) return answerAgain(earlier, input);
  if (input.interception) await requireInterception(tx, input.interception, caseId);
  const payer = locked.defaulters.find((defaulter) => defaulter.id === input.payer);
  const before = balanceOf(locked);
  const after = balanceOf({ ...locked, repaidFen: locked.repaidFen + input.amountFen });
  const id = await writeRepayment(tx, ring, locked, input, payer, after);
  recordFacts(tx, locked, [
    {
      type: 'repayment',
      key: `repayment:${id}`,
      at: locked.now,
      actor,
      detail: {
        repayment: id,
        amount: formatYuan(input.amountFen),
        source: input.source,
        receivedOn: input.receivedOn,
        outstanding: formatYuan(after.outstanding),
        surplus: formatYuan(after.surplus),
        interception: input.interception,
      },
    },
  ]);
  if (before.outstanding > 0n && after.outstanding === 0n) await endByPerformance(tx, ring, locked, sameDebt, actor);
  else if (payer && paysTheirShare(payer, input.amountFen)) applyEvent(tx, locked, payer, { type: 'performed' }, actor);
  await enqueueCaseSignals(tx, locked, 'repayment', id, actor);
  return toAnswer(id, after.outstanding, after.surplus, false);
}

const WRITE_REPAYMENT = `
  insert into repayment (
    id, enforcement_case, reference, amount_fen, received_on, source, payer_sealed,
    interception, recorded_at, outstanding_fen, surplus_fen, payer_defaulter)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;

/** Writes a repayment with what is owed after it, in fen; a payer who is no defaulter of the case is a name, and encrypted. Returns its id. */
async function writeRepayment(
  tx: Transaction,
  ring: KeyRing,
  locked: LockedCase,
  input: RepaymentInput,
  payer: LockedDefaulter | undefined,
  after: { outstanding: bigint; surplus: bigint },
): Promise<string> {
  const id = uuidv7();
  const payerName = payer ? undefined : input.payer;
  const dataKey = payerName && (await caseKeyOf(tx, ring, locked));
  send(tx, WRITE_REPAYMENT, [
    id,
    locked.id,
    input.reference,
    input.amountFen.toString(),
    input.receivedOn,
    input.source,
    payerName && dataKey
      ? encrypt(ring, { table: 'repayment', column: 'payer_sealed', row: id }, payerName, dataKey)
      : null,
    input.interception ?? null,
    new Date(locked.now),
    after.outstanding.toString(),
    after.surplus.toString(),
    payer?.id ?? null,
  ]);
  return id;
}

interface RepaymentRow {
  id: string;
  amount_fen: string;
  outstanding_fen: string;
  surplus_fen: string;
}

async function findByReference(q: Queryable, caseId: string, reference: string): Promise<RepaymentRow | undefined> {
  const { rows } = await q.query<RepaymentRow>(
    `select id, amount_fen, outstanding_fen, surplus_fen
     from repayment
     where enforcement_case = $1 and reference = $2`,
    [caseId, reference],
  );
  return rows[0];
}

/** The first answer to the same reference. Throws Refusal `state-conflict` where it stands with another amount. */
function answerAgain(earlier: RepaymentRow, input: RepaymentInput): RegisteredRepayment {
  if (BigInt(earlier.amount_fen) !== input.amountFen) {
    throw Refusal.conflict(
      '该凭证号已登记为另一金额。 / This reference is registered with another amount.',
      'reference-reused',
      '/amount',
    );
  }
  return toAnswer(earlier.id, BigInt(earlier.outstanding_fen), BigInt(earlier.surplus_fen), true);
}

async function requireInterception(q: Queryable, interception: string, caseId: string): Promise<void> {
  const { rows } = await q.query('select 1 from interception where id = $1 and enforcement_case = $2', [
    interception,
    caseId,
  ]);
  if (rows.length === 0) {
    throw Refusal.invalid(
      '该拦截不属于本案。 / This interception is not one of this case.',
      '/interception',
      'unknown-interception',
    );
  }
}

const toAnswer = (id: string, outstanding: bigint, surplus: bigint, repeated: boolean): RegisteredRepayment => ({
  id,
  outstanding: formatYuan(outstanding),
  surplus: formatYuan(surplus),
  repeated,
});

/** Whose court's case a repayment belongs to. */
export async function repaymentScope(
  q: Queryable,
  id: string,
): Promise<{ court: string; enforcementCase: string } | undefined> {
  const { rows } = await q.query<{ court: string; enforcement_case: string }>(
    `select c.court, p.enforcement_case
     from repayment p
     join enforcement_case c on c.id = p.enforcement_case
     where p.id = $1`,
    [id],
  );
  return rows[0] && { court: rows[0].court, enforcementCase: rows[0].enforcement_case };
}

/**
 * Takes back a repayment (a bounced transfer, money of another case): what is owed grows again, what has ended stays ended, and the judge is asked.
 * Amounts in yuan. Throws Refusal: `not-found`; `state-conflict` when it was reversed before.
 */
export async function reverseRepayment(
  tx: Transaction,
  ring: KeyRing,
  id: string,
  reason: string,
  actor: Actor,
): Promise<{ outstanding: string }> {
  const scope = await repaymentScope(tx, id);
  const locked = scope && (await lockCase(tx, ring, scope.enforcementCase));
  if (!locked) throw Refusal.notFound('repayment');
  const dataKey = await caseKeyOf(tx, ring, locked);
  const reversed = await tx.query<{ amount_fen: string }>(
    `update repayment set
       reversed_at = $2,
       reversal_reason_sealed = $3
     where id = $1 and reversed_at is null
     returning amount_fen`,
    [
      id,
      new Date(locked.now),
      encrypt(ring, { table: 'repayment', column: 'reversal_reason_sealed', row: id }, reason, dataKey),
    ],
  );
  const row = reversed.rows[0];
  if (!row) {
    throw Refusal.conflict('该笔履行已被撤销。 / This repayment is reversed already.', 'already-reversed');
  }
  const amount = BigInt(row.amount_fen);
  const after = balanceOf({ ...locked, repaidFen: locked.repaidFen - amount });
  recordFacts(tx, locked, [
    {
      type: 'repayment-reversed',
      key: `repayment-reversed:${id}`,
      at: locked.now,
      actor,
      detail: {
        repayment: id,
        amount: formatYuan(amount),
        outstanding: formatYuan(after.outstanding),
        surplus: formatYuan(after.surplus),
      },
    },
  ]);
  await notPerformed(tx, locked.id);
  await raise(tx, { key: `reversal:${id}`, kind: 'reversal', enforcementCase: locked.id, at: locked.now });
  // What waited unpublished because all was paid may have to be published now.
  enqueueSignals(tx, locked.defaulters, 'repayment', id);
  return { outstanding: formatYuan(after.outstanding) };
}
