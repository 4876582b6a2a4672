import type { Pool } from '../registry/database/pool.js';
import { lastPosition } from '../registry/departments/positions.js';

interface Waiting {
  beyond: number;
  wake: () => void;
}

/** Tells all channels of a process when the log has grown, with one cheap statement for all of them; none while nobody waits. */
export class LastPosition {
  private readonly waiting = new Set<Waiting>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly everyMs = 200,
  ) {}

  /** Resolves when the log reaches beyond a position, at the latest after `longestMs`, or when the signal is aborted. */
  async grown(beyond: number, longestMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, wake } = waker();
    const waiting = { beyond, wake };
    const timer = setTimeout(wake, longestMs);
    signal.addEventListener('abort', wake, { once: true });
    this.waiting.add(waiting);
    this.watch();
    await promise;
    this.waiting.delete(waiting);
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
  }

  private watch(): void {
    if (this.timer || this.waiting.size === 0) return;
    this.timer = setTimeout(() => {
      // While PostgreSQL is away nothing grows; each who waits finds out for itself.
      lastPosition(this.pool)
        .then((head) => this.wake(head))
        .catch(() => undefined)
        .finally(() => {
          this.timer = undefined;
          this.watch();
        });
    }, this.everyMs);
  }

  private wake(head: number): void {
    for (const waiting of this.waiting) if (head > waiting.beyond) waiting.wake();
  }
}

function waker(): { promise: Promise<void>; wake: () => void } {
  let wake = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    wake = resolve;
  });
  return { promise, wake };
}
