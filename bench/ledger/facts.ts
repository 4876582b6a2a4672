import { setTimeout as sleep } from 'node:timers/promises';
import { openCase } from '../../registry/courts/open-case.js';
import { registerRepayment } from '../../registry/courts/repayments.js';
import { inTransaction } from '../../registry/database/pool.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { median, progress, quantile, spread, tellAtLeast, tellAtMost } from '../measure/figures.js';
import { aCase, COURT } from '../measure/people.js';
import { rateOf } from '../measure/rate.js';
import type { BenchDatabase, LedgerEnvironment } from './environment.js';

const CASES = 400;
const IN_FLIGHT = 16;
const FACTS_A_SECOND = 500;
const LOOK_MS = 5;

/** Repayments as courts send them: the whole business transaction, by the function behind `POST /v1/cases/{id}/repayments`. */
export class Facts {
  private next = 0;

  private constructor(
    private readonly database: BenchDatabase,
    private readonly ring: KeyRing,
    private readonly cases: readonly string[],
  ) {}

  static async open(database: BenchDatabase, ring: KeyRing): Promise<Facts> {
    const cases: string[] = [];
    for (let n = 0; n < CASES; n++) {
      const { id } = await inTransaction(database.application, (tx) =>
        openCase(tx, ring, aCase().input, { role: 'clerk', id: COURT }),
      );
      cases.push(id);
    }
    return new Facts(database, ring, cases);
  }

  /** The repayment's id. */
  one = async (): Promise<string> => {
    const caseId = this.cases[this.next++ % this.cases.length] ?? '';
    const input = {
      reference: crypto.randomUUID(),
      amountFen: 1n,
      receivedOn: '2026-02-01',
      source: 'voluntary' as const,
    };
    const { id } = await inTransaction(this.database.application, (tx) =>
      registerRepayment(tx, this.ring, caseId, input, { role: 'clerk', id: COURT }),
    );
    return id;
  };
}

/** A database in which the same facts are written and no leaf is: what the record costs is the difference. */
export async function withoutLedger({ owner }: BenchDatabase): Promise<void> {
  await owner.query('alter table fact drop constraint fact_id_fkey');
  await owner.query(`create function no_leaf() returns trigger language plpgsql as $$ begin return null; end $$`);
  await owner.query('create trigger a_no_leaf before insert on ledger_leaf for each row execute function no_leaf()');
}

/** Facts a second with the record, its sequencer working, and without: in turn, several rounds. */
export async function measureRate(
  environment: LedgerEnvironment,
  subject: BenchDatabase,
  floor: BenchDatabase,
  rounds: number,
  windowMs: number,
): Promise<void> {
  const [with_, without] = [await Facts.open(subject, environment.ring), await Facts.open(floor, environment.ring)];
  const load = (facts: Facts) => ({
    one: async () => void (await facts.one()),
    inFlight: IN_FLIGHT,
    warmUpMs: 500,
    windowMs,
  });
  const ratios: number[] = [];
  const rates: { subject: number[]; floor: number[] } = { subject: [], floor: [] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (['subject', 'floor'] as const) : (['floor', 'subject'] as const);
    const rate = { subject: 0, floor: 0 };
    for (const which of order) rate[which] = await rateOf(load(which === 'subject' ? with_ : without));
    rates.subject.push(rate.subject);
    rates.floor.push(rate.floor);
    ratios.push(rate.subject / rate.floor);
    progress(`round ${round + 1}: ${rate.subject.toFixed(0)} with, ${rate.floor.toFixed(0)} without`);
  }
  tellAtLeast(0.85, {
    figure: 'ledger-fact-rate',
    value: median(ratios),
    unit: 'ratio',
    subject: median(rates.subject),
    floor: median(rates.floor),
    runs: rounds,
    spread: spread(ratios),
  });
}

/** From the answer to a fact to the first sight of a checkpoint that covers it, at a steady rate, whatever the answers take. */
export async function measurePublication(
  environment: LedgerEnvironment,
  subject: BenchDatabase,
  seconds: number,
): Promise<void> {
  const facts = await Facts.open(subject, environment.ring);
  const accepted = new Map<string, number>();
  const seen: { size: number; at: number }[] = [];
  let watching = true;
  const watch = (async () => {
    while (watching) {
      const { rows } = await subject.owner.query<{ size: string }>(
        'select coalesce(max(size), 0) as size from ledger_checkpoint',
      );
      const size = Number(rows[0]?.size);
      if (size !== seen.at(-1)?.size) seen.push({ size, at: performance.now() });
      await sleep(LOOK_MS);
    }
  })();
  const began = performance.now();
  const under: Promise<void>[] = [];
  for (let n = 0; n < seconds * FACTS_A_SECOND; n++) {
    const due = began + (n * 1_000) / FACTS_A_SECOND;
    if (due > performance.now()) await sleep(due - performance.now());
    under.push(facts.one().then((id) => void accepted.set(`repayment:${id}`, performance.now())));
  }
  await Promise.all(under);
  const rate = accepted.size / ((performance.now() - began) / 1_000);
  for (;;) {
    const { rowCount } = await subject.owner.query('select from ledger_pending limit 1');
    if (rowCount === 0) break;
    await sleep(50);
  }
  await sleep(10 * LOOK_MS);
  watching = false;
  await watch;
  const { rows } = await subject.owner.query<{ key: string; seq: string }>(
    'select l.business_key as key, e.seq from ledger_leaf l join ledger_entry e using (entry_id) where l.business_key = any($1)',
    [[...accepted.keys()]],
  );
  const waits = rows.map(({ key, seq }) => {
    const published = seen.find(({ size }) => size > Number(seq))?.at ?? Number.POSITIVE_INFINITY;
    return Math.max(0, published - (accepted.get(key) ?? 0)) / 1_000;
  });
  if (waits.length !== accepted.size) throw new Error('a fact was not published');
  const more = { unit: 's', runs: waits.length, spread: spread(waits), factsPerSecond: rate };
  tellAtMost(1, { figure: 'ledger-accepted-to-published-p99', value: quantile(waits, 0.99), ...more });
}
