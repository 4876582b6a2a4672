import type { ChildProcess } from 'node:child_process';
import { processIdentity } from './process-identity.mjs';
import { endProcess, type ProcessRecord } from './processes.js';

/** How one child is started, known to be ready, and ended. */
export interface ChildPlan {
  name: string;
  logFile: string;
  /** Spawns it, detached: one Ctrl-C must not take PostgreSQL away before the worker has drained. */
  launch(): ChildProcess;
  /** Resolves when it serves; it is raced against the child's end. */
  ready(child: ChildProcess): Promise<void>;
  stopSignal: NodeJS.Signals;
  graceMs: number;
}

export interface SupervisorEvents {
  /** After every start, restart and end: the place to write down who runs. Called before anything else can happen. */
  changed(running: ProcessRecord[]): void;
  /** A child ended without being asked to. */
  died(name: string, how: string): void;
  restarted(name: string): void;
}

/** A child that could not be brought up: what it is called and how its last attempt ended. */
export class ChildFailed extends Error {
  constructor(
    readonly child: string,
    readonly how: string,
    readonly logFile: string,
  ) {
    super(`${child}: ${how}`);
  }
}

interface Watched {
  plan: ChildPlan;
  record: ProcessRecord | undefined;
  /** Consecutive early ends: what the pause before the next start depends on. */
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

const firstPause = 250;
const longestPause = 5_000;
const attempts = 3;
/** A child that lived this long was well: the next pause is short again. */
const healthyAfter = 20_000;

/** Starts children, starts again those that die, and ends all of them in `stopOrder`. */
export class Supervisor {
  private readonly children = new Map<string, Watched>();
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly stopOrder: readonly string[],
    private readonly events: SupervisorEvents,
  ) {}

  /** Resolves when the child is ready. Throws ChildFailed when it ended several times before that. */
  async start(plan: ChildPlan): Promise<void> {
    const watched: Watched = { plan, record: undefined, failures: 0, timer: undefined };
    this.children.set(plan.name, watched);
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.attempt(watched);
      if (outcome === 'ready') return;
      if (this.stopping || attempt === attempts) throw new ChildFailed(plan.name, outcome, plan.logFile);
      await new Promise((resolve) => setTimeout(resolve, pauseAfter(attempt)));
    }
  }

  pid(name: string): number | undefined {
    return this.children.get(name)?.record?.pid;
  }

  /** Ends all children, one after the other. A second call waits for the first. */
  stop(): Promise<void> {
    this.stopping ??= this.endAll();
    return this.stopping;
  }

  private async endAll(): Promise<void> {
    for (const watched of this.children.values()) clearTimeout(watched.timer);
    for (const record of this.running()) {
      await endProcess(record);
      this.forget(record);
    }
  }

  /** Launches once; `'ready'`, or how it ended before it was. */
  private async attempt(watched: Watched): Promise<string> {
    const { plan } = watched;
    if (this.stopping) return 'stopping';
    const child = plan.launch();
    const failed = new Promise<string>((resolve) => child.once('error', (error) => resolve(error.message)));
    if (child.pid === undefined) return failed;
    const { pid } = child;
    const record: ProcessRecord = {
      name: plan.name,
      pid,
      identity: processIdentity(pid) ?? '',
      stopSignal: plan.stopSignal,
      graceMs: plan.graceMs,
    };
    watched.record = record;
    this.changed();
    let wasReady = false;
    const startedAt = Date.now();
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => {
        const how = signal ?? `exit code ${code}`;
        this.forget(record);
        resolve(how);
        if (wasReady) this.afterDeath(watched, how, Date.now() - startedAt);
      });
    });
    const outcome = await Promise.race([
      plan.ready(child).then(
        () => 'ready',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
      ended,
      failed,
    ]);
    if (outcome !== 'ready') {
      await endProcess({ ...record, graceMs: 0 });
      return outcome;
    }
    // It may have ended in the very moment it became ready.
    if (watched.record !== record) return 'ended at once';
    wasReady = true;
    return outcome;
  }

  private afterDeath(watched: Watched, how: string, livedMs: number): void {
    if (this.stopping) return;
    watched.failures = livedMs > healthyAfter ? 1 : watched.failures + 1;
    this.events.died(watched.plan.name, how);
    this.again(watched);
  }

  private again(watched: Watched): void {
    watched.timer = setTimeout(() => {
      void this.attempt(watched).then((outcome) => {
        if (this.stopping) return;
        if (outcome === 'ready') {
          this.events.restarted(watched.plan.name);
          return;
        }
        watched.failures += 1;
        this.again(watched);
      });
    }, pauseAfter(watched.failures));
  }

  private running(): ProcessRecord[] {
    return this.stopOrder.flatMap((name) => this.children.get(name)?.record ?? []);
  }

  private forget(record: ProcessRecord): void {
    const watched = this.children.get(record.name);
    if (watched?.record !== record) return;
    watched.record = undefined;
    this.changed();
  }

  private changed(): void {
    this.events.changed(this.running());
  }
}

function pauseAfter(failures: number): number {
  return Math.min(longestPause, firstPause * 2 ** (failures - 1));
}
