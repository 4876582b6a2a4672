import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTransaction, type Pool } from '../../registry/database/pool.js';
import { acknowledge } from '../../registry/departments/acknowledgements.js';
import { readNotices } from '../../registry/departments/notices.js';

/** How often each department looks, where the figure does not ask for more. */
export const USUAL_POLL_MS = 1_000;
const PAGE = 200;

/** The 36 departments: each reads its part of the log and acknowledges it, by the functions behind `GET /v1/notices` and `POST /v1/acknowledgements`. */
export class Departments {
  private readonly stopping = new AbortController();
  private working: Promise<unknown> = Promise.resolve();
  /** Per department, what it held when: ascending. */
  private readonly held = new Map<string, { upTo: number; at: number }[]>();

  private constructor(
    private readonly pool: Pool,
    private readonly pollMs: number,
  ) {
    // All of them listen to the one signal.
    setMaxListeners(0, this.stopping.signal);
  }

  static async start(pool: Pool, pollMs = USUAL_POLL_MS): Promise<Departments> {
    const { rows } = await pool.query<{ code: string }>(
      'select code from department where left_position is null order by ordinal',
    );
    const departments = new Departments(pool, pollMs);
    departments.working = Promise.all(rows.map(({ code }) => departments.work(code)));
    // A failure is told by `stop`.
    departments.working.catch(() => departments.stopping.abort());
    return departments;
  }

  /** When the last of the departments held the notice at this position (epoch ms); undefined while one does not. */
  heldByAll(position: number): number | undefined {
    let last = 0;
    for (const readings of this.held.values()) {
      const first = readings.find((reading) => reading.upTo >= position);
      if (!first) return undefined;
      last = Math.max(last, first.at);
    }
    return last;
  }

  /** Throws what a department failed on. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  private async work(code: string): Promise<void> {
    const { signal } = this.stopping;
    const readings: { upTo: number; at: number }[] = [];
    this.held.set(code, readings);
    let after: number | undefined;
    await sleep(Math.random() * this.pollMs, undefined, { signal }).catch(() => undefined);
    while (!signal.aborted) {
      const began = Date.now();
      const from = after;
      const { served } = await inTransaction(
        this.pool,
        (tx) => readNotices(tx, code, from === undefined ? undefined : BigInt(from), PAGE),
        { readsFirst: true },
      );
      const isNew = served > (after ?? 0);
      if (isNew) {
        readings.push({ upTo: served, at: Date.now() });
        await inTransaction(
          this.pool,
          (tx) => acknowledge(tx, code, BigInt(served), { role: 'department', id: code }),
          { readsFirst: true },
        );
      }
      const wholePage = isNew && served - (after ?? 0) >= PAGE;
      after = served;
      if (!wholePage)
        await sleep(Math.max(this.pollMs - (Date.now() - began), 10), undefined, { signal }).catch(() => undefined);
    }
  }
}
