// A life is sent its signals in any order and number, late and twice; no relay here, they are sent by hand.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReceivedFact } from '../../domain/process.js';
import { assignPositions } from '../../registry/departments/positions.js';
import { settle } from '../../registry/process/settle.js';
import { enforcementWorkflowId, SIGNALS, stateQuery } from '../../workflows/messages.js';
import { INSTALMENT, REST } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { lifeOf, useWorld } from '../harness/world.js';
import { runLivesOnly, startLife } from './lives-only.js';

type Fact = ReceivedFact & { defaulter: string };

describe('signals in any order and number', () => {
  const world = useWorld();
  let stop: () => Promise<void>;
  beforeAll(async () => {
    stop = runLivesOnly(world);
  });
  afterAll(() => stop());

  const factsOf = async (defaulterId: string): Promise<Fact[]> => {
    const { rows } = await world.pool.query<Fact>(
      `select defaulter, seq, signal, ref as id from outbox where defaulter = $1 and signal <> 'opened' order by seq`,
      [defaulterId],
    );
    return rows;
  };
  const send = async (facts: readonly Fact[]): Promise<void> => {
    for (const { defaulter: id, signal, seq, id: ref } of facts)
      await world.client.workflow.getHandle(enforcementWorkflowId(id)).signal(SIGNALS[signal], { seq, id: ref });
  };

  /** A life with every kind of fact; `disturb` says how what is to be sent is repeated and shuffled, `late` which fact comes after the rest. */
  async function live(disturb: (facts: Fact[]) => Fact[], late: number): Promise<Record<string, number>> {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    const id = lifeOf(opened);
    await startLife(world, id);
    await world.until(opened.id, 'IN_FORCE');
    await world.compare(SERVICES.companyRegistration, debtor);
    await world.pay(opened.id, INSTALMENT);
    await world.compare(SERVICES.companyRegistration, debtor);
    await world.decide(opened.id, { type: 'stay', reason: '异议' });
    await world.decide(opened.id, { type: 'resume' });
    await world.compare(SERVICES.companyRegistration, debtor);
    await world.pay(opened.id, REST);
    await world.pay(opened.id, 100n);
    const early = await factsOf(id);
    const [held] = early.splice(late % early.length, 1);
    if (!held) throw new Error('there are facts');
    await send(disturb(early));
    await eventually(async () => (await world.facts(opened.id)).some((fact) => fact.type === 'release-published'));
    await assignPositions(world.pool);
    await world.acknowledgeAll();
    await settle(world.pool, world.ring);
    const all = await factsOf(id);
    expect(all.at(-1)?.signal).toBe('acknowledged');
    // The end cannot come before the fact that was held back, whichever it is and however late.
    const [last] = all.splice(
      all.findIndex((fact) => fact.seq === held.seq),
      1,
    );
    await send(disturb(all));
    const handle = world.client.workflow.getHandle(enforcementWorkflowId(id));
    await eventually(async () => (await handle.query(stateQuery)).heardUpTo === held.seq - 1);
    expect((await world.view(opened.id)).defaulters[0]?.state).toBe('RELEASING');
    if (last) await send([last]);
    await handle.result();
    const counts: Record<string, number> = {};
    const facts = await world.facts(opened.id);
    expect(facts.map((fact) => fact.seq)).toEqual(facts.map((_, i) => i + 1));
    for (const { type } of facts) counts[type] = (counts[type] ?? 0) + 1;
    expect((await world.view(opened.id)).state).toBe('CLOSED');
    return counts;
  }

  const inOrder = {
    'case-opened': 1,
    published: 1,
    'comparison-hit': 3,
    'judge-notified': 3,
    repayment: 3,
    decision: 2,
    'restriction-ended': 1,
    'release-published': 1,
    'all-acknowledged': 2,
    released: 1,
  };

  it('each once, in order', async () => {
    expect(await live((facts) => facts, 6)).toEqual(inOrder);
  });

  it('an interception that comes last of all still lets the life end', async () => {
    expect(await live((facts) => [...facts].reverse(), 0)).toEqual(inOrder);
  });

  it('one to three times each, shuffled, one held back to the very end: the same end', async () => {
    const disturbance = fc.record({
      late: fc.nat({ max: 7 }),
      times: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 10, maxLength: 10 }),
      order: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(disturbance, async ({ late, times, order }) => {
        const disturb = (facts: Fact[]): Fact[] =>
          facts
            .flatMap((fact, i) => Array.from({ length: times[i % times.length] ?? 1 }, () => fact))
            .map((fact, i) => ({ fact, rank: order[i % order.length] ?? 0 }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ fact }) => fact);
        expect(await live(disturb, late)).toEqual(inOrder);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });
});
