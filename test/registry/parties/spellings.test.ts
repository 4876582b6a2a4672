// Numbers, assets and names as they are really written: docs/rules.md. The process by hand.

import { describe, expect, it } from 'vitest';
import type { IdentifierType } from '../../../domain/identity/identifier.js';
import type { Party } from '../../../registry/inputs.js';
import { creditCode, organisationCode, residentNumber } from '../../builders/numbers.js';
import { defaulter, organisation, party, person, unit } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { useWorld } from '../../harness/world.js';

const world = useWorld();

describe('a number however it is written', () => {
  const eighteen = residentNumber('19700104');
  const cases: [string, Party, Party, string][] = [
    [
      '15 digits at the counter',
      person('甲某', eighteen),
      party('person', '甲某', ['resident-id', eighteen.slice(0, 6) + eighteen.slice(8, 17)]),
      'REVIEW',
    ],
    [
      'lower-case x, spaces and full width',
      person('甲某', '52011219700104000X'),
      party('person', '甲某', ['resident-id', '５２０１１２ 19700104 000x']),
      'INTERCEPT',
    ],
    [
      'a permit of 11 characters, listed with 9',
      party('person', '乙某', ['hk-macau-permit', 'H12345678']),
      party('person', '乙某', ['hk-macau-permit', 'H1234567802']),
      'INTERCEPT',
    ],
    [
      'a passport’s holder by the resident number',
      party('person', '丙某', ['passport', 'E1234567', 'CHN'], ['resident-id', residentNumber('19700201')]),
      party('person', '丙某', ['resident-id', residentNumber('19700201')]),
      'INTERCEPT',
    ],
    [
      'a passport of another country',
      party('person', '丁某', ['passport', 'X7654321', 'DEU']),
      party('person', '丁某', ['passport', 'X7654321', 'FRA']),
      'CLEAR',
    ],
    [
      'a document without a check',
      party('person', '戊某', ['taiwan-permit', '12345678']),
      party('person', '戊某', ['taiwan-permit', '12345678']),
      'REVIEW',
    ],
    [
      'a number that is a credit code too, asked as one',
      person('己某', '520112197002070008'),
      organisation('己某', '520112197002070008'),
      'CLEAR',
    ],
  ];

  it.each(cases)('%s', async (_what, listed, asked, expected) => {
    await world.inForce(defaulter(listed));
    expect(await world.outcome(SERVICES.companyRegistration, asked)).toBe(expected);
  });

  it.each<[string, [IdentifierType, string], [IdentifierType, string]]>([
    [
      'the organisation code in the listing, the credit code at the counter',
      ['organisation-code', organisationCode(21)],
      ['uscc', creditCode(21)],
    ],
    [
      'the credit code in the listing, the organisation code at the counter',
      ['uscc', creditCode(22)],
      ['organisation-code', organisationCode(22)],
    ],
  ])('%s', async (_what, listed, asked) => {
    await world.inForce(defaulter(party('organisation', '示例商贸有限公司', listed)));
    const counter = party('organisation', '示例商贸有限公司', asked);
    expect(await world.compare(SERVICES.planningScheme, counter)).toMatchObject({
      outcome: 'REVIEW',
      reasons: ['ID_ALIAS'],
    });
  });
});

describe('an asset however it is written', () => {
  it.each([
    ['520112001001GB00001F00010009', '520112001001gb00001f00010009'],
    ['贵A·12345', '貴A12345', 'CLEAR'],
    ['ＧＢ-0001 F9', 'GB0001F9'],
  ])(
    'sealed as %s, asked as %s: one asset, or a human is asked about another',
    async (sealed, asked, other?: string) => {
      const debtor = person();
      await world.inForce(defaulter(debtor, [{ seal: sealed }]));
      const sale = (number: string) =>
        world.compare(SERVICES.sale, debtor, { object: { type: 'property-unit', number } });
      expect((await sale(asked)).interceptions.flatMap((one) => one.measures)).toEqual(other ? [] : ['SEAL']);
      expect((await sale(`${asked}1`)).outcome).toBe('CLEAR');
    },
  );

  it('is sealed once in one life, however it is spelled', async () => {
    const opened = await world.inForce(defaulter(person(), [{ seal: 'GB0001F7' }]));
    const again = unit('gb-0001 f7');
    const decision = { number: '（2026）黔0112执9号之一', madeOn: '2026-03-01' };
    await expect(
      world.decide(opened.id, { type: 'impose', measure: 'SEAL', decision, asset: again }),
    ).rejects.toMatchObject({ code: 'state-conflict' });
  });
});

describe('a name however it is written', () => {
  it.each([
    ['买买提·吐尔逊', '买买提•吐尔逊', 'INTERCEPT'],
    ['买买提·吐尔逊', '买买提・吐尔逊', 'INTERCEPT'],
    ['𬱖某', '𬱖某', 'INTERCEPT'],
    ['神某', '\ufa19某', 'INTERCEPT'],
    ['刘某', '劉某', 'REVIEW'],
    ['戌某', '戌某某', 'REVIEW'],
  ])('listed as %s, asked as %s', async (listed, asked, expected) => {
    const number = residentNumber();
    await world.inForce(defaulter(person(listed, number)));
    expect(await world.outcome(SERVICES.companyRegistration, person(asked, number))).toBe(expected);
  });

  it('W01: a name other than the one on record for this number is a warning, and another subject', async () => {
    const number = residentNumber();
    await world.open([defaulter(person('亥某', number))]);
    // One number in 31 is a W05 as well.
    expect((await world.open([defaulter(person('亥某某', number))])).warnings).toContainEqual({
      pointer: '/defaulters/0/name',
      code: 'W01',
    });
  });
});

describe('who is on record', () => {
  it('W03: the same number and name with another document beside it is a warning, and another subject until a court says so', async () => {
    const number = residentNumber();
    await world.open([defaulter(person('奎某', number))]);
    const both = party('person', '奎某', ['resident-id', number], ['passport', 'E6789012', 'CHN']);
    const opened = await world.open([defaulter(both)]);
    expect(opened.warnings).toContainEqual({ pointer: '/defaulters/0/identifiers', code: 'W03' });
    // Nothing was merged: the passport alone meets the second record, not the first.
    await world.pursue(opened);
    const asked = await world.compare(
      SERVICES.companyRegistration,
      party('person', '奎某', ['passport', 'E6789012', 'CHN']),
    );
    expect(asked.interceptions).toHaveLength(1);
  });
});
