// Facts reach Temporal in order, though it is slow, away or killed. No worker runs: what it was told stands in the histories, unread.

import { randomInt } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { freePort } from '../../local/machine/ports.js';
import { withClient } from '../../local/servers/postgres-databases.js';
import { relay } from '../../registry/case/outbox.js';
import { TemporalConnection } from '../../worker/temporal/connection.js';
import { LONGEST_ROUND_MS, type Relay, relayOnce } from '../../worker/temporal/relay.js';
import { enforcementWorkflowId } from '../../workflows/messages.js';
import { FEN } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { useWorld } from '../harness/world.js';

describe('the relay', () => {
  const world = useWorld('test');

  const here = new TemporalConnection({ connectionOptions: { address: inject('temporalAddress') } });
  afterAll(() => here.close());
  const relayOf = (temporal: TemporalConnection = here): Relay => ({
    pool: world.pool,
    temporal,
    taskQueue: world.taskQueue,
    log: pino({ level: 'silent' }),
  });
  const unsent = async (): Promise<number> => {
    const { rows } = await world.pool.query<{ unsent: number }>(
      'select count(*)::int as unsent from outbox where sent_at is null',
    );
    return rows[0]?.unsent ?? 0;
  };
  /** The numbers of the signals a life was sent, in the order in which Temporal took them. */
  const numbers = async (id: string): Promise<number[]> => {
    const { events } = await world.client.workflow.getHandle(enforcementWorkflowId(id)).fetchHistory();
    return (events ?? []).flatMap((event) => {
      const data = event.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0]?.data;
      return data ? [Number(JSON.parse(Buffer.from(data).toString()).seq)] : [];
    });
  };
  const openThree = async (): Promise<{ caseId: string; lives: string[] }> => {
    const opened = await world.open([defaulter(person('甲某')), defaulter(person('乙某')), defaulter(person('丙某'))]);
    return { caseId: opened.id, lives: opened.defaulters.map((one) => one.id) };
  };

  it('hands each life its facts in order, also with several relays at once and courts writing meanwhile', async () => {
    const cases = await Promise.all([openThree(), openThree()]);
    let writing = true;
    const courts = Promise.all(
      cases.map(async ({ caseId }) => {
        for (let n = 0; n < 25; n++) await world.pay(caseId, BigInt(randomInt(1, 100)));
      }),
    ).finally(() => {
      writing = false;
    });
    const relays = [1, 2, 3].map(async () => {
      while (writing || (await unsent()) > 0) await relayOnce(relayOf());
    });
    await Promise.all([courts, ...relays]);
    const inOrder = Array.from({ length: 25 }, (_, i) => i + 2);
    for (const id of cases.flatMap(({ lives }) => lives)) expect(await numbers(id)).toEqual(inOrder);
  });

  it('keeps what it cannot hand over, and hands it over when Temporal is there', async () => {
    const { caseId, lives } = await openThree();
    for (let n = 0; n < 3; n++) await world.pay(caseId, 100n);
    const nowhere = new TemporalConnection({ connectionOptions: { address: `127.0.0.1:${await freePort()}` } });
    await expect(relayOnce(relayOf(nowhere))).rejects.toThrow();
    expect(await unsent()).toBe(12);
    while (await relayOnce(relayOf()));
    expect(await unsent()).toBe(0);
    for (const id of lives) expect(await numbers(id)).toEqual([2, 3, 4]);
  });

  it('goes on after the fact that failed, never past it', async () => {
    const { caseId, lives } = await openThree();
    for (let n = 0; n < 3; n++) await world.pay(caseId, 100n);
    await relay(world.pool, 32, async (rows) => rows.slice(0, 2));
    while (await relayOnce(relayOf()));
    for (const id of lives) expect(await numbers(id)).toEqual([3, 4]);
  });

  it('hands over what may free somebody before what is a little older, and what is much older before that', async () => {
    const { caseId } = await openThree();
    while (await relayOnce(relayOf()));
    const later = await openThree();
    await world.pay(caseId, 100n);
    const first: string[] = [];
    const one = () =>
      relay(world.pool, 1, async (rows) => {
        first.push(...rows.map(({ signal }) => signal));
        return rows;
      });
    await one();
    expect(first).toEqual(['repayment']);
    await withClient(world.adminUrl, (client) =>
      client.query(`update outbox set created_at = created_at - interval '1 minute' where defaulter = any($1)`, [
        later.lives,
      ]),
    );
    await one();
    expect(first).toEqual(['repayment', 'opened']);
  });

  /** A connection whose every word to Temporal waits so long on its way; `Infinity`: it never arrives. */
  const farAway = async (delayMs: number): Promise<{ temporal: TemporalConnection; close(): Promise<void> }> => {
    const [host, port] = inject('temporalAddress').split(':');
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(Number(port), host);
      for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
      if (Number.isFinite(delayMs)) near.on('data', (chunk) => setTimeout(() => far.write(chunk), delayMs));
      far.pipe(near);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not a TCP server');
    const temporal = new TemporalConnection({ connectionOptions: { address: `127.0.0.1:${address.port}` } });
    return {
      temporal,
      close: async () => {
        await temporal.close();
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  };

  it('begins nothing more when its round is over: the claim ends in time, and the rest goes in the next, in order', async () => {
    const opened = await world.open([defaulter()]);
    const [life = ''] = opened.defaulters.map((one) => one.id);
    for (let n = 0; n < 12; n++) await world.pay(opened.id, FEN);
    const { temporal, close } = await farAway(60);
    try {
      const slow = { ...relayOf(temporal), times: { roundMs: 300, callMs: 5_000 } };
      expect(await relayOnce(slow)).toBe(true);
      // Of calls that take 60 ms each, six are begun in 300 ms, and the last of them may be under way when the round ends.
      const handed = 13 - (await unsent());
      expect(handed).toBeGreaterThan(0);
      expect(handed).toBeLessThanOrEqual(6);
      while (await relayOnce(relayOf()));
      expect(await numbers(life)).toEqual(Array.from({ length: 12 }, (_, i) => i + 2));
    } finally {
      await close();
    }
  });

  it('gives up a call that is not answered, keeps the fact, and hands it over later', async () => {
    const { lives } = await openThree();
    const { temporal, close } = await farAway(Number.POSITIVE_INFINITY);
    try {
      // Given up long before the round would be over: this test's own time ends first.
      const hung = relayOnce({ ...relayOf(temporal), times: { roundMs: 600_000, callMs: 400 } });
      await expect(hung).rejects.toThrow();
      expect(await unsent()).toBe(3);
    } finally {
      await close();
    }
    while (await relayOnce(relayOf()));
    for (const id of lives) expect(await numbers(id)).toEqual([]);
    expect(await unsent()).toBe(0);
  });

  it('is done with its round well before PostgreSQL ends a transaction that only waits', async () => {
    const { rows } = await world.pool.query<{ idle: string }>(
      `select setting::int as idle from pg_settings where name = 'idle_in_transaction_session_timeout'`,
    );
    expect(LONGEST_ROUND_MS).toBeLessThan(Number(rows[0]?.idle) * 0.75);
  });

  it('held up by slow lives leaves all others to its neighbour', async () => {
    for (let n = 0; n < 4; n++) await openThree();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let taken = 0;
    const slow = relay(world.pool, 6, async (rows) => {
      taken += 1;
      await held;
      return rows;
    });
    try {
      await expect.poll(() => taken).toBe(6);
      expect(await relay(world.pool, 6, async (rows) => rows)).toEqual({ taken: 6, sent: 6 });
      expect(await relay(world.pool, 6, async (rows) => rows)).toEqual({ taken: 0, sent: 0 });
    } finally {
      release();
    }
    expect(await slow).toEqual({ taken: 6, sent: 6 });
  });

  it('survives the loss of its connection to PostgreSQL while Temporal keeps it waiting: the facts go again', async () => {
    const { lives } = await openThree();
    const lost = relay(world.pool, 32, async (rows) => {
      await withClient(world.adminUrl, (client) =>
        // In this database: other files' tests are on the same server.
        client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'test' and datname = current_database()`,
        ),
      );
      return rows;
    });
    await expect(lost).rejects.toThrow();
    expect(await unsent()).toBe(3);
    while (await relayOnce(relayOf()));
    expect(await unsent()).toBe(0);
    for (const id of lives) expect(await numbers(id)).toEqual([]);
  });
});
