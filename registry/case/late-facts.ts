import type { Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { recordFacts } from './facts.js';
import { raise } from './inbox.js';
import type { LockedCase } from './locked-case.js';
import { enqueueSignals } from './outbox.js';

/** Hands a case's fact to its open lives; with none left it is late and goes to the judge. */
export async function enqueueCaseSignals(
  tx: Transaction,
  locked: LockedCase,
  signal: 'repayment' | 'decision',
  ref: string,
  actor: Actor,
  only?: string,
): Promise<void> {
  const defaulters = locked.defaulters.filter((defaulter) => only === undefined || defaulter.id === only);
  const enqueued = enqueueSignals(tx, defaulters, signal, ref);
  if (enqueued.length === 0)
    await raiseLateFact(tx, locked, { signal, ref, actor, ...(only ? { defaulter: only } : {}) });
}

/** A fact that came after the enforcement it concerns had ended: it is kept, and the judge decides what it means. */
export async function raiseLateFact(
  tx: Transaction,
  locked: LockedCase,
  late: { signal: 'repayment' | 'decision'; ref: string; actor: Actor; defaulter?: string },
): Promise<void> {
  const defaulter = locked.defaulters.find(({ id }) => id === late.defaulter);
  const key = `late-fact:${late.signal}:${late.ref}:${late.defaulter ?? 'case'}`;
  recordFacts(tx, locked, [
    {
      type: 'late-fact',
      key,
      at: locked.now,
      actor: late.actor,
      ...(defaulter ? { defaulter } : {}),
      detail: { fact: late.signal, ref: late.ref },
    },
  ]);
  await raise(tx, {
    key,
    kind: 'late-fact',
    enforcementCase: locked.id,
    at: locked.now,
    defaulter: late.defaulter ?? null,
  });
}
