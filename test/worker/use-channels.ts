import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { type Endpoint, endpointOf } from '../../registry/departments/endpoints.js';
import { dueFor } from '../../registry/departments/notice-batches.js';
import type { Notice } from '../../registry/departments/notices.js';
import { assignPositions } from '../../registry/departments/positions.js';
import { publish, tell } from '../../registry/process/steps.js';
import { runChannels } from '../../worker/temporal/channels.js';
import { TemporalConnection } from '../../worker/temporal/connection.js';
import { departmentChannelWorkflowId } from '../../workflows/messages.js';
import { DEBT } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { setEndpoint, setSignedEndpoint } from '../harness/endpoints.js';
import { Receiver } from '../harness/receiver.js';
import { lifeOf, useWorld, type World } from '../harness/world.js';

export interface Listed {
  caseId: string;
  defaulter: string;
}

/** What tests of channels need, on a world and a worker of its own for the file. */
export interface ChannelTests {
  world: World;
  /** What the worker has logged. */
  logged: string[];
  /** Hosts that may be on loopback. */
  allowed: Set<string>;
  start(times?: { deliverForMs?: number }): void;
  stop(): Promise<void>;
  /** On the list of allowed hosts; closed with the test. */
  receiver(options?: { listed?: boolean; port?: number }): Promise<Receiver>;
  /** Returns the new secret. */
  endpoint(department: string, url: string): Promise<string>;
  /** As `endpoint`, with a key pair beside the secret. */
  signedEndpoint(department: string, url: string): ReturnType<typeof setSignedEndpoint>;
  shown(department: string): Promise<Endpoint | undefined>;
  pulled(department: string): Promise<Notice[]>;
  deliveredUpTo(department: string): Promise<number>;
  /** The channel has sent all there is. */
  idle(department: string): Promise<boolean>;
  /** Paused it is, and its process is there. */
  quiet(department: string): Promise<void>;
  /** A new notice in the log for every department: somebody is listed. */
  list(): Promise<Listed>;
  /** The fact that ends it; `notified`: the departments' notice of it stands in the log. */
  release(listed: Listed, options: { notified: boolean }): Promise<void>;
}

/**
 * Whose channels each file runs. A channel's workflow has its department's name, and all files share one Temporal server: two files with one
 * department would run each other's.
 */
const CHANNELS_OF = {
  channels: 'BDC CIV DRC EDU IIT JUS ORG PBC PLN SAS SCI TOU',
  'channels-failing': 'AGR COM CUL ECO FDA FIN HEA HOU HRS LAN QTS TRA URB WAT WSA',
  'channel-crash': 'INV PRT',
};
const claimed = Object.values(CHANNELS_OF).flatMap((departments) => departments.split(' '));
if (new Set(claimed).size < claimed.length) throw new Error('a department is in the channels of two files');

/** Throws unless the department's channel is this file's to run. */
export function ownChannel(file: keyof typeof CHANNELS_OF, department: string): string {
  if (!CHANNELS_OF[file].split(' ').includes(department))
    throw new Error(`${department} is not in CHANNELS_OF.${file}`);
  return department;
}

/** Retries that take hours take moments. Only where receivers fail is an answer soon given up: elsewhere a slow machine would see a batch twice. */
const settingsOf = (file: keyof typeof CHANNELS_OF) => ({
  backoff: { firstMs: 50, longestMs: 400 },
  timeoutMs: file === 'channels-failing' ? 1_000 : 10_000,
});
const USUAL = { deliverForMs: 10_000 };

/** Sets a file of tests up; every test takes departments of its own. */
export function useChannels(file: keyof typeof CHANNELS_OF): ChannelTests {
  const world = useWorld();
  let running: { stopping: AbortController; done: Promise<void> } | undefined;
  const receivers: Receiver[] = [];
  const logged: string[] = [];
  const allowed = new Set<string>();
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
  const tests: ChannelTests = {
    world,
    logged,
    allowed,
    start: (times = USUAL) => {
      const { pool, ring, taskQueue } = world;
      const temporal = new TemporalConnection({ connectionOptions: { address: inject('temporalAddress') } });
      const stopping = new AbortController();
      const done = runChannels({
        pool,
        ring,
        temporal,
        allowed,
        stopping: stopping.signal,
        log,
        taskQueue: `${taskQueue}-channel`,
        settings: settingsOf(file),
        times,
      });
      running = { stopping, done: done.then(() => temporal.close()) };
    },
    stop: async () => {
      running?.stopping.abort();
      await running?.done;
      running = undefined;
    },
    receiver: async ({ listed = true, port } = {}) => {
      const opened = await Receiver.open(port);
      receivers.push(opened);
      if (listed) allowed.add(opened.host);
      return opened;
    },
    ...departmentsOf(world, file),
    ...courtOf(world),
  };

  beforeAll(() => {
    tests.start();
  });
  afterEach(async () => {
    // A receiver that is gone must not fill the log of the tests that follow. A transaction, because it may meet a delivery
    // that is being recorded in a deadlock, and is then run again.
    await world.tx((tx) => tx.query('delete from endpoint'));
    for (const one of receivers.splice(0)) await one.close();
  });
  afterAll(() => tests.stop());
  return tests;
}

type DepartmentSide = Pick<
  ChannelTests,
  'endpoint' | 'signedEndpoint' | 'shown' | 'pulled' | 'deliveredUpTo' | 'idle' | 'quiet'
>;

const departmentsOf = (world: World, file: keyof typeof CHANNELS_OF): DepartmentSide => ({
  endpoint: (department, url) => setEndpoint(world, ownChannel(file, department), url),
  signedEndpoint: (department, url) => setSignedEndpoint(world, ownChannel(file, department), url),
  shown: (department) => endpointOf(world.pool, department),
  pulled: (department) => world.read(department),
  deliveredUpTo: async (department) => {
    const { rows } = await world.pool.query<{ up_to: string }>(
      'select coalesce(max(up_to), 0) as up_to from delivery where department = $1',
      [department],
    );
    return Number(rows[0]?.up_to);
  },
  idle: async (department) => {
    const { rows } = await world.pool.query<{ idle: boolean }>(
      `select position >= (select coalesce(max(position), 0) from notice) as idle from endpoint where department = $1`,
      [department],
    );
    return rows[0]?.idle ?? false;
  },
  quiet: async (department) => {
    const { ring, client, tx } = world;
    expect((await tx((t) => dueFor(t, ring, department))).kind).toBe('paused');
    const { status, raw } = await client.workflow.getHandle(departmentChannelWorkflowId(department)).describe();
    expect([status.name, raw.pendingActivities?.length]).toEqual(['RUNNING', 0]);
  },
});

const courtOf = (world: World): Pick<ChannelTests, 'list' | 'release'> => ({
  list: async () => {
    const { open, tx, ring, pool } = world;
    const opened = await open([defaulter(person())]);
    const id = lifeOf(opened);
    await tx((t) => publish(t, ring, id));
    await assignPositions(pool);
    return { caseId: opened.id, defaulter: id };
  },
  release: async ({ caseId, defaulter: id }, { notified }) => {
    const { pay, tx, ring, pool } = world;
    await pay(caseId, DEBT);
    if (!notified) return;
    await tx((t) => tell(t, ring, id));
    await assignPositions(pool);
  },
});
