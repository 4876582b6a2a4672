// Temporal is killed under running lives, with and without its store: PostgreSQL knows enough to go on.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTemporal, type TemporalServer } from '../../local/servers/temporal.js';
import { redrive } from '../../registry/case/outbox.js';
import { enforcementWorkflowId } from '../../workflows/messages.js';
import { INSTALMENT, REST, REST_YUAN, SURPLUS, SURPLUS_YUAN } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { temporaryFolder } from '../harness/servers.js';
import { useWorld, type World } from '../harness/world.js';
import {
  expectCompletedOnce,
  expectExactEnd,
  expectRecord,
  launchWorker,
  PATIENCE_MS,
  placed,
  released,
  type Story,
  tellStory,
  type WorkerProcess,
} from './crash-world.js';

/** A Temporal server that can be killed, come back on the same address, with its store or without. */
class KillableTemporal {
  private server: TemporalServer | undefined;
  private store = 0;
  private readonly folder = temporaryFolder('temporal');

  async start(): Promise<void> {
    const directory = join(this.folder, String(this.store));
    mkdirSync(directory, { recursive: true });
    const ports = this.server && { port: portOf(this.server.address), uiPort: portOf(this.server.ui) };
    this.server = await startTemporal({
      binary: inject('temporalBinary'),
      directory,
      logFile: join(this.folder, 'temporal.log'),
      ...ports,
    });
  }

  async kill(): Promise<void> {
    const { process: child } = this.running();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** What it knew is lost: the next start is on an empty store. */
  loseStore(): void {
    this.store += 1;
  }

  get address(): string {
    return this.running().address;
  }

  async remove(): Promise<void> {
    await this.server?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private running(): TemporalServer {
    if (!this.server) throw new Error('not started');
    return this.server;
  }
}

const portOf = (address: string): number => Number(address.split(':').at(-1));

describe('Temporal killed with SIGKILL', () => {
  const temporal = new KillableTemporal();
  let client: Client;
  const world = useWorld('test');
  let worker: WorkerProcess;
  beforeAll(async () => {
    await temporal.start();
    client = new Client({ connection: Connection.lazy({ address: temporal.address }) });
  });
  beforeEach(async () => {
    worker = launchWorker(world, { temporalAddress: temporal.address });
  });
  afterEach(() => worker.kill());
  afterAll(async () => {
    await client.connection.close();
    await temporal.remove();
  });

  const hasFact = (story: Pick<Story, 'caseId'>, type: string, count = 1): Promise<unknown> =>
    eventually(
      async () => (await world.facts(story.caseId)).filter((fact) => fact.type === type).length === count,
      PATIENCE_MS,
    );

  it('mid-life, at every stage: courts and departments are answered, the freed are free, the lives go on', async () => {
    const parties = [person('甲某'), person('乙某'), person('丙某')] as const;
    await temporal.kill();
    const opened = await world.open(parties.map((party) => defaulter(party)));
    const story: Story = { caseId: opened.id, parties, defaulters: opened.defaulters.map((one) => one.id) };
    expect(await world.outcome(SERVICES.companyRegistration, parties[0])).toBe('CLEAR');
    await temporal.start();
    await placed(world, opened.id, 3);

    await temporal.kill();
    await world.acknowledgeAll();
    expect(await world.outcome(SERVICES.companyRegistration, parties[0])).toBe('INTERCEPT');
    expect(await world.pay(opened.id, INSTALMENT)).toMatchObject({ outstanding: REST_YUAN });
    await hasFact(story, 'all-acknowledged', 3);
    await temporal.start();
    await hasFact(story, 'judge-notified');

    await temporal.kill();
    expect(await world.pay(opened.id, REST + SURPLUS)).toMatchObject({ outstanding: '0.00', surplus: SURPLUS_YUAN });
    for (const party of parties) expect(await world.outcome(SERVICES.companyRegistration, party)).toBe('CLEAR');
    await temporal.start();
    await placed(world, opened.id, 6);

    await temporal.kill();
    await world.acknowledgeAll();
    await hasFact(story, 'all-acknowledged', 6);
    await temporal.start();
    await released(world, opened.id);
    await expectExactEnd(world, story, client);
  });

  it('again and again while nine lives run: the end is exact', async () => {
    const stories = Promise.all([1, 2, 3].map(() => tellStory(world)));
    let finished = false;
    const settled = stories.finally(() => {
      finished = true;
    });
    settled.catch(() => {});
    for (let kill = 1; kill <= 3 && !finished; kill++) {
      await eventually(async () => finished || (await progress(world)) >= kill * 6, PATIENCE_MS);
      await temporal.kill();
      await temporal.start();
    }
    for (const story of await stories) await expectExactEnd(world, story, client);
  });

  it('with its whole store lost: redrive brings every life to its end, each effect once', async () => {
    const ended = await tellStory(world);
    const [inForce, releasing, paidMeanwhile] = await Promise.all(
      [1, 2, 3].map(async () => {
        const parties = [person('甲某'), person('乙某'), person('丙某')];
        const { id, defaulters } = await world.open(parties.map((party) => defaulter(party)));
        await placed(world, id, 3);
        const [first = person()] = parties;
        expect(await world.outcome(SERVICES.companyRegistration, first)).toBe('INTERCEPT');
        await hasFact({ caseId: id }, 'judge-notified');
        await world.pay(id, INSTALMENT);
        return { caseId: id, parties, defaulters: defaulters.map((one) => one.id) };
      }),
    );
    if (!inForce || !releasing || !paidMeanwhile) throw new Error('three cases were opened');
    await world.pay(releasing.caseId, REST + SURPLUS);
    await placed(world, releasing.caseId, 6);

    await temporal.kill();
    temporal.loseStore();
    await world.pay(paidMeanwhile.caseId, REST + SURPLUS);
    await temporal.start();
    // Heard before anybody knew that the store was lost: a life begins anew, with a gap before this fact.
    await placed(world, paidMeanwhile.caseId, 6);
    expect(await redrive(world.pool)).toBeGreaterThan(9);
    await world.pay(inForce.caseId, REST + SURPLUS);
    await placed(world, inForce.caseId, 6);
    await world.acknowledgeAll();
    for (const story of [inForce, releasing, paidMeanwhile]) {
      await released(world, story.caseId);
      await expectExactEnd(world, story, client);
    }
    await expectRecord(world, ended.caseId);
    for (const id of ended.defaulters) {
      await expect(client.workflow.getHandle(enforcementWorkflowId(id)).describe()).rejects.toThrow(/not found/);
    }
    await expectCompletedOnce(client, releasing.defaulters);
  });
});

/** How many facts the process has added so far, in all cases. */
async function progress(world: World): Promise<number> {
  const { rows } = await world.pool.query<{ steps: number }>(
    `select count(*)::int as steps from fact where type in ('published', 'judge-notified', 'release-published', 'released')`,
  );
  return rows[0]?.steps ?? 0;
}
