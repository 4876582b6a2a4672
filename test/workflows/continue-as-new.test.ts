// A life that goes on in run after run of its workflow loses nothing and repeats nothing.

import { describe, expect, it } from 'vitest';
import { enforcementWorkflowId, stateQuery } from '../../workflows/messages.js';
import { DEBT, FEN } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { lifeOf, useWorld, type World } from '../harness/world.js';
import { startLife } from './lives-only.js';

/** The statuses of all runs of a workflow. */
async function runsOf(world: World, workflowId: string): Promise<string[]> {
  const found: string[] = [];
  for await (const run of world.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
    found.push(run.status.name);
  return found;
}

describe('a life that continues as new', () => {
  const world = useWorld();

  it('after every five signals loses nothing and repeats nothing', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    const id = lifeOf(opened);
    const workflowId = enforcementWorkflowId(id);
    await startLife(world, id, 5);
    world.startWorker();
    await world.until(opened.id, 'IN_FORCE');
    const runs = () => runsOf(world, workflowId);
    let received = 1;
    const handle = world.client.workflow.getHandle(workflowId);
    for (let crossing = 1; crossing <= 4; crossing++) {
      for (let n = 0; n < 3; n++) {
        expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
        await world.pay(opened.id, 100_000n);
        received += 2;
      }
      await eventually(async () => (await handle.query(stateQuery)).heardUpTo === received);
      await eventually(async () => (await runs()).length > crossing);
    }
    await world.pay(opened.id, DEBT);
    await eventually(async () => (await world.read('BDC')).length === 2);
    // The release has its place in the log a moment after it was written.
    await eventually(async () => {
      await world.acknowledgeAll();
      return (await world.view(opened.id)).state === 'CLOSED';
    });
    await handle.result();
    const statuses = await eventually(async () => {
      const found = await runs();
      return !found.includes('RUNNING') && found;
    });
    expect(statuses.filter((status) => status === 'COMPLETED')).toHaveLength(1);
    expect(statuses.filter((status) => status === 'CONTINUED_AS_NEW').length).toBeGreaterThanOrEqual(4);
    const facts = await world.facts(opened.id);
    const count = (type: string): number => facts.filter((fact) => fact.type === type).length;
    expect([count('comparison-hit'), count('judge-notified'), count('repayment')]).toEqual([12, 12, 13]);
    expect([count('published'), count('release-published'), count('released')]).toEqual([1, 1, 1]);
    expect(facts.map((fact) => fact.seq)).toEqual(facts.map((_, i) => i + 1));
  });

  it('goes through thousands of facts of all kinds: each is heard and has its effect, once', async () => {
    const FACTS = 2_400;
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    const id = lifeOf(opened);
    const workflowId = enforcementWorkflowId(id);
    await startLife(world, id, 500);
    world.startWorker();
    await world.until(opened.id, 'IN_FORCE');
    let received = 1;
    for (let n = 0; n < FACTS; n++) {
      const kind = n % 100;
      if (kind === 98) await world.decide(opened.id, { type: 'stay', reason: '审查' });
      else if (kind === 99) await world.decide(opened.id, { type: 'resume' });
      else if (kind % 10 === 0) await world.compare(SERVICES.companyRegistration, debtor);
      else await world.pay(opened.id, FEN);
      received += 1;
    }
    const handle = world.client.workflow.getHandle(workflowId);
    await eventually(async () => (await handle.query(stateQuery)).heardUpTo === received);
    const before = await world.facts(opened.id);
    const count = (type: string): number => before.filter((fact) => fact.type === type).length;
    expect([count('repayment'), count('decision'), count('comparison-hit')]).toEqual([2_112, 48, 240]);
    await eventually(
      async () => (await world.facts(opened.id)).filter((f) => f.type === 'judge-notified').length === 240,
    );
    expect((await world.view(opened.id)).outstanding).toBe('399978.88');
    await world.pay(opened.id, 39_997_888n);
    await eventually(async () => (await world.facts(opened.id)).some((fact) => fact.type === 'release-published'));
    // The release has its place in the log a moment after it was written.
    await eventually(async () => {
      await world.acknowledgeAll();
      return (await world.view(opened.id)).state === 'CLOSED';
    });
    await handle.result();
    const statuses = await eventually(async () => {
      const found = await runsOf(world, workflowId);
      return !found.includes('RUNNING') && found;
    });
    expect(statuses.filter((status) => status === 'CONTINUED_AS_NEW').length).toBeGreaterThanOrEqual(4);
    const facts = await world.facts(opened.id);
    expect(facts.filter(({ type }) => ['published', 'release-published', 'released'].includes(type))).toHaveLength(3);
    expect(facts.map((fact) => fact.seq)).toEqual(facts.map((_, i) => i + 1));
  });
});
