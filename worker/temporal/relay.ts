import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Logger } from 'pino';
import { type OutboxRow, relay } from '../../registry/case/outbox.js';
import type { Pool } from '../../registry/database/pool.js';
import type { enforcement } from '../../workflows/index.js';
import {
  type EnforcementInput,
  endUpdate,
  enforcementWorkflowId,
  type FactMessage,
  SIGNALS,
} from '../../workflows/messages.js';
import type { TemporalConnection } from './connection.js';
import { withTimeout } from './with-timeout.js';

/** Lives served side by side by one relay, which share its claim and its commit; more only queue at the embedded server’s one connection to its store. */
const DEFAULTERS_AT_ONCE = 16;
/** Signals handed to one life per round: a long row of them must not hold the claim beyond its time. */
const SIGNALS_AT_ONCE = 50;
/** How long a relay waits, ms. */
const TIMES = {
  /** No further signal is begun after this long: the claim's transaction must end well before PostgreSQL ends it (30 s idle). */
  roundMs: 10_000,
  /** A call to Temporal is given up after this long; the row stays and goes again. */
  callMs: 8_000,
  /** A process that has not ended by then is told by a signal: no worker has it just now, and the others of the round wait. */
  endMs: 1_000,
};
/** A round with a last call that is begun just in time and not answered: for so long a claim's transaction may wait. */
export const LONGEST_ROUND_MS = TIMES.roundMs + TIMES.callMs;

export interface Relay {
  pool: Pool;
  temporal: Pick<TemporalConnection, 'client'>;
  /** The lives' worker runs on this connection and is of no deployment: a life that begins may get its first task with Temporal's answer. */
  eagerStart?: boolean;
  taskQueue: string;
  log: Logger;
  /** Tests have shorter times. */
  times?: Partial<typeof TIMES>;
}

/** Hands unsent outbox rows to Temporal. Resolves to whether more may be waiting; throws when nothing could be handed over. */
export async function relayOnce({ pool, temporal, log, times, ...settings }: Relay): Promise<boolean> {
  const { roundMs, callMs, endMs } = { ...TIMES, ...times };
  let failure: unknown;
  const call = async (row: OutboxRow): Promise<void> => {
    const deadline = Date.now() + callMs;
    const client = await temporal.client();
    await client.withDeadline(deadline, () => hand(client, { ...settings, log, endMs }, row));
  };
  const enough = Date.now() + roundMs;
  const { taken, sent } = await relay(pool, DEFAULTERS_AT_ONCE, async (rows) => {
    const done: OutboxRow[] = [];
    try {
      for (const row of rows.slice(0, SIGNALS_AT_ONCE)) {
        if (Date.now() > enough) break;
        if (!row.ended || row.signal === 'acknowledged') await withTimeout(callMs, 'Temporal', call(row));
        done.push(row);
      }
    } catch (error) {
      failure = error;
      const next = rows[done.length];
      log.warn({ defaulter: next?.defaulter, seq: next?.seq, err: error }, 'fact not handed over, will go again');
    }
    return done;
  });
  if (taken > 0 && sent === 0) throw failure ?? new Error('nothing could be handed over');
  return taken > 0;
}

async function hand(
  client: Client,
  { taskQueue, eagerStart = false, endMs, log }: Pick<Relay, 'taskQueue' | 'eagerStart' | 'log'> & { endMs: number },
  row: OutboxRow,
): Promise<void> {
  const options = {
    workflowId: enforcementWorkflowId(row.defaulter),
    taskQueue,
    args: [{ defaulter: row.defaulter }] as [EnforcementInput],
    // A life that ran to its end is over; one that was terminated or failed may run again.
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
  };
  if (row.signal === 'opened') {
    await client.workflow
      .start<typeof enforcement>('enforcement', { ...options, requestEagerStart: eagerStart })
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      });
    return;
  }
  const workflow = client.workflow.getHandle(options.workflowId);
  const signal = SIGNALS[row.signal];
  const fact: FactMessage = { seq: row.seq, id: row.ref };
  if (row.ended) {
    // A signal waits for a worker; a worker of the version before, and a server without updates, know no other word.
    const tell = (error: unknown): Promise<void> => {
      log.debug({ defaulter: row.defaulter, err: error }, 'process not ended by the update, takes the signal');
      return workflow.signal(signal, { ...fact, ended: true });
    };
    await found(askToEnd(client, workflow, endMs).catch(tell));
    return;
  }
  // A life that runs takes the signal alone, which costs Temporal less.
  if (await found(workflow.signal(signal, fact))) return;
  await client.workflow.signalWithStart<typeof enforcement, [FactMessage]>('enforcement', {
    ...options,
    signal,
    signalArgs: [fact],
  });
}

async function askToEnd(client: Client, workflow: WorkflowHandle, ms: number): Promise<void> {
  const ask = () => workflow.executeUpdate(endUpdate, { updateId: endUpdate.name });
  await withTimeout(ms, 'the process', client.withDeadline(Date.now() + ms, ask));
}

/** Whether the process runs; throws what else Temporal said. */
async function found(call: Promise<void>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
