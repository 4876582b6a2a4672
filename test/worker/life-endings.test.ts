// All departments have acknowledged a release: the life ends, without its process where it can.

import { pino } from 'pino';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { relay } from '../../registry/case/outbox.js';
import { assignPositions } from '../../registry/departments/positions.js';
import { notifyJudge } from '../../registry/process/notify-judge.js';
import { settle } from '../../registry/process/settle.js';
import { finish, publish, tell } from '../../registry/process/steps.js';
import { TemporalConnection } from '../../worker/temporal/connection.js';
import { relayOnce } from '../../worker/temporal/relay.js';
import { acknowledgedSignal, endUpdate, enforcementWorkflowId, stateQuery } from '../../workflows/messages.js';
import { DEBT } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { lifeOf, useWorld } from '../harness/world.js';
import { runLivesOnly, startLife } from '../workflows/lives-only.js';

describe('a life ends with its last acknowledgement', () => {
  const world = useWorld('test');
  const temporal = new TemporalConnection({ connectionOptions: { address: inject('temporalAddress') } });
  afterAll(() => temporal.close());

  const handOver = () => relay(world.pool, 32, async (rows) => rows);
  const relayAll = async (endMs: number): Promise<void> => {
    const log = pino({ level: 'silent' });
    while (await relayOnce({ pool: world.pool, temporal, taskQueue: world.taskQueue, log, times: { endMs } }));
  };
  const step = (of: typeof publish, id: string) => world.tx((tx) => of(tx, world.ring, id));
  const settleAll = async (): Promise<void> => {
    while ((await assignPositions(world.pool)) > 0);
    await world.acknowledgeAll();
    while ((await settle(world.pool, world.ring)) > 0);
  };
  /** Opened, published, stopped at a counter by request, paid and told; the process is the test. */
  const paid = async ({ parties = 1, stopped = false } = {}) => {
    const people = Array.from({ length: parties }, () => person());
    const opened = await world.open(people.map((one) => defaulter(one)));
    const lives = opened.defaulters.map(({ id }) => id);
    for (const id of lives) await step(publish, id);
    const [first] = people;
    const interceptions =
      stopped && first ? (await world.compare(SERVICES.companyRegistration, first)).interceptions : [];
    await world.pay(opened.id, DEBT);
    for (const id of lives) await step(tell, id);
    return { caseId: opened.id, lives, life: lives[0] ?? '', interceptions: interceptions.map(({ id }) => id) };
  };
  const stateOf = async (caseId: string) => (await world.view(caseId)).defaulters.map(({ state }) => state);
  const lastFacts = async (caseId: string) => (await world.facts(caseId)).slice(-2).map(({ type }) => type);

  it('in the transaction that settles it, where its process has been handed all and owes nothing', async () => {
    const { caseId } = await paid();
    await handOver();
    await settleAll();
    expect(await stateOf(caseId)).toEqual(['RELEASED']);
    expect((await world.view(caseId)).state).toBe('CLOSED');
    expect(await lastFacts(caseId)).toEqual(['all-acknowledged', 'released']);
    const { rows } = await world.pool.query('select outcome from deadline where settled_at is null');
    expect(rows).toEqual([]);
  });

  it('all of a case at once: it is closed once, with the last of them', async () => {
    const { caseId } = await paid({ parties: 3 });
    await handOver();
    await settleAll();
    expect(await stateOf(caseId)).toEqual(['RELEASED', 'RELEASED', 'RELEASED']);
    const { rows } = await world.pool.query<{ closes: boolean }>(
      `select (detail->>'caseClosed')::boolean as closes from fact where type = 'released' order by seq`,
    );
    expect(rows.map(({ closes }) => closes)).toEqual([false, false, true]);
  });

  it('not before an earlier fact was handed over: then its process ends it', async () => {
    const { caseId, life } = await paid();
    await settleAll();
    expect(await stateOf(caseId)).toEqual(['RELEASING']);
    await handOver();
    const { rows } = await world.pool.query<{ seq: number }>('select max(seq) as seq from outbox');
    await world.tx((tx) => finish(tx, world.ring, life, rows[0]?.seq ?? 0));
    expect(await stateOf(caseId)).toEqual(['RELEASED']);
  });

  it('not before the judge knows of every stop', async () => {
    const { caseId, life, interceptions } = await paid({ stopped: true });
    expect(interceptions).toHaveLength(1);
    await handOver();
    await settleAll();
    expect(await stateOf(caseId)).toEqual(['RELEASING']);
    await world.tx((tx) => notifyJudge(tx, world.ring, life, interceptions));
    const { rows } = await world.pool.query<{ seq: number }>('select max(seq) as seq from outbox');
    await world.tx((tx) => finish(tx, world.ring, life, rows[0]?.seq ?? 0));
    expect(await stateOf(caseId)).toEqual(['RELEASED']);
  });

  it('also where the judge has been told of a stop', async () => {
    const { caseId, life, interceptions } = await paid({ stopped: true });
    await world.tx((tx) => notifyJudge(tx, world.ring, life, interceptions));
    await handOver();
    await settleAll();
    expect(await stateOf(caseId)).toEqual(['RELEASED']);
  });

  /** The names of the updates and signals a process took, with what they carried. */
  const heardBy = async (life: string): Promise<unknown[]> => {
    const { events } = await world.client.workflow.getHandle(enforcementWorkflowId(life)).fetchHistory();
    const carried = (input?: { payloads?: readonly { data?: Uint8Array | null }[] | null } | null) =>
      (input?.payloads ?? []).map(({ data }) => JSON.parse(Buffer.from(data ?? []).toString()));
    return (events ?? []).flatMap((event) => {
      const {
        workflowExecutionSignaledEventAttributes: signal,
        workflowExecutionUpdateAcceptedEventAttributes: update,
      } = event;
      const asked = update?.acceptedRequest?.input;
      return signal ? [[signal.signalName, ...carried(signal.input)]] : asked ? [[asked.name]] : [];
    });
  };

  it('its process ends by the order to, without another step, whatever it has not heard', async () => {
    const { caseId, life } = await paid();
    await handOver();
    const stop = runLivesOnly(world);
    try {
      await startLife(world, life);
      // Answered once its first step is done: one that found the life settled would end it before the order came.
      await world.client.workflow.getHandle(enforcementWorkflowId(life)).query(stateQuery);
      await settleAll();
      // The repayment was handed over by the test and never came.
      await relayAll(20_000);
      await world.client.workflow.getHandle(enforcementWorkflowId(life)).result();
      expect(await heardBy(life)).toEqual([[endUpdate.name]]);
      expect((await world.facts(caseId)).filter(({ type }) => type === 'released')).toHaveLength(1);
    } finally {
      await stop();
    }
  });

  it('where no worker takes the order, a signal waits for the next', async () => {
    const { life } = await paid();
    await handOver();
    await startLife(world, life);
    await settleAll();
    await relayAll(100);
    const { rows } = await world.pool.query('select from outbox where sent_at is null');
    expect(rows).toEqual([]);
    const stop = runLivesOnly(world);
    try {
      await world.client.workflow.getHandle(enforcementWorkflowId(life)).result();
      expect(await heardBy(life)).toContainEqual([
        acknowledgedSignal.name,
        expect.objectContaining({ seq: 3, ended: true }),
      ]);
    } finally {
      await stop();
    }
  });

  it('no process is begun to be told so', async () => {
    const { life } = await paid();
    await handOver();
    await settleAll();
    await relayAll(100);
    const { rows } = await world.pool.query('select from outbox where sent_at is null');
    expect(rows).toEqual([]);
    await expect(world.client.workflow.getHandle(enforcementWorkflowId(life)).describe()).rejects.toThrow(/not found/i);
  });
});

describe('a life that begins', () => {
  const world = useWorld();

  it('gets its first task with Temporal’s answer, over the connection of its worker', async () => {
    world.startWorker();
    // Until the worker polls there is nobody to give it to: some of these come after.
    const seen: boolean[] = [];
    while (!seen.includes(true) && seen.length < 50) {
      const opened = await world.open([defaulter(person())]);
      await world.until(opened.id, 'IN_FORCE');
      const handle = world.client.workflow.getHandle(enforcementWorkflowId(lifeOf(opened)));
      const { events } = await handle.fetchHistory();
      seen.push(events?.[0]?.workflowExecutionStartedEventAttributes?.eagerExecutionAccepted === true);
    }
    expect(seen).toContain(true);
  });
});
