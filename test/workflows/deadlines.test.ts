// The table of deadlines in seconds: what takes days is seen in moments.

import { beforeAll, describe, expect, it } from 'vitest';
import { listInbox } from '../../registry/case/inbox.js';
import { giveDirective } from '../../registry/courts/directives.js';
import { readInboxItem } from '../../registry/courts/read-inbox-item.js';
import { enforcementWorkflowId } from '../../workflows/messages.js';
import { DEBT, FEN } from '../builders/amounts.js';
import { COURT, JUDGE } from '../builders/cases.js';
import { defaulter, person } from '../builders/parties.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { interceptionOf, lifeOf, useWorld } from '../harness/world.js';

const world = useWorld();
beforeAll(async () => {
  await world.owner.query(`update deadline_rule set within = 'PT1S'`);
  world.startWorker();
});

const scope = { judge: JUDGE.id, courts: [COURT] };
const inbox = async (caseId: string) =>
  (await listInbox(world.pool, scope, undefined, 200)).items.filter((item) => item.case === caseId);
const escalations = async (caseId: string) =>
  (await world.facts(caseId))
    .filter((fact) => fact.type === 'escalated')
    .map((fact) => `${fact.detail.deadline} ${fact.detail.level}`);
const inForce = async (debtor = person(), measures?: Parameters<typeof defaulter>[1]) => {
  const opened = await world.open([defaulter(debtor, measures)]);
  await world.until(opened.id, 'IN_FORCE');
  await world.acknowledgeAll();
  return opened;
};

describe('the judge’s clocks', () => {
  it('unread and unanswered, both run out, level by level, and the life goes on', async () => {
    const debtor = person();
    const opened = await inForce(debtor);
    await world.compare(SERVICES.companyRegistration, debtor);
    await eventually(async () => (await escalations(opened.id)).length === 4);
    expect((await escalations(opened.id)).sort()).toEqual(['answer 1', 'answer 2', 'read 1', 'read 2']);
    expect((await inbox(opened.id)).filter((item) => item.kind === 'escalation')).toHaveLength(4);
    await world.pay(opened.id, DEBT);
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
  });

  it('read and answered in time, nothing is escalated', async () => {
    await world.owner.query(`update deadline_rule set within = 'PT1H' where kind in ('read', 'answer')`);
    const debtor = person();
    const opened = await inForce(debtor);
    const hit = await world.compare(SERVICES.companyRegistration, debtor);
    const item = await eventually(async () => (await inbox(opened.id)).find((one) => one.kind === 'interception'));
    expect(Date.parse(item.deadline ?? '')).toBeGreaterThan(Date.parse(item.at));
    await world.tx((tx) => readInboxItem(tx, world.ring, item.id, scope, JUDGE));
    await world.tx((tx) => giveDirective(tx, world.ring, interceptionOf(hit), { type: 'REFUSE' }, JUDGE));
    // The hour is over now, and any fact lets the life look at its clock.
    await world.owner.query('update deadline set due_at = clock_timestamp() where defaulter = $1', [
      opened.defaulters[0]?.id,
    ]);
    await world.pay(opened.id, FEN);
    await eventually(async () => {
      const { rows } = await world.owner.query('select 1 from deadline where defaulter = $1 and settled_at is null', [
        opened.defaulters[0]?.id,
      ]);
      return rows.length === 0;
    });
    expect(await escalations(opened.id)).toEqual([]);
    await world.owner.query(`update deadline_rule set within = 'PT1S'`);
  });
});

describe('a hold', () => {
  it('ends by itself at its time: the business goes on, and it is on record', async () => {
    await world.owner.query(`insert into service_rule (service, version, edition, subjects, disposition, gated_by, flags, enabled, hold_days, legal_basis, recorded_by)
      select service, 2, edition, subjects, disposition, gated_by, flags, enabled, 1, legal_basis, 'test' from service_rule where service = 'PLN-01'`);
    const debtor = person();
    const opened = await inForce(debtor);
    const held = await world.compare(SERVICES.planningScheme, debtor, { reference: 'plan-1' });
    expect(held.outcome).toBe('REVIEW');
    expect(Date.parse(held.interceptions[0]?.holdUntil ?? '') - Date.parse(held.comparedAt)).toBeGreaterThan(
      86_000_000,
    );
    expect(await world.outcome(SERVICES.planningScheme, debtor, { reference: 'plan-1' })).toBe('REVIEW');
    await eventually(async () => (await inbox(opened.id)).some((item) => item.kind === 'interception'));
    await world.owner.query(`update interception set hold_until = now() where defaulter = $1`, [
      opened.defaulters[0]?.id,
    ]);
    await world.owner.query(`update deadline set due_at = now() where defaulter = $1 and kind = 'hold'`, [
      opened.defaulters[0]?.id,
    ]);
    expect(await world.outcome(SERVICES.planningScheme, debtor, { reference: 'plan-1' })).toBe('CLEAR');
    expect(await world.outcome(SERVICES.planningScheme, debtor, { reference: 'plan-2' })).toBe('REVIEW');
    await eventually(async () => (await world.facts(opened.id)).some((fact) => fact.type === 'hold-ended'));
  });

  it('which the court has refused does not lapse', async () => {
    const debtor = person();
    const opened = await inForce(debtor);
    const held = await world.compare(SERVICES.planningScheme, debtor, { reference: 'plan-3' });
    await world.tx((tx) => giveDirective(tx, world.ring, interceptionOf(held), { type: 'REFUSE' }, JUDGE));
    await world.owner.query(`update interception set hold_until = now() where defaulter = $1`, [
      opened.defaulters[0]?.id,
    ]);
    expect(await world.outcome(SERVICES.planningScheme, debtor, { reference: 'plan-3' })).toBe('REVIEW');
  });
});

describe('acknowledgement', () => {
  it('a release that one department has not acknowledged stays open, names it at each level, and closes when it does', async () => {
    const opened = await inForce();
    await world.pay(opened.id, DEBT);
    await world.until(opened.id, 'RELEASING');
    await eventually(
      async () =>
        (await world.view(opened.id)).defaulters[0]?.notices.release.sent === 0 &&
        (await world.facts(opened.id)).some((f) => f.type === 'release-published'),
    );
    await eventually(async () => {
      await world.acknowledgeAll(['HEA']);
      return (await world.view(opened.id)).defaulters[0]?.notices.release.acknowledged === 35;
    });
    await eventually(async () => (await escalations(opened.id)).length === 3);
    const overdue = (await inbox(opened.id)).filter(
      (item) => item.kind === 'overdue-acknowledgement' && item.department === 'HEA',
    );
    expect(overdue.length).toBe(3);
    expect((await world.view(opened.id)).defaulters[0]?.state).toBe('RELEASING');
    await world.acknowledgeAll();
    await world.until(opened.id, 'RELEASED');
    await world.client.workflow.getHandle(enforcementWorkflowId(lifeOf(opened))).result();
  });
});

it('what stays after full performance is asked of the judge, with a clock', async () => {
  const opened = await inForce(person(), ['LISTING', { seal: 'U-9' }]);
  await world.pay(opened.id, DEBT);
  const task = await eventually(async () =>
    (await inbox(opened.id)).find((item) => item.kind === 'decide-restriction'),
  );
  expect(task.deadline).toBeDefined();
  await eventually(async () => (await escalations(opened.id)).includes('decide 1'));
  await world.decide(opened.id, { type: 'release', ground: 'performed', measures: ['SEAL'] });
  await eventually(async () => {
    await world.acknowledgeAll();
    return (await world.view(opened.id)).state === 'CLOSED';
  });
});
