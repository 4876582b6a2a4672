// A department’s webhook: to which addresses the worker may post at all, and what an exchange with a receiver is.

import type { LookupAddress } from 'node:dns';
import { afterEach, describe, expect, it } from 'vitest';
import { guardedLookup, isPublic, type Resolve } from '../../activities/addresses.js';
import { sendWebhook } from '../../activities/webhook.js';
import { Receiver, verify } from '../harness/receiver.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const message = (url: string) => ({
  url,
  id: '0190a0b0-0000-7000-8000-000000000001',
  body: '{"type":"notices","data":{"items":[],"served":0}}',
  secrets: [SECRET],
});
const never = new AbortController().signal;

const open: Receiver[] = [];
const receiver = async (): Promise<Receiver> => {
  const one = await Receiver.open();
  open.push(one);
  return one;
};
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const resolvesTo =
  (...addresses: string[]): Resolve =>
  (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

const looked = (url: string, allowed: string[], resolve: Resolve): Promise<unknown> =>
  new Promise((done) => {
    guardedLookup(new URL(url), new Set(allowed), resolve)('ignored', { all: true }, (error, address) =>
      done(error ? ('code' in error ? error.code : error) : address),
    );
  });

describe('which addresses are the open Internet’s', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '::1',
    '::',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    'fe80::1',
    'fc00::1',
    'fd12::1',
    'ff02::1',
    '64:ff9b::a00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    'not an address',
  ])('%s is not', (address) => expect(isPublic(address)).toBe(false));
  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '223.255.255.254', '2400:3200::1', '2606:4700::1111'])(
    '%s is',
    (address) => expect(isPublic(address)).toBe(true),
  );
});

describe('where a webhook may go', () => {
  it('to public addresses over TLS; a name with one address inside our network goes nowhere', async () => {
    expect(await looked('https://hooks.example/', [], resolvesTo('8.8.8.8', '2400:3200::1'))).toHaveLength(2);
    expect(await looked('https://hooks.example/', [], resolvesTo('8.8.8.8', '10.0.0.1'))).toBe('address-refused');
    expect(await looked('https://hooks.example/', [], resolvesTo('::ffff:10.0.0.1'))).toBe('address-refused');
    expect(await looked('http://hooks.example/', [], resolvesTo('8.8.8.8'))).toBe('address-refused');
  });

  it('to a private address only at the host and port that are listed, and without TLS only on loopback', async () => {
    const listed = ['hooks.local:8443'];
    expect(await looked('https://hooks.local:8443/', listed, resolvesTo('10.0.0.1'))).toHaveLength(1);
    expect(await looked('https://hooks.local:8444/', listed, resolvesTo('10.0.0.1'))).toBe('address-refused');
    expect(await looked('http://hooks.local:8443/', listed, resolvesTo('10.0.0.1'))).toBe('address-refused');
    expect(await looked('http://hooks.local:8443/', listed, resolvesTo('127.0.0.1'))).toHaveLength(1);
  });

  it('is checked on an address that is written out, too, for which no name is looked up', async () => {
    const one = await receiver();
    expect(await sendWebhook(message(one.url), { allowed: new Set(), timeoutMs: 1_000, signal: never })).toEqual({
      kind: 'failed',
      failure: 'address-refused',
    });
    const name = one.url.replace('127.0.0.1', 'localhost');
    expect(await sendWebhook(message(name), { allowed: new Set(), timeoutMs: 1_000, signal: never })).toEqual({
      kind: 'failed',
      failure: 'address-refused',
    });
    expect(one.deliveries).toHaveLength(0);
  });

  it('by a name that changes its meaning (DNS rebinding): what is connected to is what was checked', async () => {
    const one = await receiver();
    const port = one.host.split(':')[1];
    let asked = 0;
    const resolve: Resolve = (hostname, options, callback) => {
      asked += 1;
      resolvesTo(asked === 1 ? '127.0.0.1' : '10.0.0.1')(hostname, options, callback);
    };
    const sender = { allowed: new Set([`rebind.example:${port}`]), timeoutMs: 1_000, signal: never, resolve };
    const outcome = await sendWebhook(message(`http://rebind.example:${port}/`), sender);
    expect([outcome, asked]).toEqual([{ kind: 'taken' }, 1]);
    expect(await sendWebhook(message(`http://rebind.example:${port}/`), sender)).toMatchObject({
      failure: 'address-refused',
    });
  });
});

describe('an exchange', () => {
  it('carries the headers of Standard Webhooks over the very bytes', async () => {
    const one = await receiver();
    const other = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
    const sender = { allowed: new Set([one.host]), timeoutMs: 1_000, signal: never };
    const sent = { ...message(one.url), secrets: [SECRET, other], body: '{"data":{"items":[],"served":0},"x":"失信"}' };
    expect(await sendWebhook(sent, sender)).toEqual({ kind: 'taken' });
    const [delivery] = one.deliveries;
    if (!delivery) throw new Error('nothing came');
    expect(delivery.body).toBe(sent.body);
    expect(delivery.headers['webhook-id']).toBe(sent.id);
    expect(delivery.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    verify(delivery, SECRET);
    verify(delivery, other);
    expect(() => verify({ ...delivery, body: `${delivery.body} ` }, SECRET)).toThrow();
  });

  it('ends with the answer’s status: a body without end is not waited for', async () => {
    const one = await receiver();
    one.behaviour = (_request, response) => {
      response.writeHead(200);
      const flood = setInterval(() => response.write('x'.repeat(1_000)), 5);
      response.on('close', () => clearInterval(flood));
    };
    const sender = { allowed: new Set([one.host]), timeoutMs: 2_000, signal: never };
    expect(await sendWebhook(message(one.url), sender)).toEqual({ kind: 'taken' });
  });

  it('that the worker breaks off is no failure of the receiver’s', async () => {
    const one = await receiver();
    const stop = new AbortController();
    one.behaviour = () => stop.abort();
    const sender = { allowed: new Set([one.host]), timeoutMs: 5_000, signal: stop.signal };
    expect(await sendWebhook(message(one.url), sender)).toEqual({ kind: 'broken-off' });
    expect(await sendWebhook(message(one.url), sender)).toEqual({ kind: 'broken-off' });
  });
});
