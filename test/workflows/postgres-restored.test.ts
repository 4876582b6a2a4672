// PostgreSQL is restored to an earlier moment than Temporal remembers.

import { describe, expect, it } from 'vitest';
import { withClient, withDatabase } from '../../local/servers/postgres-databases.js';
import { redrive } from '../../registry/case/outbox.js';
import { enforcementWorkflowId, stateQuery } from '../../workflows/messages.js';
import { DEBT, DEBT_YUAN, FEN } from '../builders/amounts.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { lifeOf, useWorld } from '../harness/world.js';

const world = useWorld();

/** Ends every connection to the world's database, so that it can be copied or replaced; the pools connect again when they are used. */
async function alone(
  work: (name: string, run: (statement: string) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const name = new URL(world.adminUrl).pathname.slice(1);
  await withClient(withDatabase(world.adminUrl, 'postgres'), async (client) => {
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    await work(name, (statement) => client.query(statement));
  });
}

describe('PostgreSQL restored to an earlier moment', () => {
  it('lives that had heard of facts which are gone are terminated and redriven: they hear what is true now, each effect once', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    const id = lifeOf(opened);
    const handle = () => world.client.workflow.getHandle(enforcementWorkflowId(id));
    const received = async () => (await handle().query(stateQuery)).heardUpTo;
    world.startWorker();
    await world.until(opened.id, 'IN_FORCE');
    await world.stopWorker();
    await alone((name, run) => run(`create database ${name}_backup template ${name}`).then(() => undefined));
    world.startWorker();
    for (let n = 0; n < 5; n++) await world.pay(opened.id, FEN);
    await eventually(async () => (await received()) === 6);
    await world.stopWorker();
    await alone(async (name, run) => {
      await run(`drop database ${name}`);
      await run(`alter database ${name}_backup rename to ${name}`);
    });
    expect((await world.view(opened.id)).outstanding).toBe(DEBT_YUAN);
    // As docs/operations.md has it: with the workers stopped, terminate, then redrive.
    await handle().terminate('restored');
    expect(await redrive(world.pool)).toBe(1);
    // A new fact has the number of one that is gone.
    await world.pay(opened.id, DEBT);
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
    world.startWorker();
    await eventually(async () => (await world.read('BDC')).some((notice) => notice.kind === 'RELEASE'));
    await world.acknowledgeAll();
    await world.until(opened.id, 'RELEASED');
    await handle().result();
    expect((await world.read('BDC')).map((notice) => notice.kind)).toEqual(['PUBLISH', 'RELEASE']);
    const types = (await world.facts(opened.id)).map((fact) => fact.type);
    for (const type of ['published', 'repayment', 'release-published', 'released'])
      expect([type, types.filter((one) => one === type).length]).toEqual([type, 1]);
  });
});
