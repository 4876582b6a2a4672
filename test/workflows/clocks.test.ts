// A term runs out by itself, with nobody doing anything.

import { beforeAll, describe, expect, it } from 'vitest';
import type { Notice } from '../../registry/departments/notices.js';
import { enforcementWorkflowId } from '../../workflows/messages.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { lifeOf, useWorld } from '../harness/world.js';
import { termEndsSoon } from './record-histories.js';

describe('the clock of a life', () => {
  const world = useWorld();
  beforeAll(async () => {
    world.startWorker();
  });

  it('ends a term by itself, also when an interception came while it waited', async () => {
    const stoppedWithin = async (seconds: number) => {
      const debtor = person();
      const opened = await world.open([{ ...defaulter(debtor, ['LISTING']), ground: 2, termMonths: 24 }]);
      await world.until(opened.id, 'IN_FORCE');
      await termEndsSoon(world, opened.id, seconds);
      const { outcome } = await world.compare(SERVICES.companyRegistration, debtor);
      return { debtor, opened, outcome };
    };
    // A machine that is too slow for two seconds is given more.
    let stopped = await stoppedWithin(2);
    for (const seconds of [5, 15]) if (stopped.outcome === 'CLEAR') stopped = await stoppedWithin(seconds);
    const { debtor, opened, outcome } = stopped;
    expect(outcome).toBe('INTERCEPT');
    await eventually(async () => (await world.facts(opened.id)).some((fact) => fact.type === 'judge-notified'));
    await eventually(async () => (await world.facts(opened.id)).some((fact) => fact.type === 'term-ended'));
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
    const isRelease = (notice: Notice) => notice.kind === 'RELEASE' && notice.case.id === opened.id;
    await eventually(async () => (await world.read('BDC')).some(isRelease));
    await world.acknowledgeAll();
    await world.client.workflow.getHandle(enforcementWorkflowId(lifeOf(opened))).result();
    expect((await world.view(opened.id)).state).toBe('CLOSED');
  });
});
