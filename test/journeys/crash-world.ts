import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { expect, inject } from 'vitest';
import { rootFolder } from '../../local/machine/paths.mjs';
import { withDatabase } from '../../local/servers/postgres-databases.js';
import type { Party } from '../../registry/inputs.js';
import { enforcementWorkflowId } from '../../workflows/messages.js';
import { INSTALMENT, REST, REST_YUAN, SURPLUS, SURPLUS_YUAN } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import type { World } from '../harness/world.js';
import type { CrashPoint, CrashWorkerEnvironment } from './crash-points.js';

/** A lost worker is noticed after seconds, and five worlds share two cores. */
export const PATIENCE_MS = 90_000;

export interface WorkerProcess {
  ready: Promise<void>;
  /** The signal that ended it, null when it ended by itself. */
  ended: Promise<NodeJS.Signals | null>;
  kill(): Promise<NodeJS.Signals | null>;
}

/** Starts a worker process on the world's database and task queue; it ends with the test's process. */
export function launchWorker(
  world: World,
  { crashAt, temporalAddress = inject('temporalAddress') }: { crashAt?: CrashPoint; temporalAddress?: string } = {},
): WorkerProcess {
  const database = new URL(world.adminUrl).pathname.slice(1);
  const environment: CrashWorkerEnvironment = {
    DATABASE_URL: withDatabase(inject('applicationUrl'), database),
    KEY_RING_FILE: inject('keyRingFile'),
    TEMPORAL_ADDRESS: temporalAddress,
    TASK_QUEUE: world.taskQueue,
    ...(crashAt ? { CRASH_AT: crashAt } : {}),
  };
  const program = join(rootFolder, 'dist', 'test', 'journeys', 'crash-worker.js');
  const child: ChildProcess = fork(program, {
    env: { ...process.env, ...environment },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('exit', (_code, signal) => resolve(signal));
  });
  return {
    ready: new Promise((resolve) => {
      child.once('message', () => resolve());
    }),
    ended,
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

export interface Story {
  caseId: string;
  parties: readonly Party[];
  defaulters: readonly string[];
}

/**
 * Three owe one debt; one is stopped at a counter; a part is paid, then more than the rest; every department acknowledges all it is told.
 * Knows nothing of workers: whoever dies meanwhile, it comes to its end.
 */
export async function tellStory(world: World): Promise<Story> {
  const parties = [person('甲某'), person('乙某'), person('丙某')] as const;
  const opened = await world.open(parties.map((party) => defaulter(party)));
  const story = { caseId: opened.id, parties, defaulters: opened.defaulters.map((one) => one.id) };
  await placed(world, opened.id, 3);
  await world.acknowledgeAll();
  expect(await world.outcome(SERVICES.companyRegistration, parties[0])).toBe('INTERCEPT');
  await eventually(
    async () => (await world.facts(opened.id)).some((fact) => fact.type === 'judge-notified'),
    PATIENCE_MS,
  );
  expect(await world.pay(opened.id, INSTALMENT)).toMatchObject({ outstanding: REST_YUAN });
  expect(await world.pay(opened.id, REST + SURPLUS)).toMatchObject({ outstanding: '0.00', surplus: SURPLUS_YUAN });
  for (const party of parties) expect(await world.outcome(SERVICES.companyRegistration, party)).toBe('CLEAR');
  await placed(world, opened.id, 6);
  await world.acknowledgeAll();
  await released(world, opened.id);
  return story;
}

/** Waits until this many notices of the case stand in the log. */
export async function placed(world: World, caseId: string, count: number): Promise<void> {
  await eventually(async () => {
    const { rows } = await world.pool.query<{ placed: number }>(
      'select count(position)::int as placed from notice where enforcement_case = $1',
      [caseId],
    );
    return rows[0]?.placed === count;
  }, PATIENCE_MS);
}

export async function released(world: World, caseId: string): Promise<void> {
  await eventually(async () => (await world.view(caseId)).state === 'CLOSED', PATIENCE_MS);
}

/** Every fact of `tellStory` in effect once, and only once, in the record and towards departments, judge and Temporal. */
export async function expectExactEnd(world: World, story: Story, client: Client): Promise<void> {
  const { caseId, parties, defaulters } = story;
  await expectCounts(world, caseId, {
    'case-opened': 1,
    published: 3,
    'comparison-hit': 1,
    'judge-notified': 1,
    repayment: 2,
    'restriction-ended': 3,
    'release-published': 3,
    'all-acknowledged': 6,
    released: 3,
  });
  const { rows: notices } = await world.pool.query<{ defaulter: string; kinds: string[] }>(
    `select defaulter, array_agg(kind order by position) as kinds from notice where enforcement_case = $1 group by defaulter`,
    [caseId],
  );
  expect(notices).toHaveLength(3);
  for (const { kinds } of notices) expect(kinds).toEqual(['PUBLISH', 'RELEASE']);
  const { rows: inbox } = await world.pool.query('select kind from inbox_item where enforcement_case = $1', [caseId]);
  expect(inbox).toEqual([{ kind: 'interception' }]);
  const view = await world.view(caseId);
  expect(view).toMatchObject({ state: 'CLOSED', outstanding: '0.00', surplus: SURPLUS_YUAN });
  for (const party of parties) expect(await world.outcome(SERVICES.companyRegistration, party)).toBe('CLEAR');
  await expectRecord(world, caseId);
  await expectCompletedOnce(client, defaulters);
}

/** The facts of a case by type, each as often as told. */
export async function expectCounts(world: World, caseId: string, expected: Record<string, number>): Promise<void> {
  const counts: Record<string, number> = {};
  for (const { type } of await world.facts(caseId)) counts[type] = (counts[type] ?? 0) + 1;
  expect(counts).toEqual(expected);
}

/** The timeline without a gap, each leaf naming the one before it, the log contiguous and every outbox row numbered in turn. */
export async function expectRecord(world: World, caseId: string): Promise<void> {
  const { rows: facts } = await world.pool.query<{ seq: number; leaf: Buffer; leaf_hash: Buffer }>(
    'select f.seq, l.leaf, l.leaf_hash from fact f join ledger_leaf l on l.entry_id = f.id where f.enforcement_case = $1 order by f.seq',
    [caseId],
  );
  let before: string | undefined;
  for (const [index, { seq, leaf, leaf_hash }] of facts.entries()) {
    expect(seq).toBe(index + 1);
    expect(JSON.parse(leaf.toString()).prev).toBe(before);
    before = createHash('sha256').update(Buffer.of(0)).update(leaf).digest('hex');
    expect(leaf_hash.toString('hex')).toBe(before);
  }
  const { rows: log } = await world.pool.query<{ whole: boolean }>(
    'select count(*) = coalesce(max(position), 0) as whole from notice',
  );
  expect(log[0]?.whole).toBe(true);
  const { rows: lives } = await world.pool.query<{ whole: boolean }>(
    `select d.last_life_seq = (select count(*) from outbox o where o.defaulter = d.id) and
            d.last_life_seq = (select max(seq) from outbox o where o.defaulter = d.id) as whole
     from defaulter d where d.enforcement_case = $1`,
    [caseId],
  );
  for (const life of lives) expect(life.whole).toBe(true);
}

/** Each life ran once, from its start to its end. */
export async function expectCompletedOnce(client: Client, defaulters: readonly string[]): Promise<void> {
  for (const id of defaulters) {
    const workflowId = enforcementWorkflowId(id);
    await client.workflow.getHandle(workflowId).result();
    const runs = await eventually(async () => {
      const found: string[] = [];
      for await (const run of client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
        found.push(run.status.name);
      return found.length > 0 && !found.includes('RUNNING') && found;
    });
    expect(runs).toEqual(['COMPLETED']);
  }
}
