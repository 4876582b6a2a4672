// The worker is away while courts decide; whichever fact came first wins, and freeing wins over blocking.

import { describe, expect, it } from 'vitest';
import { enforcementWorkflowId } from '../../workflows/messages.js';
import { DEBT } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { lifeOf, useWorld } from '../harness/world.js';
import './silence-temporal.js';

describe('what happens before publish', () => {
  const world = useWorld('test');

  const types = async (caseId: string): Promise<string[]> => (await world.facts(caseId)).map((fact) => fact.type);

  it('a debt paid in full: nobody is ever blocked, no department hears of it, and the lives end', async () => {
    const parties = [person('甲某'), person('乙某'), person('丙某')];
    const opened = await world.open(parties.map((party) => defaulter(party)));
    await world.pay(opened.id, DEBT);
    world.startWorker();
    for (const [index, party] of parties.entries()) {
      await world.until(opened.id, 'RELEASED', index);
      expect(await world.outcome(SERVICES.companyRegistration, party)).toBe('CLEAR');
    }
    for (const { id } of opened.defaulters) await world.client.workflow.getHandle(enforcementWorkflowId(id)).result();
    expect(await world.kinds(opened.id)).toEqual([]);
    expect(await types(opened.id)).not.toContain('published');
    expect((await world.view(opened.id)).state).toBe('CLOSED');
  });

  it('what payment does not end waits for the judge, unpublished, and is asked for once', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor, ['LISTING', 'CONSUMPTION', 'EXIT'])]);
    await world.pay(opened.id, DEBT);
    world.startWorker();
    const asked = await eventually(async () => {
      const { rows } = await world.pool.query<{ kind: string }>('select kind from inbox_item');
      return rows.length > 0 && rows;
    });
    expect(asked).toEqual([{ kind: 'decide-restriction' }]);
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
    await world.decide(opened.id, { type: 'release', ground: 'performed' });
    await world.until(opened.id, 'RELEASED');
    expect(await world.kinds(opened.id)).toEqual([]);
  });

  it('a stay: nothing is in force until the judge resumes, and resuming is the publish', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await world.decide(opened.id, { type: 'stay', reason: '案外人异议审查' });
    world.startWorker();
    const handle = world.client.workflow.getHandle(enforcementWorkflowId(lifeOf(opened)));
    await eventually(async () => (await handle.query<{ heardUpTo: number }, []>('state')).heardUpTo === 2);
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
    expect(await world.kinds(opened.id)).toEqual([]);
    await world.decide(opened.id, { type: 'resume' });
    await world.until(opened.id, 'IN_FORCE');
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH']);
  });

  it('a release by the judge: nothing comes into force and nothing has to be told', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await world.decide(opened.id, { type: 'release', ground: 'settled' });
    world.startWorker();
    await world.until(opened.id, 'RELEASED');
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
    expect(await world.kinds(opened.id)).toEqual([]);
  });

  it('one of two released: only the other comes into force', async () => {
    const [freed, other] = [person('甲某'), person('乙某')];
    const opened = await world.open([defaulter(freed), defaulter(other)]);
    await world.decide(opened.id, {
      type: 'revoke',
      reason: '列入错误',
      defaulter: lifeOf(opened),
    });
    world.startWorker();
    await world.until(opened.id, 'RELEASED');
    await world.until(opened.id, 'IN_FORCE', 1);
    expect(await world.outcome(SERVICES.companyRegistration, freed)).toBe('CLEAR');
    expect(await world.outcome(SERVICES.companyRegistration, other)).toBe('INTERCEPT');
  });
});
