// The worker sends each department its notices, in order, signed, once.

import { describe, expect, it } from 'vitest';
import { acknowledge } from '../../registry/departments/acknowledgements.js';
import { pauseChannel, resumeChannel } from '../../registry/departments/endpoints.js';
import { readNotices } from '../../registry/departments/notices.js';
import { departmentChannelWorkflowId } from '../../workflows/messages.js';
import { departmentActor } from '../builders/cases.js';
import { eventually } from '../harness/eventually.js';
import { answering, signedWith, verify } from '../harness/receiver.js';
import { useChannels } from './use-channels.js';

const {
  world,
  logged,
  start,
  stop,
  receiver,
  endpoint,
  signedEndpoint,
  shown,
  pulled,
  deliveredUpTo,
  idle,
  quiet,
  list,
  release,
} = useChannels('channels');

describe('a channel', () => {
  it('sends a department its part of the log in order, signed, the same rows as a pull shows, and records the delivery', async () => {
    const one = await receiver();
    await list();
    const secret = await endpoint('BDC', one.url);
    await one.delivery(1);
    const second = await list();
    await release(second, { notified: true });
    const rows = await eventually(async () => {
      const all = await pulled('BDC');
      return one.notices.length === all.length && all;
    });
    // What was live when it was sent may be void when it is pulled later.
    const asSent = one.deliveries.flatMap((delivery) => delivery.items);
    expect(asSent.map((notice) => ({ ...notice, void: undefined }))).toEqual(
      rows.map((notice) => ({ ...notice, void: undefined })),
    );
    expect(rows.map((notice) => notice.kind)).toEqual(['PUBLISH', 'PUBLISH', 'RELEASE']);
    for (const delivery of one.deliveries) {
      verify(delivery, secret);
      expect(delivery.headers).toMatchObject({ 'content-type': 'application/json' });
      expect(delivery.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(JSON.parse(delivery.body)).toMatchObject({ type: 'notices', data: { served: delivery.served } });
    }
    const head = one.deliveries.at(-1)?.served ?? 0;
    await eventually(async () => (await deliveredUpTo('BDC')) === head);
    expect(new Set(one.ids).size).toBe(one.ids.length);
  });

  it('acknowledging is a separate act: a delivery acknowledges nothing, and may be acknowledged before its answer is known', async () => {
    const one = await receiver();
    await list();
    const held: (() => void)[] = [];
    one.behaviour = (_request, response) => void held.push(() => response.writeHead(204).end());
    await endpoint('EDU', one.url);
    const { served } = await one.delivery(1);
    const answer = await world.tx((tx) => acknowledge(tx, 'EDU', BigInt(served), departmentActor('EDU')));
    expect(answer).toEqual({ acknowledged: served });
    expect(await deliveredUpTo('EDU')).toBe(served);
    one.behaviour = answering(204);
    for (const answer of held) answer();
    await list();
    const next = await one.delivery(2);
    expect(next.items.map((notice) => notice.seq)).toEqual([served + 1]);
    await eventually(async () => (await deliveredUpTo('EDU')) === next.served);
    await expect(
      world.tx((tx) => acknowledge(tx, 'EDU', BigInt(next.served + 1), departmentActor('EDU'))),
    ).rejects.toMatchObject({ code: 'invalid' });
  });

  it('has a place of its own: a pull does not move it, an acknowledgement does', async () => {
    const one = await receiver();
    await list();
    await world.tx((tx) => readNotices(tx, 'PLN', undefined, 200));
    await endpoint('PLN', one.url);
    const first = await one.delivery(1);
    expect(first.items.length).toBeGreaterThan(0);
    await eventually(async () => (await shown('PLN'))?.failures === 0 && (await idle('PLN')));
    await world.tx((tx) => pauseChannel(tx, 'PLN', { role: 'administrator', id: 'test' }));
    await list();
    await list();
    const { served } = await world.tx((tx) => readNotices(tx, 'PLN', BigInt(first.served), 1));
    await world.tx((tx) => acknowledge(tx, 'PLN', BigInt(served), departmentActor('PLN')));
    await world.tx((tx) => resumeChannel(tx, 'PLN'));
    const second = await one.delivery(2);
    expect(second.items.map((notice) => notice.seq)).toEqual([served + 1]);
  });

  it('goes on in a new run of its workflow without losing or repeating anything', async () => {
    await stop();
    start({ deliverForMs: 300 });
    const one = await receiver();
    await endpoint('CIV', one.url);
    const handle = world.client.workflow.getHandle(departmentChannelWorkflowId('CIV'));
    const runs = new Set<string>();
    for (let crossings = 0; crossings < 3; crossings++) {
      await list();
      await eventually(async () => {
        const { runId } = await handle.describe();
        return !runs.has(runId) && runs.add(runId);
      });
    }
    await eventually(async () => one.notices.length === (await pulled('CIV')).length);
    expect(new Set(one.ids).size).toBe(one.ids.length);
    await stop();
    start();
  });

  it('of a killed worker is another’s within seconds, in whatever run: no heartbeat is waited for longer', async () => {
    await stop();
    start({ deliverForMs: 300 });
    const one = await receiver();
    await endpoint('ORG', one.url);
    const handle = world.client.workflow.getHandle(departmentChannelWorkflowId('ORG'));
    const runs = new Set<string>();
    await eventually(async () => runs.add((await handle.describe()).runId).size > 1);
    const { events } = await eventually(async () => {
      const history = await handle.fetchHistory();
      return (history.events ?? []).some((event) => event.activityTaskScheduledEventAttributes) && history;
    });
    const waits = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled ? [Number(scheduled.heartbeatTimeout?.seconds)] : [],
    );
    expect(new Set(waits)).toEqual(new Set([20]));
    await stop();
    start();
  });

  it('is begun again when it was ended by hand, at the latest with the next worker', async () => {
    const one = await receiver();
    await endpoint('JUS', one.url);
    const handle = world.client.workflow.getHandle(departmentChannelWorkflowId('JUS'));
    await eventually(async () => (await handle.describe()).status.name === 'RUNNING');
    await handle.terminate('test');
    await stop();
    start();
    const before = one.deliveries.length;
    await list();
    await one.delivery(before + 1);
    expect((await handle.describe()).status.name).toBe('RUNNING');
  });
});

describe('an administrator', () => {
  const ADMINISTRATOR = { role: 'administrator', id: 'test' } as const;

  it('pauses and resumes a channel: meanwhile nothing is sent, nothing runs, and a pull still works', async () => {
    const one = await receiver();
    await endpoint('TOU', one.url);
    await list();
    await eventually(async () => await idle('TOU'));
    await world.tx((tx) => pauseChannel(tx, 'TOU', ADMINISTRATOR));
    const handle = world.client.workflow.getHandle(departmentChannelWorkflowId('TOU'));
    await eventually(async () => (await handle.describe()).raw.pendingActivities?.length === 0);
    const before = one.deliveries.length;
    const { defaulter: id } = await list();
    expect((await pulled('TOU')).some((notice) => notice.defaulter === id)).toBe(true);
    await stop();
    start();
    await eventually(() => quiet('TOU').then(() => true));
    expect(one.deliveries).toHaveLength(before);
    await world.tx((tx) => resumeChannel(tx, 'TOU'));
    const next = await one.delivery(before + 1);
    expect(next.items.map((notice) => notice.defaulter)).toEqual([id]);
  });

  it('resumes a channel that waits for hours: it sends at once', async () => {
    const one = await receiver();
    one.behaviour = answering(500);
    await list();
    await endpoint('SAS', one.url);
    await one.delivery(1);
    await world.tx((tx) => pauseChannel(tx, 'SAS', ADMINISTRATOR));
    await world.pool.query(`update endpoint set retry_at = now() + interval '2 hours' where department = 'SAS'`);
    one.behaviour = answering(200);
    await world.tx((tx) => resumeChannel(tx, 'SAS'));
    await eventually(async () => await idle('SAS'));
  });
});

describe('a secret', () => {
  it('is changed without a delivery going astray: for a day both sign', async () => {
    const one = await receiver();
    await list();
    const old = await endpoint('DRC', one.url);
    verify(await one.delivery(1), old);
    await eventually(() => idle('DRC'));
    const fresh = await endpoint('DRC', one.url);
    expect(fresh).not.toBe(old);
    const before = one.deliveries.length;
    await list();
    const during = await one.delivery(before + 1);
    verify(during, fresh);
    verify(during, old);
    await eventually(() => idle('DRC'));
    await world.pool.query(`update endpoint set previous_secret_until = now() where department = 'DRC'`);
    await list();
    const after = await one.delivery(before + 2);
    verify(after, fresh);
    expect(() => verify(after, old)).toThrow();
  });

  it('may have a key pair beside it: whoever has the public half can tell that we signed, also while the pair is changed', async () => {
    const one = await receiver();
    await list();
    const { secret, publicKey = '' } = await signedEndpoint('PBC', one.url);
    const first = await one.delivery(1);
    verify(first, secret);
    expect([publicKey.slice(0, 5), signedWith(first, publicKey)]).toEqual(['whpk_', 1]);
    expect(signedWith({ ...first, body: `${first.body} ` }, publicKey)).toBe(0);
    await eventually(() => idle('PBC'));
    const next = await signedEndpoint('PBC', one.url);
    await list();
    const during = await one.delivery(2);
    expect([publicKey, next.publicKey ?? ''].map((key) => signedWith(during, key))).toEqual([1, 1]);
    await eventually(() => idle('PBC'));
    await world.pool.query(`update endpoint set previous_secret_until = now() where department = 'PBC'`);
    await list();
    const after = await one.delivery(3);
    expect([publicKey, next.publicKey ?? ''].map((key) => signedWith(after, key))).toEqual([0, 1]);
    await eventually(() => idle('PBC'));
    // Who no longer asks for it gets none, after the day in which the old one still signs.
    await endpoint('PBC', one.url);
    await world.pool.query(`update endpoint set previous_secret_until = now() where department = 'PBC'`);
    await list();
    expect((await one.delivery(4)).headers['webhook-signature']?.split(' ')).toHaveLength(1);
  });

  it('and an address are read anew for each delivery: what failed at the old one goes to the new one', async () => {
    const [one, other] = [await receiver(), await receiver()];
    one.behaviour = answering(500);
    await list();
    await endpoint('IIT', one.url);
    const first = await one.delivery(1);
    const secret = await endpoint('IIT', other.url);
    const moved = await other.delivery(1);
    verify(moved, secret);
    expect(moved.body).toBe(first.body);
  });

  it('stands nowhere in the database or the log', async () => {
    const one = await receiver();
    await list();
    const secret = await endpoint('SCI', one.url);
    await one.delivery(1);
    const { rows } = await world.pool.query<{ row: string }>('select endpoint::text as row from endpoint');
    const bare = secret.replace('whsec_', '');
    expect(JSON.stringify(rows)).not.toContain(bare);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(bare, 'base64').toString('hex'));
    expect(logged.join('')).not.toContain(bare);
    expect(logged.join('')).not.toContain(one.host);
  });
});
