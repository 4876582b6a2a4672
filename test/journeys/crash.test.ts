// Workers are killed at random and at every named point: each life still ends once, as if nothing had been.

import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DEBT, FEN } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { createWorld, type World } from '../harness/world.js';
import { CRASH_POINTS, type CrashPoint } from './crash-points.js';
import {
  expectCompletedOnce,
  expectCounts,
  expectExactEnd,
  expectRecord,
  launchWorker,
  PATIENCE_MS,
  placed,
  released,
  tellStory,
} from './crash-world.js';
import '../workflows/silence-temporal.js';

/** Starts a worker process that dies at the point and, when it has, a sound worker; gives what killed the first. */
async function crashThenGoOn(world: World, crashAt: CrashPoint): Promise<string | null> {
  const killedBy = await launchWorker(world, { crashAt }).ended;
  world.startWorker();
  return killedBy;
}

async function withWorld(work: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld();
  try {
    await work(world);
  } finally {
    await world.close();
  }
}

const ofTerms = (point: CrashPoint): boolean => point.startsWith('expire:');
const ofFinish = (point: CrashPoint): boolean => point.startsWith('finish:');

describe.concurrent('a worker process killed with SIGKILL', () => {
  it('at random moments, ten times, while twelve lives run', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`random kills: SEED=${seed}`);
    const random = randomFrom(seed);
    await withWorld(async (world) => {
      const stories = Promise.all([1, 2, 3, 4].map(() => tellStory(world)));
      const kills = (async () => {
        for (let kill = 0; kill < 10; kill++) {
          const worker = launchWorker(world);
          await worker.ready;
          await pause(random() * 1_500);
          expect(await worker.kill()).toBe('SIGKILL');
        }
        world.startWorker();
      })();
      await kills;
      for (const story of await stories) await expectExactEnd(world, story, world.client);
    });
  });

  it.each(CRASH_POINTS.filter((point) => !ofTerms(point) && !ofFinish(point)))(
    '%s: every fact is in effect exactly once',
    async (point) => {
      await withWorld(async (world) => {
        const crash = crashThenGoOn(world, point);
        const story = await tellStory(world);
        expect(await crash).toBe('SIGKILL');
        await expectExactEnd(world, story, world.client);
      });
    },
  );

  it.each(CRASH_POINTS.filter(ofFinish))(
    '%s: a life that nobody has to be told of ends exactly once',
    async (point) => {
      await withWorld(async (world) => {
        const opened = await world.open([defaulter(person())]);
        await world.pay(opened.id, DEBT);
        expect(await crashThenGoOn(world, point)).toBe('SIGKILL');
        await released(world, opened.id);
        await expectCounts(world, opened.id, { 'case-opened': 1, repayment: 1, 'restriction-ended': 1, released: 1 });
        await expectRecord(world, opened.id);
        await expectCompletedOnce(
          world.client,
          opened.defaulters.map((one) => one.id),
        );
      });
    },
  );

  it.each(CRASH_POINTS.filter(ofTerms))('%s: a term ends exactly once', async (point) => {
    await withWorld(async (world) => {
      const crash = crashThenGoOn(world, point);
      const debtor = person();
      const opened = await world.open([{ ...defaulter(debtor, ['LISTING']), ground: 2, termMonths: 24 }]);
      await placed(world, opened.id, 1);
      await world.pool.query(
        `update restriction set until = clock_timestamp() + interval '2 seconds', term_from = '2001-01-01' where enforcement_case = $1`,
        [opened.id],
      );
      await world.pay(opened.id, FEN); // Any fact lets the life look at its clock again.
      await eventually(
        async () => (await world.facts(opened.id)).some((fact) => fact.type === 'term-ended'),
        PATIENCE_MS,
      );
      expect(await crash).toBe('SIGKILL');
      expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
      await placed(world, opened.id, 2);
      await world.acknowledgeAll();
      await released(world, opened.id);
      await expectCounts(world, opened.id, {
        'case-opened': 1,
        published: 1,
        repayment: 1,
        'restriction-ended': 1,
        'term-ended': 1,
        'release-published': 1,
        'all-acknowledged': 2,
        released: 1,
      });
      await expectRecord(world, opened.id);
      await expectCompletedOnce(
        world.client,
        opened.defaulters.map((one) => one.id),
      );
    });
  });
});

/** mulberry32: the same kills again for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
