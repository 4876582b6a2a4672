// Notices are given their places and settled while everybody writes and reads. The steps are taken by hand.

import { describe, expect, it } from 'vitest';
import { acknowledge } from '../../registry/departments/acknowledgements.js';
import { readNotices } from '../../registry/departments/notices.js';
import { assignPositions } from '../../registry/departments/positions.js';
import { settle } from '../../registry/process/settle.js';
import { publish, tell } from '../../registry/process/steps.js';
import { DEBT } from '../builders/amounts.js';
import { departmentActor } from '../builders/cases.js';
import { defaulter, person } from '../builders/parties.js';
import { useWorld } from '../harness/world.js';

describe('the log of notices', () => {
  const world = useWorld('test');

  const openLives = async (count: number): Promise<{ caseId: string; lives: string[] }> => {
    const opened = await world.open(Array.from({ length: count }, () => defaulter(person())));
    return { caseId: opened.id, lives: opened.defaulters.map((one) => one.id) };
  };
  const publishAll = async (lives: readonly string[]): Promise<void> => {
    await Promise.all(lives.map((id) => world.tx((tx) => publish(tx, world.ring, id))));
  };

  it('two assigners beside many writers give every notice one place, without a gap at any moment', async () => {
    const cases = await Promise.all(Array.from({ length: 12 }, () => openLives(3)));
    const lives = cases.flatMap((one) => one.lives);
    let writing = true;
    const writers = Promise.all(
      cases.map(async ({ caseId, lives: ofCase }) => {
        await publishAll(ofCase);
        await world.pay(caseId, DEBT);
        for (const id of ofCase) await world.tx((tx) => tell(tx, world.ring, id));
      }),
    ).finally(() => {
      writing = false;
    });
    const assigners = [1, 2].map(async () => {
      while (writing) await assignPositions(world.pool);
    });
    let served = 0;
    const reader = (async () => {
      while (writing) {
        const items = await world.read('BDC', BigInt(served));
        expect(items.map((item) => item.seq)).toEqual(items.map((_, i) => served + i + 1));
        served = items.at(-1)?.seq ?? served;
      }
    })();
    await Promise.all([writers, reader, ...assigners]);
    while ((await assignPositions(world.pool)) > 0);
    const { rows } = await world.pool.query<{ position: string; defaulter: string; kind: string }>(
      'select position, defaulter, kind from notice order by position',
    );
    expect(rows.map((row) => Number(row.position))).toEqual(Array.from({ length: lives.length * 2 }, (_, i) => i + 1));
    for (const id of lives)
      expect(rows.filter((row) => row.defaulter === id).map((row) => row.kind)).toEqual(['PUBLISH', 'RELEASE']);
    // Within a case the log keeps the order in which things happened: all publishes were before any release.
    const { rows: disordered } = await world.pool.query(
      `select from notice earlier join notice later on later.enforcement_case = earlier.enforcement_case
       where earlier.ordering < later.ordering and earlier.position > later.position`,
    );
    expect(disordered).toEqual([]);
  });

  it('two last acknowledgements at once, two settlers at once: each release is told to its life exactly once', async () => {
    const last = ['AIC', 'BDC'];
    for (let round = 0; round < 8; round++) {
      const { caseId, lives } = await openLives(3);
      await publishAll(lives);
      await world.pay(caseId, DEBT);
      for (const id of lives) await world.tx((tx) => tell(tx, world.ring, id));
      while ((await assignPositions(world.pool)) > 0);
      await world.acknowledgeAll(last);
      expect(await settle(world.pool, world.ring)).toBe(0);
      const acknowledged = last.map((department) =>
        world.tx(async (tx) => {
          const { served } = await readNotices(tx, department, undefined, 200);
          await acknowledge(tx, department, BigInt(served), departmentActor(department));
        }),
      );
      const settlers = Array.from({ length: 4 }, () => settle(world.pool, world.ring));
      await Promise.all([...acknowledged, ...settlers]);
      await Promise.all([settle(world.pool, world.ring), settle(world.pool, world.ring)]);
      const { rows } = await world.pool.query<{ signals: number; facts: number; unsettled: number }>(
        `select (select count(*)::int from outbox where signal = 'acknowledged' and defaulter = any($1)) as signals,
                (select count(*)::int from fact where type = 'all-acknowledged' and enforcement_case = $2) as facts,
                (select count(*)::int from notice where settled_at is null) as unsettled`,
        [lives, caseId],
      );
      expect(rows).toEqual([{ signals: 3, facts: 6, unsettled: 0 }]);
    }
  });
});
