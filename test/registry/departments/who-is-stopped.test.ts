import { describe, expect, it } from 'vitest';
import { giveDirective } from '../../../registry/courts/directives.js';
import { servicesWithoutRule } from '../../../registry/departments/comparisons.js';
import { creditCode, organisation, party, useRules } from '../../harness/rule-tests.js';
import { defaulter, JUDGE, person, residentNumber } from '../../harness/world.js';

// Who is stopped by whose measure, and who beside them is not: docs/rules.md. The process by hand.
const { inForce, outcome, recorded, world } = useRules();

describe('whom a measure reaches', () => {
  it('R3: a legal representative is reached by CONSUMPTION on its rows only; the company not because its representative is listed', async () => {
    const company = organisation('示例建筑有限公司', creditCode(11));
    const head = person('巳某');
    await inForce({ ...defaulter(company), representatives: [{ role: '法定代表人', party: head }] });
    expect(await world().compare('BDC-02', head)).toMatchObject({
      outcome: 'INTERCEPT',
      reasons: ['ID_EXACT', 'LEGAL_REP_OF'],
      interceptions: [{ measures: ['CONSUMPTION'] }],
    });
    expect([await outcome('PLN-01', head), await outcome('AIC-01', head)]).toEqual(['CLEAR', 'CLEAR']);
    expect(await outcome('PLN-01', company)).toBe('REVIEW');
    const listed = person('午某');
    await inForce(defaulter(listed));
    const other = organisation('另一示例有限公司', creditCode(12, 'N1520112'));
    expect([await outcome('PLN-01', listed), await outcome('PLN-01', other)]).toEqual(['REVIEW', 'CLEAR']);
  });

  it('R4: a service without any rule lets everybody pass, and raises an alarm', async () => {
    const debtor = person();
    await inForce(defaulter(debtor));
    await world().owner.query(
      `insert into service (code, department, name_zh, name_en, never_gated) values ('PLN-77', 'PLN', '新事项', 'new service', false)`,
    );
    const alarms = servicesWithoutRule.count;
    expect([await recorded('PLN-77', debtor), servicesWithoutRule.count]).toEqual([['SERVICE_NOT_GATED'], alarms + 1]);
  });

  it('R10: after the release of one measure the answer names what is left', async () => {
    const debtor = person();
    const opened = await inForce({ ...defaulter(debtor), ground: 4, termMonths: 24 });
    const ask = async () => (await world().compare('HPF-01', debtor)).interceptions[0]?.measures;
    expect((await ask())?.sort()).toEqual(['CONSUMPTION', 'LISTING']);
    await world().decide(opened.id, { type: 'release', ground: 'settled', measures: ['CONSUMPTION'] });
    expect(await ask()).toEqual(['LISTING']);
  });

  it('only the party at the counter is compared: a joint buyer, an agent or a guardian beside a listed person passes', async () => {
    await inForce(defaulter(person()));
    expect(await recorded('BDC-02', person('未某'))).toEqual(['NO_MATCH']);
  });

  it('an administrator in bankruptcy acts for a listed company: the company is held, the administrator is not; a stay lets the company pass', async () => {
    const company = organisation('破产示例有限公司', creditCode(13));
    const opened = await inForce(defaulter(company));
    expect([await outcome('PLN-01', company), await outcome('AIC-01', person('申某'))]).toEqual(['REVIEW', 'CLEAR']);
    await world().decide(opened.id, { type: 'stay', reason: '受理破产申请' });
    expect(await outcome('PLN-01', company)).toBe('CLEAR');
  });

  it('an individual business is its operator: listed as a person, met under the code of the business', async () => {
    const number = residentNumber();
    const operator = party('person', '酉某', ['resident-id', number], ['uscc', creditCode(14, '92520112')]);
    await inForce(defaulter(operator));
    expect(await outcome('AIC-01', party('person', '酉某', ['uscc', creditCode(14, '92520112')]))).toBe('INTERCEPT');
    expect(await outcome('AIC-01', party('person', '酉某', ['resident-id', number]))).toBe('INTERCEPT');
  });

  it.each([
    ['a judicial auction', 'ALLOW'],
    ['a sale in order to pay', 'PROCEEDS_TO_COURT'],
  ] as const)('%s passes by the court’s directive, that business alone', async (_what, type) => {
    const debtor = person();
    const opened = await inForce(defaulter(debtor, ['LISTING', { seal: 'U-3' }]));
    const sale = (reference: string) =>
      world().compare('BDC-01', debtor, { reference, object: { type: 'property-unit', number: 'U-3' } });
    const held = await sale('auction-1');
    expect(held.interceptions).toHaveLength(1);
    await world().tx((tx) => giveDirective(tx, world().ring, held.interceptions[0]?.id ?? '', { type }, JUDGE));
    expect([(await sale('auction-1')).outcome, (await sale('auction-2')).outcome]).toEqual(['CLEAR', 'REVIEW']);
    expect(await world().kinds(opened.id)).toEqual(['PUBLISH', 'DIRECTIVE']);
  });
});
