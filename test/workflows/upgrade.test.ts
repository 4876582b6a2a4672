// A new build of the worker takes over the lives that are open.

import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { rootFolder } from '../../local/machine/paths.mjs';
import { startLoops } from '../../worker/loops/case-loops.js';
import { deployment } from '../../worker/temporal/options.js';
import { enforcementWorkflowId } from '../../workflows/messages.js';
import { DEBT } from '../builders/amounts.js';
import { defaulter } from '../builders/parties.js';
import { eventually } from '../harness/eventually.js';
import { lifeOf, useWorld } from '../harness/world.js';
import { runLivesOnly } from './lives-only.js';

const world = useWorld();

describe('a build of the worker', () => {
  it('is named by both settings, or by neither', () => {
    expect(deployment({})).toEqual({});
    expect(() => deployment({ TEMPORAL_BUILD_ID: '2' })).toThrow(/TEMPORAL_DEPLOYMENT_NAME/);
    expect(() => deployment({ TEMPORAL_DEPLOYMENT_NAME: 'a' })).toThrow(/TEMPORAL_BUILD_ID/);
  });

  it('takes open lives over when it is made current, with a change behind a patch, and none before', async () => {
    const build = (buildId: string) =>
      deployment({ TEMPORAL_DEPLOYMENT_NAME: world.taskQueue, TEMPORAL_BUILD_ID: buildId });
    const makeCurrent = (buildId: string) =>
      eventually(() =>
        world.client.workflowService.setWorkerDeploymentCurrentVersion({
          namespace: 'default',
          deploymentName: world.taskQueue,
          buildId,
          identity: 'test',
        }),
      );
    const log = pino({ level: 'silent' });
    const loops = startLoops({
      pool: world.pool,
      ring: world.ring,
      temporal: { client: async () => world.client },
      taskQueue: world.taskQueue,
      log,
    });
    const patched = await bundleWorkflowCode({
      workflowsPath: join(rootFolder, 'dist', 'test', 'workflows', 'one-activity-more-patched', 'enforcement.js'),
      logger: new DefaultLogger('ERROR'),
    });
    const stopOld = runLivesOnly(world, build('old'));
    const stopNew = runLivesOnly(world, { ...build('new'), workflowBundle: patched });
    try {
      await makeCurrent('old');
      const first = await world.open([defaulter()]);
      await world.until(first.id, 'IN_FORCE');
      const builds = async (opened: { defaulters: { id: string }[] }): Promise<Set<string>> => {
        const handle = world.client.workflow.getHandle(enforcementWorkflowId(lifeOf(opened)));
        const { events } = await handle.fetchHistory();
        return new Set(
          (events ?? []).flatMap(
            ({ workflowTaskCompletedEventAttributes: done }) => done?.deploymentVersion?.buildId ?? [],
          ),
        );
      };
      // The step is committed before Temporal has the task in which it was done.
      await eventually(async () => (await builds(first)).size > 0);
      expect(await builds(first)).toEqual(new Set(['old']));
      await makeCurrent('new');
      await stopOld();
      const second = await world.open([defaulter()]);
      for (const opened of [first, second]) {
        await world.until(opened.id, 'IN_FORCE');
        await world.pay(opened.id, DEBT);
        await eventually(async () => (await world.facts(opened.id)).some((fact) => fact.type === 'release-published'));
      }
      await eventually(async () => {
        await world.acknowledgeAll();
        const states = await Promise.all([first, second].map(async ({ id }) => (await world.view(id)).state));
        return states.every((state) => state === 'CLOSED');
      });
      // A life is over with its last acknowledgement; Temporal hears of it after.
      for (const { defaulters } of [first, second])
        await world.client.workflow.getHandle(enforcementWorkflowId(defaulters[0]?.id ?? '')).result();
      expect([await builds(first), await builds(second)]).toEqual([new Set(['old', 'new']), new Set(['new'])]);
      for (const { id } of [first, second]) {
        const published = (await world.facts(id)).filter(
          ({ type }) => type === 'published' || type === 'release-published',
        );
        expect(published).toHaveLength(2);
      }
    } finally {
      await Promise.all([stopOld(), stopNew(), loops.stopAll()]);
    }
  });
});
