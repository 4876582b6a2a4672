import { uuidv7 } from 'uuidv7';
import { formatYuan } from '../domain/money.js';
import { Refusal } from '../domain/refusal.js';
import { raiseLateFact } from './inbox.js';
import type { Actor, RepaymentInput } from './inputs.js';
import { type KeyRing, seal } from './key-ring.js';
import { applyEvent, balanceOf, type LockedCase, lockCase } from './lives.js';
import type { Queryable, Transaction } from './pool.js';
import { handToLives, recordFacts } from './record.js';

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
  const locked = await lockCase(tx, ring, caseId);
  if (!locked) throw new Refusal('not-found', '没有此案件。 / No such case.');
  const earlier = await findByReference(tx, caseId, input.reference);
  if (earlier) {
    if (BigInt(earlier.amount_fen) !== input.amountFen) {
      throw new Refusal(
        'state-conflict',
        '该凭证号已登记为另一金额。 / This reference is registered with another amount.',
        [{ pointer: '/amount', code: 'reference-reused' }],
      );
    }
    return answer(earlier.id, BigInt(earlier.outstanding_fen), BigInt(earlier.surplus_fen), true);
  }
  if (input.interception) await requireInterception(tx, input.interception, caseId);
  const before = balanceOf(locked);
  const after = balanceOf({ ...locked, repaidFen: locked.repaidFen + input.amountFen });
  const id = uuidv7();
  await tx.query(
    `insert into repayment (id, enforcement_case, reference, amount_fen, received_on, source, payer_sealed, interception, recorded_at,
       outstanding_fen, surplus_fen)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      id,
      caseId,
      input.reference,
      input.amountFen.toString(),
      input.receivedOn,
      input.source,
      input.payer ? seal(ring, { table: 'repayment', column: 'payer_sealed', row: id }, input.payer) : null,
      input.interception ?? null,
      new Date(locked.now),
      after.outstanding.toString(),
      after.surplus.toString(),
    ],
  );
  await recordFacts(tx, locked, [
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
        ...(input.interception ? { interception: input.interception } : {}),
      },
    },
  ]);
  if (before.outstanding > 0n && after.outstanding === 0n) await endByPerformance(tx, locked, actor);
  await tellLives(tx, locked, 'repayment', id, actor);
  return answer(id, after.outstanding, after.surplus, false);
}

/** The debt is performed: every life of the case ends what performance ends. */
export async function endByPerformance(tx: Transaction, locked: LockedCase, actor: Actor): Promise<void> {
  for (const life of locked.lives)
    if (life.life.endedAt === null) await applyEvent(tx, locked, life, { type: 'performed' }, actor);
}

/** Hands a case's fact to its open lives; with none left it is late and goes to the judge. */
export async function tellLives(
  tx: Transaction,
  locked: LockedCase,
  signal: 'repayment' | 'decision',
  ref: string,
  actor: Actor,
  only?: string,
): Promise<void> {
  const lives = only ? [only] : locked.lives.map((life) => life.id);
  const heard = await handToLives(tx, lives, signal, ref);
  if (heard.length === 0) await raiseLateFact(tx, locked, { signal, ref, actor, ...(only ? { defaulter: only } : {}) });
}

interface RepaymentRow {
  id: string;
  amount_fen: string;
  outstanding_fen: string;
  surplus_fen: string;
}

async function findByReference(q: Queryable, caseId: string, reference: string): Promise<RepaymentRow | undefined> {
  const { rows } = await q.query<RepaymentRow>(
    'select id, amount_fen, outstanding_fen, surplus_fen from repayment where enforcement_case = $1 and reference = $2',
    [caseId, reference],
  );
  return rows[0];
}

async function requireInterception(q: Queryable, interception: string, caseId: string): Promise<void> {
  const { rows } = await q.query('select 1 from interception where id = $1 and enforcement_case = $2', [
    interception,
    caseId,
  ]);
  if (rows.length === 0) {
    throw new Refusal('invalid', '该拦截不属于本案。 / This interception is not one of this case.', [
      { pointer: '/interception', code: 'unknown-interception' },
    ]);
  }
}

const answer = (id: string, outstanding: bigint, surplus: bigint, repeated: boolean): RegisteredRepayment => ({
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
    'select c.court, p.enforcement_case from repayment p join enforcement_case c on c.id = p.enforcement_case where p.id = $1',
    [id],
  );
  return rows[0] && { court: rows[0].court, enforcementCase: rows[0].enforcement_case };
}
