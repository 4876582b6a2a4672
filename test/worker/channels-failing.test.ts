// Departments’ receivers fail in every way, for moments and for days: nothing is lost, and nobody else waits.

import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { acknowledge } from '../../registry/departments/acknowledgements.js';
import { channelHealth } from '../../registry/departments/channels.js';
import { batchTaken, dueFor } from '../../registry/departments/notice-batches.js';
import { assignPositions } from '../../registry/departments/positions.js';
import { publish } from '../../registry/process/steps.js';
import { departmentActor } from '../builders/cases.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { answering } from '../harness/receiver.js';
import { lifeOf } from '../harness/world.js';
import { useChannels } from './use-channels.js';

const { world, logged, allowed, start, stop, receiver, endpoint, shown, pulled, idle, quiet, list, release } =
  useChannels('channels-failing');

describe('a receiver that fails', () => {
  it.each([
    ['FIN', 'answers 500', 'status-500', answering(500)],
    ['HRS', 'answers 404', 'status-404', answering(404)],
    ['LAN', 'redirects', 'redirect', answering(307, { Location: 'http://127.0.0.1:9/' })],
    ['ECO', 'never answers', 'timeout', () => undefined],
    ['HOU', 'breaks off', 'ECONNRESET', (request: IncomingMessage) => void request.socket.destroy()],
  ] as const)(
    '%s %s: the same batch goes again, byte for byte, until it is taken',
    async (department, _what, failure, behaviour) => {
      const one = await receiver();
      one.behaviour = (request, response) => behaviour(request, response);
      const listed = await list();
      await endpoint(department, one.url);
      await eventually(async () => (await shown(department))?.lastFailure === failure);
      // What comes meanwhile waits for the next batch: this one's content is fixed.
      await list();
      await one.delivery(2);
      one.behaviour = answering(200);
      await eventually(async () => await idle(department));
      const [first, ...again] = one.deliveries.filter((delivery) => delivery.headers['webhook-id'] === one.ids[0]);
      expect(again.length).toBeGreaterThan(0);
      for (const repeat of again) expect(repeat.body).toBe(first?.body);
      expect(one.notices).toHaveLength((await pulled(department)).length);
      expect(one.notices.some((notice) => notice.defaulter === listed.defaulter)).toBe(true);
      expect((await shown(department))?.failures).toBe(0);
    },
  );

  it('talks no HTTP: that is a failure, and the next attempt comes', async () => {
    let attempts = 0;
    const server = createServer((socket) => {
      attempts += 1;
      socket.on('error', () => undefined).resume();
      socket.end('220 mail.example ESMTP\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    allowed.add(`127.0.0.1:${port}`);
    await list();
    await endpoint('URB', `http://127.0.0.1:${port}/`);
    await eventually(async () => (await shown('URB'))?.lastFailure === 'not-http');
    await eventually(() => attempts > 1);
    await new Promise((resolve) => server.close(resolve));
    await eventually(async () => (await shown('URB'))?.lastFailure === 'ECONNREFUSED');
  });

  it('answers 410: the channel is paused and an alarm is raised, until the department names another address', async () => {
    const one = await receiver();
    one.behaviour = answering(410);
    await list();
    await endpoint('TRA', one.url);
    await eventually(async () => (await shown('TRA'))?.pausedBy === 'receiver');
    await eventually(() => logged.some((line) => line.includes('channel-gone') && line.includes('TRA')));
    expect((await channelHealth(world.pool)).find((channel) => channel.department === 'TRA')).toMatchObject({
      pausedBy: 'receiver',
    });
    await list();
    await eventually(() => quiet('TRA').then(() => true));
    expect(one.deliveries).toHaveLength(1);
    const other = await receiver();
    await endpoint('TRA', other.url);
    await eventually(() => other.notices.length >= 2);
    expect(one.deliveries).toHaveLength(1);
    expect((await shown('TRA'))?.pausedAt).toBeUndefined();
  });

  it('must be where it may be: an address in our own network is never connected to', async () => {
    const one = await receiver({ listed: false });
    await list();
    await endpoint('WAT', one.url);
    await eventually(async () => (await shown('WAT'))?.lastFailure === 'address-refused');
    expect(one.deliveries).toHaveLength(0);
  });

  it('is away for a day: no other department, no court and no comparison waits for it (invariant 8)', async () => {
    const away = await receiver();
    const { host } = away;
    await away.close();
    const others = { AGR: await receiver(), COM: await receiver(), CUL: await receiver() };
    await endpoint('HEA', `http://${host}/notices`);
    for (const [department, one] of Object.entries(others)) await endpoint(department, one.url);
    await list();
    await eventually(async () => ((await shown('HEA'))?.failures ?? 0) > 3);
    const listed = [];
    for (let round = 0; round < 3; round++) {
      const debtor = person();
      const opened = await world.open([defaulter(debtor)]);
      const id = lifeOf(opened);
      await world.tx((tx) => publish(tx, world.ring, id));
      await assignPositions(world.pool);
      expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
      for (const one of Object.values(others)) {
        await eventually(() => one.notices.some((notice) => notice.defaulter === id));
      }
      listed.push(id);
    }
    expect((await shown('HEA'))?.lastFailure).toBe('ECONNREFUSED');
    const back = await receiver({ port: Number(host.split(':')[1]) });
    const rows = await eventually(async () => {
      const all = await pulled('HEA');
      return back.notices.length === all.length && all;
    });
    expect(back.notices.map((notice) => notice.id)).toEqual(rows.map((notice) => notice.id));
    expect(back.notices.map((notice) => notice.defaulter)).toEqual(expect.arrayContaining(listed));
  });
});

describe('a stored batch', () => {
  it('in which something has ended goes out no more: a new one says that the notice is void', async () => {
    const one = await receiver();
    one.behaviour = answering(503);
    const [ending, staying] = [await list(), await list()];
    await endpoint('QTS', one.url);
    const stale = await one.delivery(1);
    await release(ending, { notified: false });
    const fresh = await eventually(() =>
      one.deliveries.find((delivery) => delivery.headers['webhook-id'] !== stale.headers['webhook-id']),
    );
    const ofEnding = (items: typeof fresh.items) => items.find((notice) => notice.defaulter === ending.defaulter);
    expect(ofEnding(stale.items)?.void).toBeUndefined();
    expect(ofEnding(fresh.items)).toMatchObject({ kind: 'PUBLISH', void: true, id: ofEnding(stale.items)?.id });
    expect(fresh.items.find((notice) => notice.defaulter === staying.defaulter)?.void).toBeUndefined();
    // The one that is out of date may still be acknowledged: it may have been had.
    const before = one.deliveries.length;
    one.behaviour = answering(200);
    await eventually(async () => await idle('QTS'));
    expect(one.deliveries.slice(before).every((delivery) => delivery.body !== stale.body)).toBe(true);
    expect(one.notices.find((notice) => notice.defaulter === ending.defaulter)?.void).toBe(true);
  });

  it('acknowledged in part elsewhere goes again as it is; acknowledged in full it is not sent again', async () => {
    const one = await receiver();
    one.behaviour = answering(503);
    await list();
    await list();
    await endpoint('FDA', one.url);
    const { items, served, body } = await one.delivery(1);
    const upTo = items[0]?.seq ?? 0;
    await world.tx((tx) => acknowledge(tx, 'FDA', BigInt(upTo), departmentActor('FDA')));
    const before = one.deliveries.length;
    expect((await one.delivery(before + 2)).body).toBe(body);
    await world.tx((tx) => acknowledge(tx, 'FDA', BigInt(served), departmentActor('FDA')));
    await list();
    one.behaviour = answering(200);
    const next = await eventually(() => one.deliveries.find((delivery) => delivery.items[0]?.seq === served + 1));
    expect(next.body).not.toBe(body);
  });

  it('taken twice, by two attempts at once, is delivered once', async () => {
    await stop();
    await list();
    await endpoint('WSA', 'https://wsa.example/notices');
    const [a, b] = [
      await world.tx((tx) => dueFor(tx, world.ring, 'WSA')),
      await world.tx((tx) => dueFor(tx, world.ring, 'WSA')),
    ];
    if (a.kind !== 'send' || b.kind !== 'send') throw new Error('nothing to send');
    expect([b.batch, b.body, b.upTo]).toEqual([a.batch, a.body, a.upTo]);
    await Promise.all([a, b].map(({ batch }) => world.tx((tx) => batchTaken(tx, 'WSA', batch))));
    const { rows } = await world.pool.query('select up_to from delivery where department = $1', ['WSA']);
    expect(rows).toEqual([{ up_to: String(a.upTo) }]);
    start();
  });
});
