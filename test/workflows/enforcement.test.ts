// One life from listing to the last acknowledgement, on real Temporal and PostgreSQL.

import { beforeAll, describe, expect, it } from 'vitest';
import { enforcementWorkflowId } from '../../workflows/messages.js';
import { INSTALMENT, REST, REST_YUAN, SURPLUS, SURPLUS_YUAN } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { useWorld } from '../harness/world.js';
import './silence-temporal.js';

describe('a life on real Temporal and PostgreSQL', () => {
  const world = useWorld();
  beforeAll(async () => {
    world.startWorker();
  });

  it('goes from listing to the last acknowledgement', async () => {
    const debtor = person('甲某');
    const opened = await world.open([defaulter(debtor), defaulter(person('乙某')), defaulter(person('丙某'))]);
    await world.until(opened.id, 'IN_FORCE');
    await world.until(opened.id, 'IN_FORCE', 2);
    await world.acknowledgeAll();

    const hit = await world.compare(SERVICES.companyRegistration, debtor);
    expect(hit.outcome).toBe('INTERCEPT');
    await eventually(async () => (await world.facts(opened.id)).some((fact) => fact.type === 'judge-notified'));

    expect(await world.pay(opened.id, INSTALMENT)).toMatchObject({ outstanding: REST_YUAN, surplus: '0.00' });
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
    expect(await world.pay(opened.id, REST + SURPLUS)).toMatchObject({ outstanding: '0.00', surplus: SURPLUS_YUAN });
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');

    await eventually(
      async () => (await world.facts(opened.id)).filter((fact) => fact.type === 'release-published').length === 3,
    );
    expect((await world.view(opened.id)).defaulters.map((one) => one.state)).toEqual([
      'RELEASING',
      'RELEASING',
      'RELEASING',
    ]);
    await eventually(async () => (await world.read('BDC')).length >= 6);
    await world.acknowledgeAll(['BDC']);
    expect((await world.view(opened.id)).defaulters[0]?.notices.release).toEqual({ sent: 36, acknowledged: 35 });
    await world.acknowledgeAll();
    for (const index of [0, 1, 2]) await world.until(opened.id, 'RELEASED', index);
    expect((await world.view(opened.id)).state).toBe('CLOSED');
    for (const { id } of opened.defaulters) {
      const handle = world.client.workflow.getHandle(enforcementWorkflowId(id));
      await handle.result();
      const history = await handle.fetchHistory();
      expect(history.events?.length).toBeLessThanOrEqual(60);
    }
    const facts = await world.facts(opened.id);
    expect(facts.map((fact) => fact.seq)).toEqual(facts.map((_, i) => i + 1));
  });
});
