// A department is retired or merged in the middle of everything: whoever waited for it goes on. The steps of a life by hand.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rootFolder } from '../../../local/machine/paths.mjs';
import { authenticate } from '../../../registry/access/credentials.js';
import { giveDirective } from '../../../registry/courts/directives.js';
import { createPool, inTransaction } from '../../../registry/database/pool.js';
import { acknowledge } from '../../../registry/departments/acknowledgements.js';
import { compare } from '../../../registry/departments/comparisons.js';
import { endpointOf } from '../../../registry/departments/endpoints.js';
import { dueFor } from '../../../registry/departments/notice-batches.js';
import { readNotices } from '../../../registry/departments/notices.js';
import { assignPositions } from '../../../registry/departments/positions.js';
import { type Retirement, retireDepartment } from '../../../registry/maintenance/department-retirement.js';
import { settle } from '../../../registry/process/settle.js';
import { finish, publish, tell } from '../../../registry/process/steps.js';
import { caseDepartments } from '../../../registry/views/case-departments.js';
import { DEBT } from '../../builders/amounts.js';
import { departmentActor, JUDGE } from '../../builders/cases.js';
import { defaulter, person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { departmentOf } from '../../harness/credentials.js';
import { setEndpoint } from '../../harness/endpoints.js';
import { eventually } from '../../harness/eventually.js';
import { interceptionOf, lifeOf, useWorld } from '../../harness/world.js';

const world = useWorld('test');

const retire = (code: string, retirement: Retirement) =>
  inTransaction(world.owner, (tx) => retireDepartment(tx, code, retirement, { role: 'administrator', id: 'test' }));

interface Listed {
  caseId: string;
  id: string;
  debtor: ReturnType<typeof person>;
}

async function list(): Promise<Listed> {
  const debtor = person();
  const opened = await world.open([defaulter(debtor)]);
  const id = lifeOf(opened);
  await world.tx((tx) => publish(tx, world.ring, id));
  await assignPositions(world.pool);
  return { caseId: opened.id, id, debtor };
}

async function release({ caseId, id }: Listed): Promise<void> {
  await world.pay(caseId, DEBT);
  await world.tx((tx) => tell(tx, world.ring, id));
  await assignPositions(world.pool);
}

async function acknowledgeAllOf(department: string): Promise<void> {
  await world.tx(async (tx) => {
    const { served } = await readNotices(tx, department, undefined, 200);
    await acknowledge(tx, department, BigInt(served), departmentActor(department));
  });
}

/** Settles, and lets the life finish if it may; the state it is then in. */
async function stateOf({ caseId, id }: Listed): Promise<string | undefined> {
  while ((await settle(world.pool, world.ring)) > 0);
  const { rows } = await world.pool.query<{ seq: number }>('select last_life_seq as seq from defaulter where id = $1', [
    id,
  ]);
  await world.tx((tx) => finish(tx, world.ring, id, rows[0]?.seq ?? 0));
  return (await world.view(caseId)).defaulters[0]?.state;
}

const counts = async ({ caseId }: Pick<Listed, 'caseId'>) => (await world.view(caseId)).defaulters[0]?.notices.release;
const newest = async (department: string, after: number) => world.read(department, BigInt(after));

describe('a department that is retired', () => {
  it('settles what it had open with the recorded reason, and the lives that waited for it end', async () => {
    const listed = await list();
    await world.acknowledgeAll(['QTS']);
    await release(listed);
    await world.acknowledgeAll(['QTS']);
    expect(await stateOf(listed)).toBe('RELEASING');
    expect(await counts(listed)).toEqual({ sent: 35, acknowledged: 35 });
    const retired = await retire('QTS', { reason: '职能撤销' });
    expect(retired).toMatchObject({ open: 2, handedOver: false });
    expect(await stateOf(listed)).toBe('RELEASED');
    expect(await counts(listed)).toEqual({ sent: 35, acknowledged: 35 });
    expect((await world.view(listed.caseId)).state).toBe('CLOSED');
  });

  it('ends the life that waits for it on Temporal, and closes the case', async () => {
    world.startWorker();
    const opened = await world.open([defaulter(person())]);
    await world.until(opened.id, 'IN_FORCE');
    await world.acknowledgeAll(['QTS']);
    await world.pay(opened.id, DEBT);
    await eventually(async () => (await world.read('BDC')).some((notice) => notice.kind === 'RELEASE'));
    await world.acknowledgeAll(['QTS']);
    await eventually(async () => (await counts({ caseId: opened.id }))?.acknowledged === 35);
    await retire('QTS', { reason: '职能撤销' });
    await world.until(opened.id, 'RELEASED');
  });

  it('is kept in the record: a row that cannot change, and a leaf that commits to the reason', async () => {
    await list();
    await retire('QTS', { reason: '职能撤销' });
    const { rows } = await world.owner.query<{ reason: string; leaf: Buffer; leaf_hash: Buffer; pending: boolean }>(
      `select d.reason, l.leaf, l.leaf_hash, p.entry_id is not null as pending
       from departure d join ledger_leaf l on l.entry_id = d.entry left join ledger_pending p on p.entry_id = d.entry`,
    );
    const [row] = rows;
    if (!row) throw new Error('no row');
    expect(row).toMatchObject({ reason: '职能撤销', pending: true });
    expect(createHash('sha256').update(Buffer.of(0)).update(row.leaf).digest()).toEqual(row.leaf_hash);
    expect(JSON.parse(row.leaf.toString())).toMatchObject({ type: 'department-retired', dept: 'QTS' });
    expect(row.leaf.toString()).not.toContain('职能');
    await expect(world.owner.query(`update departure set reason = 'x'`)).rejects.toThrow(/append-only/);
  });

  it('signs in no more, takes nothing by webhook, and is in no later notice’s scope', async () => {
    const before = await list();
    await setEndpoint(world, 'QTS', 'https://qts.example/notices');
    await retire('QTS', { reason: '职能撤销' });
    // The pool of a process that has not seen the token yet.
    const fresh = createPool({ connectionString: world.adminUrl, applicationName: 'fresh', max: 1 });
    expect(await authenticate(fresh, departmentOf('QTS').token)).toBeUndefined();
    await fresh.end();
    expect(await endpointOf(world.pool, 'QTS')).toBeUndefined();
    expect(await world.tx((tx) => dueFor(tx, world.ring, 'QTS'))).toEqual({ kind: 'closed' });
    await expect(setEndpoint(world, 'QTS', 'https://qts.example/')).rejects.toMatchObject({ code: 'state-conflict' });
    await release(before);
    const after = await list();
    await world.acknowledgeAll(['QTS']);
    expect(await stateOf(before)).toBe('RELEASED');
    expect((await world.view(after.caseId)).defaulters[0]?.notices.publish).toEqual({ sent: 35, acknowledged: 35 });
    const asked = await caseDepartments(world.pool, after.caseId);
    expect(asked).toHaveLength(35);
    expect(asked.map((one) => one.code)).not.toContain('QTS');
  });

  it('stays on the account of what it had acknowledged', async () => {
    const listed = await list();
    await release(listed);
    await world.acknowledgeAll();
    await retire('QTS', { reason: '职能撤销' });
    expect(await counts(listed)).toEqual({ sent: 36, acknowledged: 36 });
    const departments = await caseDepartments(world.pool, listed.caseId);
    expect(departments.find((one) => one.code === 'QTS')?.release?.acknowledgedAt).toBeDefined();
  });
});

describe('a department that is merged', () => {
  it('hands its open notices to its successor, also those the successor has read for itself; lives wait for that one', async () => {
    const listed = await list();
    await release(listed);
    await world.acknowledgeAll(['QTS']);
    const [{ served }, before] = [
      await world.tx((tx) => readNotices(tx, 'AIC', undefined, 200)),
      await world.read('AIC'),
    ];
    expect(await retire('QTS', { successor: 'AIC', reason: '并入市场监管' })).toMatchObject({
      open: 2,
      handedOver: true,
    });
    expect(await stateOf(listed)).toBe('RELEASING');
    expect(await counts(listed)).toEqual({ sent: 35, acknowledged: 35 });
    const handed = await newest('AIC', served);
    expect(handed.map((notice) => [notice.kind, notice.void ?? false, notice.defaulter])).toEqual([
      ['PUBLISH', true, listed.id],
      ['RELEASE', false, listed.id],
    ]);
    expect(handed.map((notice) => notice.id)).not.toEqual(before.map((notice) => notice.id));
    expect(handed[1]?.services.some((service) => service.startsWith('QTS-'))).toBe(true);
    expect(await counts(listed)).toEqual({ sent: 36, acknowledged: 35 });
    expect((await newest('BDC', served)).filter((notice) => notice.defaulter === listed.id)).toEqual([]);
    await acknowledgeAllOf('AIC');
    expect(await stateOf(listed)).toBe('RELEASED');
    expect(await counts(listed)).toEqual({ sent: 36, acknowledged: 36 });
  });

  it('hands over its services and the business it holds: the successor compares, is directed, and frees', async () => {
    const listed = await list();
    await world.acknowledgeAll();
    const hit = await world.compare(SERVICES.foodProduction, listed.debtor, { reference: '许可-1' });
    const interception = interceptionOf(hit);
    await retire('FDA', { successor: 'AIC', reason: '并入市场监管' });
    const business = { service: SERVICES.foodProduction, reference: '许可-1', party: listed.debtor };
    const again = await world.tx((tx) => compare(tx, world.ring, 'AIC', business, departmentActor('AIC')));
    expect(again).toMatchObject({ outcome: 'REVIEW', interceptions: [{ id: interception }] });
    await world.tx((tx) => giveDirective(tx, world.ring, interception, { type: 'REFUSE' }, JUDGE));
    await assignPositions(world.pool);
    const directive = (await world.read('AIC')).find((notice) => notice.kind === 'DIRECTIVE');
    expect(directive?.directive?.type).toBe('REFUSE');
    await release(listed);
    const freed = (await world.read('AIC')).find((notice) => notice.kind === 'RELEASE');
    expect(freed?.interceptions).toEqual([{ id: interception, reference: '许可-1' }]);
    await world.acknowledgeAll(['FDA']);
    expect(await stateOf(listed)).toBe('RELEASED');
  });

  it('takes its own directives along', async () => {
    const listed = await list();
    await world.acknowledgeAll();
    const hit = await world.compare(SERVICES.foodProduction, listed.debtor);
    await world.tx((tx) => giveDirective(tx, world.ring, interceptionOf(hit), { type: 'PROCEEDS_TO_COURT' }, JUDGE));
    await assignPositions(world.pool);
    await retire('FDA', { successor: 'AIC', reason: '并入市场监管' });
    expect((await world.read('AIC')).filter((notice) => notice.kind === 'DIRECTIVE')).toMatchObject([
      { directive: { type: 'PROCEEDS_TO_COURT' } },
    ]);
  });

  it('takes along a directive that is written while it is being merged', async () => {
    const listed = await list();
    const held = await world.compare(SERVICES.sale, listed.debtor);
    const interception = interceptionOf(held);
    let commit = (): void => undefined;
    const merged = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let given = (): void => undefined;
    const written = new Promise<void>((resolve) => {
      given = resolve;
    });
    const directing = world.tx(async (tx) => {
      const { id } = await giveDirective(tx, world.ring, interception, { type: 'REFUSE' }, JUDGE);
      given();
      await merged;
      return id;
    });
    await written;
    const retiring = retire('BDC', { successor: 'LAN', reason: '并入自然资源' });
    // It waits for the judge with what it has to hand over counted already, and the directive not among it.
    await eventually(async () => {
      const { rows } = await world.owner.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return rows.length > 0;
    }).finally(commit);
    const [id] = await Promise.all([directing, retiring]);
    await assignPositions(world.pool);
    const notified = (await world.read('LAN')).filter((notice) => notice.directive);
    expect(notified.map((notice) => [notice.directive?.id, notice.interceptions?.[0]?.id])).toEqual([
      [id, interception],
    ]);
    expect((await world.read('PLN')).filter((notice) => notice.directive)).toEqual([]);
  });

  it('and merged again: what is still open goes on to the next', async () => {
    const listed = await list();
    await release(listed);
    await world.acknowledgeAll(['QTS']);
    await retire('QTS', { successor: 'FDA', reason: '并入食药监' });
    expect(await retire('FDA', { successor: 'AIC', reason: '并入市场监管' })).toMatchObject({ open: 2 });
    expect(await stateOf(listed)).toBe('RELEASING');
    await acknowledgeAllOf('AIC');
    expect(await stateOf(listed)).toBe('RELEASED');
    const { rows } = await world.owner.query<{ whole: boolean }>(
      'select count(*) = max(position) and count(distinct position) = count(*) as whole from notice',
    );
    expect(rows[0]?.whole).toBe(true);
  });

  it('keeps the order of one defaulter’s notices for the successor', async () => {
    const listed = await list();
    await world.decide(listed.caseId, { type: 'stay', reason: '案外人异议' });
    await world.tx((tx) => tell(tx, world.ring, listed.id));
    await assignPositions(world.pool);
    await acknowledgeAllOf('AIC');
    await world.decide(listed.caseId, { type: 'resume' });
    // Written, and without a place in the log yet, when the departments are merged.
    await world.tx((tx) => tell(tx, world.ring, listed.id));
    await retire('QTS', { successor: 'AIC', reason: '并入市场监管' });
    await assignPositions(world.pool);
    const kinds = (await world.read('AIC')).map((notice) => notice.kind);
    expect(kinds).toEqual(['PUBLISH', 'STAY', 'PUBLISH', 'STAY', 'RESUME']);
  });
});

describe('a retirement is refused', () => {
  it.each([
    ['an unknown department', 'XXX', { reason: 'x' }, { code: 'not-found' }],
    ['an unknown successor', 'QTS', { successor: 'XXX', reason: 'x' }, { errors: [{ pointer: '/successor' }] }],
    ['itself as successor', 'QTS', { successor: 'QTS', reason: 'x' }, { errors: [{ pointer: '/successor' }] }],
    ['no reason', 'QTS', { reason: ' ' }, { errors: [{ pointer: '/reason' }] }],
  ])('%s', async (_what, code, retirement, refusal) => {
    await expect(retire(code, retirement)).rejects.toMatchObject(refusal);
  });

  it('one that has left, and one that has left as a successor', async () => {
    await retire('QTS', { reason: '职能撤销' });
    await expect(retire('QTS', { reason: 'x' })).rejects.toMatchObject({ code: 'state-conflict' });
    await expect(retire('AIC', { successor: 'QTS', reason: 'x' })).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('npm run department:retire', () => {
  const program = join(rootFolder, 'dist', 'registry', 'maintenance', 'retire-department.js');
  const run = (...parameters: string[]) =>
    spawnSync(process.execPath, [program, ...parameters], {
      env: { ...process.env, DATABASE_URL: world.adminUrl },
      encoding: 'utf8',
    });

  it('does it and says what became of what was open; says what is wrong', async () => {
    await list();
    const wrong = run('QTS');
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--reason')]);
    const refused = run('QTS', '--successor', 'XXX', '--reason', 'x');
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('/successor unknown-department')]);
    const done = run('QTS', '--successor', 'AIC', '--reason', '并入市场监管');
    expect([done.status, done.stdout]).toEqual([0, expect.stringContaining('1 open notices handed over')]);
    expect((await world.read('AIC')).map((notice) => notice.kind)).toEqual(['PUBLISH', 'PUBLISH']);
  });
});
