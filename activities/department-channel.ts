import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import { type Backoff, backoff } from '../domain/backoff.js';
import type { AllowedHosts } from '../domain/endpoint.js';
import { inTransaction, type Pool } from '../registry/database/pool.js';
import { receiverGone } from '../registry/departments/endpoints.js';
import { batchFailed, batchTaken, dueFor, type Sending } from '../registry/departments/notice-batches.js';
import type { KeyRing } from '../registry/keys/key-ring.js';
import { LastPosition } from './last-position.js';
import { sendWebhook } from './webhook.js';

export interface ChannelActivities {
  /**
   * Sends a department's part of the log batch by batch, for `forMs` or until the worker stops (`time`), the channel is paused, or the
   * department has no webhook any more (`closed`). Run twice at once, the receiver sees repeats with the same ids, nothing else.
   */
  deliver(task: { department: string; forMs: number }): Promise<'time' | 'paused' | 'closed'>;
}

export interface ChannelSettings {
  backoff: Backoff;
  /** A receiver that has not answered after this long has failed. */
  timeoutMs: number;
}

/** Conventions §5: 15 s for an answer; from seconds to hours between attempts, without end. */
const CHANNEL_SETTINGS: ChannelSettings = {
  backoff: { firstMs: 2_000, longestMs: 2 * 3_600_000 },
  timeoutMs: 15_000,
};

/** How soon a channel that waits sees that it was paused, resumed or moved. */
const LOOK_AGAIN_MS = 5_000;

export interface ChannelDependencies {
  pool: Pool;
  ring: KeyRing;
  allowed: AllowedHosts;
  /** TypeScript activities hear of a shutdown only after the grace time: this says it at once. */
  stopping: AbortSignal;
  log: Logger;
  settings?: ChannelSettings;
}

export function createChannelActivities(dependencies: ChannelDependencies): ChannelActivities {
  const delivery = new Delivery(dependencies);
  // Every channel of the process listens to the one signal.
  setMaxListeners(0, dependencies.stopping);
  return {
    async deliver({ department, forMs }) {
      const context = Context.current();
      const stop = stoppedBy(dependencies.stopping, context.cancellationSignal);
      let position = 0;
      const beat = (): void => context.heartbeat({ position });
      const beating = setInterval(beat, (context.info.heartbeatTimeoutMs ?? 60_000) / 4);
      try {
        beat();
        return await delivery.run(department, Date.now() + forMs, stop.signal, (at) => {
          position = at;
        });
      } finally {
        clearInterval(beating);
        stop.release();
      }
    },
  };
}

/** A signal that is aborted with the first of the sources. By hand: on Node 20 `AbortSignal.any` keeps memory for as long as its long-lived source. */
function stoppedBy(...sources: AbortSignal[]): { signal: AbortSignal; release: () => void } {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  for (const source of sources) {
    if (source.aborted) abort();
    source.addEventListener('abort', abort, { once: true });
  }
  return {
    signal: stop.signal,
    release: () => {
      for (const source of sources) source.removeEventListener('abort', abort);
    },
  };
}

/** Sends departments their parts of the log, batch by batch. */
class Delivery {
  private readonly head: LastPosition;

  constructor(private readonly dependencies: ChannelDependencies) {
    this.head = new LastPosition(dependencies.pool);
  }

  /** `at`: is told how far the department has everything. */
  async run(
    department: string,
    until: number,
    signal: AbortSignal,
    at: (position: number) => void,
  ): Promise<'time' | 'paused' | 'closed'> {
    const { pool, ring } = this.dependencies;
    while (!signal.aborted && Date.now() < until) {
      const due = await inTransaction(pool, (tx) => dueFor(tx, ring, department), { readsFirst: true });
      const patience = Math.max(Math.min(LOOK_AGAIN_MS, until - Date.now()), 1);
      switch (due.kind) {
        case 'closed':
        case 'paused':
          return due.kind;
        case 'nothing':
          at(due.position);
          await this.head.grown(due.position, patience, signal);
          break;
        case 'later':
          await sleep(Math.min(due.ms, patience), undefined, { signal }).catch(() => undefined);
          break;
        case 'send':
          await this.send(department, due, signal);
      }
    }
    return 'time';
  }

  private async send(department: string, sending: Sending, signal: AbortSignal): Promise<void> {
    const { pool, allowed, log, settings = CHANNEL_SETTINGS } = this.dependencies;
    const { batch, body, url, secrets, version, upTo } = sending;
    const started = Date.now();
    const outcome = await sendWebhook(
      { url, id: batch, body, secrets },
      { allowed, timeoutMs: settings.timeoutMs, signal },
    );
    const details = { department, batch, upTo, ms: Date.now() - started };
    switch (outcome.kind) {
      case 'taken':
        await inTransaction(pool, (tx) => batchTaken(tx, department, batch));
        log.info(details, 'batch delivered');
        return;
      case 'gone':
        if (await receiverGone(pool, department, version)) {
          log.error(
            { ...details, alarm: 'channel-gone' },
            'the receiver answered 410 Gone: its channel is paused, somebody must look',
          );
        }
        return;
      case 'failed': {
        const { failure } = outcome;
        const failures = sending.failures + 1;
        const retryInMs = backoff(settings.backoff, failures, Math.random());
        await batchFailed(pool, department, { version, failure, retryInMs });
        log.warn({ ...details, failure, failures, retryInMs }, 'batch not delivered, will go again');
        return;
      }
      case 'broken-off':
    }
  }
}
