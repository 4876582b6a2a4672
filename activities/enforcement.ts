import { redrive } from '../registry/case/outbox.js';
import { inTransaction, type Pool, type Transaction } from '../registry/database/pool.js';
import type { KeyRing } from '../registry/keys/key-ring.js';
import { notifyJudge } from '../registry/process/notify-judge.js';
import type { StepResult } from '../registry/process/steps.js';
import * as steps from '../registry/process/steps.js';

export type { StepResult };

/** What a life does to the world: each step one transaction under the lock of the case, harmless when run again. Ids only. */
export interface EnforcementActivities {
  publish(defaulter: string): Promise<StepResult>;
  expire(defaulter: string): Promise<StepResult>;
  extend(defaulter: string): Promise<StepResult>;
  escalate(defaulter: string): Promise<StepResult>;
  tell(defaulter: string): Promise<StepResult>;
  finish(defaulter: string, receivedUpTo: number | null): Promise<StepResult>;
  /** Has the facts of this life handed over again: one of them never came. */
  redrive(defaulter: string): Promise<void>;
  notifyJudge(defaulter: string, interceptions: readonly string[]): Promise<number | null>;
}

export function createEnforcementActivities({
  pool,
  ring,
  noticeWritten,
}: {
  pool: Pool;
  ring: KeyRing;
  /** A step that tells the departments is done: its notice may be given its position. */
  noticeWritten: () => void;
}): EnforcementActivities {
  // Every step begins with the lock of its case.
  const step = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
    inTransaction(pool, work, { readsFirst: true });
  const telling = async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
    const result = await step(work);
    noticeWritten();
    return result;
  };
  return {
    publish: (defaulter) => telling((tx) => steps.publish(tx, ring, defaulter)),
    expire: (defaulter) => step((tx) => steps.expire(tx, ring, defaulter)),
    extend: (defaulter) => telling((tx) => steps.extend(tx, ring, defaulter)),
    escalate: (defaulter) => step((tx) => steps.escalate(tx, ring, defaulter)),
    tell: (defaulter) => telling((tx) => steps.tell(tx, ring, defaulter)),
    finish: (defaulter, receivedUpTo) => step((tx) => steps.finish(tx, ring, defaulter, receivedUpTo)),
    redrive: async (defaulter) => {
      await redrive(pool, defaulter);
    },
    notifyJudge: (defaulter, interceptions) => step((tx) => notifyJudge(tx, ring, defaulter, interceptions)),
  };
}
