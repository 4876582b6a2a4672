// Who is stopped by whose measure, and who beside them is not: docs/rules.md. The process by hand.

import { describe, expect, it } from 'vitest';
import { giveDirective } from '../../../registry/courts/directives.js';
import { servicesWithoutRule } from '../../../registry/departments/comparisons.js';
import { JUDGE } from '../../builders/cases.js';
import { creditCode, residentNumber } from '../../builders/numbers.js';
import { defaulter, organisation, party, person, unit } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { interceptionOf, useWorld } from '../../harness/world.js';

const world = useWorld();

describe('whom a measure reaches', () => {
  it('R3: a legal representative is reached by CONSUMPTION on its rows only; the company not because its representative is listed', async () => {
    const company = organisation('示例建筑有限公司', creditCode(11));
    const head = person('巳某');
    await world.inForce({ ...defaulter(company), representatives: [{ role: '法定代表人', party: head }] });
    expect(await world.compare(SERVICES.purchase, head)).toMatchObject({
      outcome: 'INTERCEPT',
      reasons: ['ID_EXACT', 'LEGAL_REP_OF'],
      interceptions: [{ measures: ['CONSUMPTION'] }],
    });
    expect([
      await world.outcome(SERVICES.planningScheme, head),
      await world.outcome(SERVICES.companyRegistration, head),
    ]).toEqual(['CLEAR', 'CLEAR']);
    expect(await world.outcome(SERVICES.planningScheme, company)).toBe('REVIEW');
    const listed = person('午某');
    await world.inForce(defaulter(listed));
    const other = organisation('另一示例有限公司', creditCode(12, 'N1520112'));
    expect([
      await world.outcome(SERVICES.planningScheme, listed),
      await world.outcome(SERVICES.planningScheme, other),
    ]).toEqual(['REVIEW', 'CLEAR']);
  });

  it('R4: a service without any rule lets everybody pass, and raises an alarm', async () => {
    const debtor = person();
    await world.inForce(defaulter(debtor));
    await world.owner.query(
      `insert into service (code, department, name_zh, name_en, never_gated) values ('PLN-77', 'PLN', '新事项', 'new service', false)`,
    );
    const alarms = servicesWithoutRule.count;
    expect([await world.recorded('PLN-77', debtor), servicesWithoutRule.count]).toEqual([
      ['SERVICE_NOT_GATED'],
      alarms + 1,
    ]);
  });

  it('R10: after the release of one measure the answer names what is left', async () => {
    const debtor = person();
    const opened = await world.inForce({ ...defaulter(debtor), ground: 4, termMonths: 24 });
    const ask = async () => (await world.compare(SERVICES.housingLoan, debtor)).interceptions[0]?.measures;
    expect((await ask())?.sort()).toEqual(['CONSUMPTION', 'LISTING']);
    await world.decide(opened.id, { type: 'release', ground: 'settled', measures: ['CONSUMPTION'] });
    expect(await ask()).toEqual(['LISTING']);
  });

  it('only the party at the counter is compared: a joint buyer, an agent or a guardian beside a listed person passes', async () => {
    await world.inForce(defaulter(person()));
    expect(await world.recorded(SERVICES.purchase, person('未某'))).toEqual(['NO_MATCH']);
  });

  it('an administrator in bankruptcy acts for a listed company: the company is held, the administrator is not; a stay lets the company pass', async () => {
    const company = organisation('破产示例有限公司', creditCode(13));
    const opened = await world.inForce(defaulter(company));
    expect([
      await world.outcome(SERVICES.planningScheme, company),
      await world.outcome(SERVICES.companyRegistration, person('申某')),
    ]).toEqual(['REVIEW', 'CLEAR']);
    await world.decide(opened.id, { type: 'stay', reason: '受理破产申请' });
    expect(await world.outcome(SERVICES.planningScheme, company)).toBe('CLEAR');
  });

  it('an individual business is its operator: listed as a person, met under the code of the business', async () => {
    const number = residentNumber();
    const operator = party('person', '酉某', ['resident-id', number], ['uscc', creditCode(14, '92520112')]);
    await world.inForce(defaulter(operator));
    expect(
      await world.outcome(SERVICES.companyRegistration, party('person', '酉某', ['uscc', creditCode(14, '92520112')])),
    ).toBe('INTERCEPT');
    expect(await world.outcome(SERVICES.companyRegistration, party('person', '酉某', ['resident-id', number]))).toBe(
      'INTERCEPT',
    );
  });

  it.each([
    ['a judicial auction', 'ALLOW'],
    ['a sale in order to pay', 'PROCEEDS_TO_COURT'],
  ] as const)('%s passes by the court’s directive, that business alone', async (_what, type) => {
    const debtor = person();
    const opened = await world.inForce(defaulter(debtor, ['LISTING', { seal: 'U-3' }]));
    const sale = (reference: string) => world.compare(SERVICES.sale, debtor, { reference, object: unit('U-3') });
    const held = await sale('auction-1');
    expect(held.interceptions).toHaveLength(1);
    await world.tx((tx) => giveDirective(tx, world.ring, interceptionOf(held), { type }, JUDGE));
    expect([(await sale('auction-1')).outcome, (await sale('auction-2')).outcome]).toEqual(['CLEAR', 'REVIEW']);
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH', 'DIRECTIVE']);
  });
});
