import { setTimeout as sleep } from 'node:timers/promises';
import { openCase } from '../../registry/courts/open-case.js';
import { registerRepayment } from '../../registry/courts/repayments.js';
import { inTransaction, type Pool } from '../../registry/database/pool.js';
import { type ComparisonAnswer, compare } from '../../registry/departments/comparisons.js';
import type { Party } from '../../registry/inputs.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { aCase, COURT, DEBT } from '../measure/people.js';

const LOOK_MS = 100;
/** Longer than any life should take: then the benchmark says so and ends. */
const PATIENCE_MS = 120_000;

/** A case against one defaulter, whose life has begun. */
export interface OpenedCase {
  caseId: string;
  defaulter: string;
  party: Party;
}

/** What a life is waited for. */
type Stage = 'published' | 'judge-notified' | 'released';

interface Waiting {
  key: string;
  since: number;
  come: () => void;
  fail: (error: Error) => void;
}

/** Drives lives as courts and departments do, by the registry's functions, and waits for what the process does. */
export class Lives {
  private readonly waiting: { readonly [S in Stage]: Map<string, Waiting> } = {
    published: new Map(),
    'judge-notified': new Map(),
    released: new Map(),
  };
  private looking = false;

  constructor(
    private readonly pool: Pool,
    private readonly ring: KeyRing,
  ) {}

  async open(): Promise<OpenedCase> {
    const { party, input } = aCase();
    const { id, defaulters } = await inTransaction(this.pool, (tx) =>
      openCase(tx, this.ring, input, { role: 'clerk', id: COURT }),
    );
    return { caseId: id, defaulter: defaulters[0]?.id ?? '', party };
  }

  compare({ party }: OpenedCase, service: string): Promise<ComparisonAnswer> {
    const department = service.slice(0, 3);
    const input = { service, reference: crypto.randomUUID(), party };
    return inTransaction(this.pool, (tx) =>
      compare(tx, this.ring, department, input, { role: 'department', id: department }),
    );
  }

  async pay({ caseId }: OpenedCase, fen = DEBT): Promise<void> {
    const input = {
      reference: crypto.randomUUID(),
      amountFen: fen,
      receivedOn: '2026-02-01',
      source: 'voluntary' as const,
    };
    await inTransaction(this.pool, (tx) =>
      registerRepayment(tx, this.ring, caseId, input, { role: 'clerk', id: COURT }),
    );
  }

  published = (opened: OpenedCase): Promise<void> => this.until('published', opened.defaulter);
  released = (opened: OpenedCase): Promise<void> => this.until('released', opened.defaulter);

  /** Stops the debtor at a counter and waits until the judge has been told. */
  async intercepted(opened: OpenedCase, service: string): Promise<void> {
    const answer = await this.compare(opened, service);
    const [interception] = answer.interceptions;
    if (!interception) throw new Error(`${service} did not stop a person in force`);
    await this.until('judge-notified', interception.id);
  }

  /** A whole life: opened, in force, stopped at these counters and the judge told, paid, every department told, and over. */
  async whole(services: readonly string[] = []): Promise<OpenedCase> {
    const opened = await this.open();
    await this.published(opened);
    for (const service of services) await this.intercepted(opened, service);
    await this.pay(opened);
    await this.released(opened);
    return opened;
  }

  /** One cheap statement looks for all who wait: waiting must cost Temporal nothing, and PostgreSQL little. */
  private until(stage: Stage, key: string): Promise<void> {
    const waited = new Promise<void>((come, fail) => {
      this.waiting[stage].set(key, { key, since: Date.now(), come, fail });
    });
    void this.look();
    return waited;
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      for (await sleep(LOOK_MS); this.anybodyWaits(); await sleep(LOOK_MS)) {
        const { published, released } = this.waiting;
        const { rows } = await this.pool.query<{ stage: Stage; key: string }>(CAME, [
          [...published.keys()],
          [...this.waiting['judge-notified'].keys()].map((id) => `interception:${id}`),
          [...released.keys()],
        ]);
        for (const { stage, key } of rows) {
          this.waiting[stage].get(key)?.come();
          this.waiting[stage].delete(key);
        }
        this.giveUpOnTheLate();
      }
    } catch (error) {
      for (const waiting of this.everybody()) waiting.fail(error instanceof Error ? error : new Error('unknown'));
    } finally {
      this.looking = false;
    }
  }

  private everybody = (): Waiting[] => Object.values(this.waiting).flatMap((waiting) => [...waiting.values()]);
  private anybodyWaits = (): boolean => Object.values(this.waiting).some((waiting) => waiting.size > 0);

  private giveUpOnTheLate(): void {
    for (const [stage, waiting] of Object.entries(this.waiting)) {
      for (const { key, since, fail } of waiting.values()) {
        if (Date.now() - since < PATIENCE_MS) continue;
        waiting.delete(key);
        fail(new Error(`a life was not ${stage} within ${PATIENCE_MS / 1_000} s`));
      }
    }
  }
}

const CAME = `
  select 'published' as stage, id::text as key from defaulter where id = any($1::uuid[]) and published_at is not null
  union all select 'judge-notified', substr(key, 14) from inbox_item where key = any($2)
  union all select 'released', id::text from defaulter where id = any($3::uuid[]) and ended_at is not null`;
