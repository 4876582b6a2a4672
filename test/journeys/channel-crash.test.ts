// The worker is killed while a department’s webhook is being called: nothing is lost, and a batch comes again as it was.

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { rootFolder } from '../../local/machine/paths.mjs';
import { withDatabase } from '../../local/servers/postgres-databases.js';
import { assignPositions } from '../../registry/departments/positions.js';
import { publish } from '../../registry/process/steps.js';
import { defaulter, person } from '../builders/parties.js';
import { setEndpoint } from '../harness/endpoints.js';
import { eventually } from '../harness/eventually.js';
import { type Behaviour, Receiver } from '../harness/receiver.js';
import { lifeOf, useWorld } from '../harness/world.js';
import { ownChannel } from '../worker/use-channels.js';
import type { ChannelWorkerEnvironment } from './channel-worker.js';

const world = useWorld('test');
const children: ChildProcess[] = [];
const receivers: Receiver[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const receiver of receivers.splice(0)) await receiver.close();
});

function launch(receiver: Receiver): ChildProcess {
  const environment: ChannelWorkerEnvironment = {
    DATABASE_URL: withDatabase(inject('applicationUrl'), new URL(world.adminUrl).pathname.slice(1)),
    KEY_RING_FILE: inject('keyRingFile'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: world.taskQueue,
    WEBHOOK_ALLOWED_HOSTS: receiver.host,
  };
  const child = fork(join(rootFolder, 'dist', 'test', 'journeys', 'channel-worker.js'), {
    env: { ...process.env, ...environment },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.push(child);
  return child;
}

async function list(): Promise<void> {
  const opened = await world.open([defaulter(person())]);
  await world.tx((tx) => publish(tx, world.ring, lifeOf(opened)));
  await assignPositions(world.pool);
}

describe('a worker is killed in the middle of a delivery', () => {
  it.each<[string, string, Behaviour]>([
    ['INV', 'before the receiver has answered', () => undefined],
    ['PRT', 'with the answer on its way', (_request, response) => void response.writeHead(204).end()],
  ])(
    '%s %s: another goes on, the batch comes again as it was or not at all, and nothing is lost',
    async (department, _when, behaviour) => {
      const receiver = await Receiver.open();
      receivers.push(receiver);
      await list();
      await setEndpoint(world, ownChannel('channel-crash', department), receiver.url);
      const first = launch(receiver);
      const killed = new Promise((resolve) => first.once('exit', (_code, signal) => resolve(signal)));
      receiver.behaviour = (request, response) => {
        behaviour(request, response);
        first.kill('SIGKILL');
      };
      const sent = await receiver.delivery(1, 60_000);
      expect(await killed).toBe('SIGKILL');
      await list();
      receiver.behaviour = (_request, response) => void response.writeHead(204).end();
      launch(receiver);
      // The start of a process, the two seconds of its heartbeat timeout, and the wait before the retry.
      const rows = await eventually(async () => {
        const all = await world.read(department);
        return receiver.notices.length === all.length && all;
      }, 60_000);
      expect(rows.map((notice) => notice.id)).toEqual(receiver.notices.map((notice) => notice.id));
      const again = receiver.deliveries
        .slice(1)
        .filter(({ headers }) => headers['webhook-id'] === sent.headers['webhook-id']);
      for (const repeat of again) expect(repeat.body).toBe(sent.body);
    },
  );
});
