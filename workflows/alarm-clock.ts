import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/**
 * The one timer of a life. It is set anew only for something earlier: one that rings too early costs a look, one that is cancelled and
 * started with every signal costs an action each time.
 */
export class AlarmClock {
  rang = false;
  private set: { at: number; scope: CancellationScope } | null = null;

  /** Rings at this instant (epoch ms) or before; null asks for nothing. */
  noLaterThan(at: number | null): void {
    if (at === null || (this.set !== null && this.set.at <= at)) return;
    this.set?.scope.cancel();
    const scope = new CancellationScope();
    this.set = { at, scope };
    void scope.run(async () => {
      try {
        await sleep(Math.max(at - Date.now(), 1));
        this.set = null;
        this.rang = true;
      } catch (error) {
        // Cancelled for an earlier one: nothing rings.
        if (!isCancellation(error)) throw error;
      }
    });
  }

  /** Whether it rang since it was last asked. */
  takeRing(): boolean {
    const rang = this.rang;
    this.rang = false;
    return rang;
  }
}
