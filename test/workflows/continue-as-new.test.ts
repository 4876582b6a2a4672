import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enforcementWorkflowId, stateQuery } from '../../workflows/messages.js';
import { eventually } from '../harness/eventually.js';
import { createWorld, defaulter, person, type World } from '../harness/world.js';
import { startLife } from './lives-only.js';

describe('a life that continues as new', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  it('after every five signals loses nothing and repeats nothing', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    const id = opened.defaulters[0]?.id ?? '';
    const workflowId = enforcementWorkflowId(id);
    await startLife(world, id, 5);
    world.startWorker();
    await world.until(opened.id, 'IN_FORCE');
    const runs = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const run of world.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
        found.push(run.status.name);
      return found;
    };
    let heard = 1;
    const handle = world.client.workflow.getHandle(workflowId);
    for (let crossing = 1; crossing <= 4; crossing++) {
      for (let n = 0; n < 3; n++) {
        expect((await world.compare('AIC-01', debtor)).outcome).toBe('INTERCEPT');
        await world.pay(opened.id, 100_000n);
        heard += 2;
      }
      await eventually(async () => (await handle.query(stateQuery)).heardUpTo === heard);
      await eventually(async () => (await runs()).length > crossing);
    }
    await world.pay(opened.id, 40_000_000n);
    await eventually(async () => (await world.read('BDC')).length === 2);
    await world.acknowledgeAll();
    await world.until(opened.id, 'RELEASED');
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
});
