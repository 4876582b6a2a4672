import type { Logger } from 'pino';

export interface LoopOptions {
  name: string;
  /** Does what there is to do; true when there may be more at once. */
  work: () => Promise<boolean>;
  /** How long to wait when there was nothing, ms; a nudge ends the wait. */
  idleMs: number;
  /** How long to wait after a nudge, ms: what is nudged for many times in that time is done in one go. */
  gatherMs?: number;
  log: Logger;
}

const LONGEST_BACKOFF_MS = 5_000;

/** A loop on PostgreSQL: works while there is work, waits when there is none, backs off when it fails, and stops when asked. */
export class Loop {
  private stopping = false;
  private nudged = false;
  private endWait = (): void => undefined;
  /** Whether the wait under way lasts out its time, nudged or not. */
  private deaf = false;
  private readonly awaited: (() => void)[] = [];
  private readonly done: Promise<void>;

  constructor(private readonly options: LoopOptions) {
    this.done = this.run();
  }

  /** There is something to do. */
  nudge(): void {
    this.nudged = true;
    if (!this.deaf) this.endWait();
  }

  /** Resolves when work that began after this call is done, or has failed; when the loop is stopped, at once. */
  round(): Promise<void> {
    if (this.stopping) return this.done;
    return new Promise((resolve) => {
      this.awaited.push(resolve);
      this.nudge();
    });
  }

  /** Resolves when the work under way is done. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endWait();
    await this.done;
    for (const finish of this.awaited.splice(0)) finish();
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopping) {
      if (this.nudged && this.options.gatherMs !== undefined) await this.wait(this.options.gatherMs, true);
      this.nudged = false;
      try {
        const more = await this.once();
        if (failures > 0) this.options.log.info({ loop: this.options.name }, 'loop works again');
        failures = 0;
        if (!more) await this.wait(this.options.idleMs);
      } catch (error) {
        failures += 1;
        this.options.log.warn({ loop: this.options.name, failures, err: error }, 'loop failed, will go on');
        await this.wait(Math.min(100 * 2 ** failures, LONGEST_BACKOFF_MS), true);
      }
    }
  }

  private async once(): Promise<boolean> {
    const awaited = this.awaited.splice(0);
    try {
      return await this.options.work();
    } finally {
      for (const finish of awaited) finish();
    }
  }

  // Not an AbortSignal: a nudge comes with every fact, and each abort makes an error with its trace.
  private wait(ms: number, deaf = false): Promise<void> {
    if (this.stopping || (this.nudged && !deaf)) return Promise.resolve();
    this.deaf = deaf;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
