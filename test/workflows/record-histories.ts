import { enforcementWorkflowId, stateQuery } from '../../workflows/messages.js';
import { DEBT, FEN, INSTALMENT, REST } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { lifeOf, type World } from '../harness/world.js';
import type { History } from './histories.js';
import { startLife } from './lives-only.js';

/** Lives as they really go, each down one path to its end; resolves to the histories of its runs. The worker is started by the path. */
export const PATHS: Readonly<Record<string, (world: World) => Promise<History>>> = {
  fulfilled: async (world) => {
    world.startWorker();
    const debtor = person();
    const { caseId, id } = await openOne(world, debtor);
    await world.until(caseId, 'IN_FORCE');
    await stopAtCounter(world, caseId, debtor);
    await world.pay(caseId, INSTALMENT);
    await world.pay(caseId, REST);
    await notified(world, caseId, ['PUBLISH', 'RELEASE']);
    return end(world, id);
  },
  'released-by-decision': async (world) => {
    world.startWorker();
    const { caseId, id } = await openOne(world);
    await world.until(caseId, 'IN_FORCE');
    await world.decide(caseId, { type: 'release', ground: 'settled' });
    await notified(world, caseId, ['PUBLISH', 'RELEASE']);
    return end(world, id);
  },
  'paid-before-publish': async (world) => {
    const { caseId, id } = await openOne(world);
    await world.pay(caseId, DEBT);
    world.startWorker();
    await notified(world, caseId, []);
    return end(world, id);
  },
  'stayed-and-resumed': async (world) => {
    world.startWorker();
    const { caseId, id } = await openOne(world);
    await world.until(caseId, 'IN_FORCE');
    await world.decide(caseId, { type: 'stay', reason: '案外人异议审查' });
    await notified(world, caseId, ['PUBLISH', 'STAY']);
    await world.decide(caseId, { type: 'resume' });
    await notified(world, caseId, ['PUBLISH', 'STAY', 'RESUME']);
    await world.pay(caseId, DEBT);
    await notified(world, caseId, ['PUBLISH', 'STAY', 'RESUME', 'RELEASE']);
    return end(world, id);
  },
  'released-in-parts': async (world) => {
    world.startWorker();
    const debtor = person();
    const { caseId, id } = await openOne(world, debtor, ['LISTING', 'CONSUMPTION', 'EXIT']);
    await world.until(caseId, 'IN_FORCE');
    await stopAtCounter(world, caseId, debtor);
    await world.pay(caseId, DEBT);
    await notified(world, caseId, ['PUBLISH', 'RELEASE']);
    await world.acknowledgeAll();
    await received(world, id, 4);
    await world.decide(caseId, { type: 'release', ground: 'performed' });
    await notified(world, caseId, ['PUBLISH', 'RELEASE', 'RELEASE']);
    return end(world, id);
  },
  'term-ended': async (world) => {
    world.startWorker();
    const debtor = person();
    const opened = await world.open([{ ...defaulter(debtor, ['LISTING']), ground: 2, termMonths: 24 }]);
    const id = lifeOf(opened);
    await world.until(opened.id, 'IN_FORCE');
    await termEndsSoon(world, opened.id);
    await stopAtCounter(world, opened.id, debtor);
    await notified(world, opened.id, ['PUBLISH', 'RELEASE']);
    return end(world, id);
  },
  'continued-as-new': async (world) => {
    const { caseId, id } = await openOne(world);
    await startLife(world, id, 5);
    world.startWorker();
    await world.until(caseId, 'IN_FORCE');
    const first = (await world.client.workflow.getHandle(enforcementWorkflowId(id)).describe()).runId;
    for (let n = 2; n <= 6; n++) {
      await world.pay(caseId, 100_000n);
      await received(world, id, n);
    }
    await world.pay(caseId, DEBT);
    await notified(world, caseId, ['PUBLISH', 'RELEASE']);
    await end(world, id);
    return world.client.workflow.getHandle(enforcementWorkflowId(id), first).fetchHistory();
  },
};

/** The term of a case's listing ends in some seconds: as if it had been published long ago. A fact lets the life look at its clock. */
export async function termEndsSoon(world: World, caseId: string, seconds = 2): Promise<void> {
  await world.pool.query(
    `update restriction set until = clock_timestamp() + $2 * interval '1 second', term_from = '2001-01-01' where enforcement_case = $1`,
    [caseId, seconds],
  );
  await world.pay(caseId, FEN);
}

async function openOne(
  world: World,
  party = person(),
  measures: Parameters<typeof defaulter>[1] = ['LISTING', 'CONSUMPTION'],
): Promise<{ caseId: string; id: string }> {
  const opened = await world.open([defaulter(party, measures)]);
  return { caseId: opened.id, id: lifeOf(opened) };
}

async function stopAtCounter(world: World, caseId: string, debtor: ReturnType<typeof person>): Promise<void> {
  const { outcome } = await world.compare(SERVICES.companyRegistration, debtor);
  if (outcome !== 'INTERCEPT') throw new Error(`${outcome}: the path needs an interception`);
  await eventually(async () => (await world.facts(caseId)).some((fact) => fact.type === 'judge-notified'));
}

/** Waits until the log holds these notices of the case. */
async function notified(world: World, caseId: string, kinds: readonly string[]): Promise<void> {
  await eventually(async () => {
    const { rows } = await world.pool.query<{ kind: string }>(
      'select kind from notice where enforcement_case = $1 and position is not null order by position',
      [caseId],
    );
    return rows.map((row) => row.kind).join() === kinds.join();
  });
}

const received = (world: World, id: string, upTo: number): Promise<unknown> =>
  eventually(async () => {
    const state = await world.client.workflow.getHandle(enforcementWorkflowId(id)).query(stateQuery);
    return state.heardUpTo >= upTo;
  });

async function end(world: World, id: string): Promise<History> {
  await world.acknowledgeAll();
  const handle = world.client.workflow.getHandle(enforcementWorkflowId(id));
  await handle.result();
  return handle.fetchHistory();
}
