import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addDays, firstMomentAfter, shanghaiDate } from '../../domain/calendar.js';
import { creditCodeCheck, organisationCheck } from '../../domain/identity/check-digits.js';
import type { PartyKind } from '../../domain/identity/identifier.js';
import { type IdentifierType, parseIdentifier } from '../../domain/identity/identifier.js';
import { servicesWithoutRule } from '../../registry/comparisons.js';
import type { DefaulterInput, Party } from '../../registry/inputs.js';
import { giveDirective } from '../../registry/interceptions.js';
import { termEndOf } from '../../registry/lives.js';
import { acknowledge, assignPositions, readNotices } from '../../registry/notices.js';
import { createPool, type Pool, sqlState } from '../../registry/pool.js';
import { statistics } from '../../registry/statistics.js';
import * as byHand from '../harness/by-hand.js';
import { createWorld, defaulter, JUDGE, person, residentNumber, type World } from '../harness/world.js';

// Rules of the law and of the handbook that no other test states: docs/rules.md says which test is whose. The process by hand.
let world: World;
let owner: Pool;
beforeAll(async () => {
  world = await createWorld();
  owner = createPool({ connectionString: world.adminUrl, applicationName: 'owner', max: 2 });
});
afterAll(async () => {
  await owner.end();
  await world.close();
});

const pursue = (opened: { defaulters: { id: string }[] }) => byHand.pursue(world, opened);
const today = shanghaiDate(Date.now());
const inForce = async (...defaulters: DefaulterInput[]) => {
  const opened = await world.open(defaulters);
  await pursue(opened);
  return opened;
};
const party = (kind: PartyKind, name: string, ...documents: [IdentifierType, string, string?][]): Party => ({
  kind,
  name,
  identifiers: documents.map(([type, number, country]) => {
    const parsed = parseIdentifier({ type, number, country }, today);
    if (!parsed.ok) throw new Error(`${type}: ${parsed.code}`);
    return parsed.identifier;
  }),
});
/** An organisation code of the range kept for private use, and the unified social credit code around it. */
const organisationCode = (serial: number): string => {
  const body = `PDY${String(serial).padStart(5, '0')}`;
  return body + organisationCheck(body);
};
const creditCode = (serial: number, prefix = '91520112'): string => {
  const body = prefix + organisationCode(serial);
  return body + creditCodeCheck(body);
};
const organisation = (name: string, uscc: string): Party => party('organisation', name, ['uscc', uscc]);
const outcome = async (service: string, asked: Party): Promise<string> => (await world.compare(service, asked)).outcome;
/** Why a comparison came out as it did: in the record, whatever the department was told. */
const recorded = async (service: string, asked: Party): Promise<string[]> => {
  const { id } = await world.compare(service, asked);
  const { rows } = await owner.query<{ reasons: string[] }>('select reasons from comparison where id = $1', [id]);
  return rows[0]?.reasons ?? [];
};
const kinds = async (caseId: string): Promise<string[]> => {
  const { rows } = await owner.query<{ kind: string }>(
    'select kind from notice where enforcement_case = $1 order by ordering',
    [caseId],
  );
  return rows.map((row) => row.kind);
};
const state = async (caseId: string) => (await world.view(caseId)).defaulters[0]?.state;

describe('ways off the list', () => {
  it('revoked (art. 9 ¶1): every measure of every ground ends at once, and the departments are told', async () => {
    const debtor = person();
    const measures = defaulter(debtor, ['LISTING', 'CONSUMPTION', 'EXIT', { seal: 'U-1' }]);
    const opened = await inForce({ ...measures, ground: 3, termMonths: 36 });
    expect(await outcome('AIC-01', debtor)).toBe('INTERCEPT');
    await world.decide(opened.id, { type: 'revoke', reason: '不应列入' });
    expect(await recorded('AIC-01', debtor)).toEqual(['REVOKED']);
    expect(await recorded('BDC-02', debtor)).toEqual(['REVOKED']);
    expect(await recorded('PSB-04', debtor)).toEqual(['REVOKED']);
    await pursue(opened);
    expect([await kinds(opened.id), await state(opened.id)]).toEqual([['PUBLISH', 'RELEASE'], 'RELEASING']);
  });

  it('shielded is kept, not deleted: no comparison sees it, nobody can remove it, the court still finds it', async () => {
    const debtor = person();
    const opened = await inForce(defaulter(debtor));
    await world.pay(opened.id, 40_000_000n);
    expect(await recorded('AIC-01', debtor)).toEqual(['SHIELDED']);
    for (const pool of [owner, world.pool]) {
      const removed = pool.query('delete from restriction where enforcement_case = $1', [opened.id]);
      expect(await removed.then(() => 'removed', sqlState)).toBe('42501');
    }
    const [listing] = (await world.view(opened.id)).defaulters[0]?.restrictions ?? [];
    expect(listing).toMatchObject({ measure: 'LISTING', endGround: 'performed' });
  });

  it('shielding the listing ends neither seal nor exit ban: each goes on acting until its own act', async () => {
    const debtor = person();
    const opened = await inForce(defaulter(debtor, ['LISTING', 'CONSUMPTION', 'EXIT', { seal: 'U-2' }]));
    await world.pay(opened.id, 40_000_000n);
    const sale = () => world.compare('BDC-01', debtor, { object: { type: 'property-unit', number: 'U-2' } });
    expect([await outcome('AIC-01', debtor), await outcome('BDC-02', debtor)]).toEqual(['CLEAR', 'CLEAR']);
    expect([(await sale()).interceptions[0]?.measures, await outcome('PSB-04', debtor)]).toEqual([
      ['SEAL'],
      'INTERCEPT',
    ]);
    await world.decide(opened.id, { type: 'release', ground: 'performed', measures: ['SEAL'] });
    expect([(await sale()).outcome, await outcome('PSB-04', debtor)]).toEqual(['CLEAR', 'INTERCEPT']);
  });

  it('a settlement that is performed, a withdrawal or a closed procedure free in the answer to the decision', async () => {
    for (const ground of [
      'settled',
      'creditor-request',
      'no-assets',
      'retrial-or-bankruptcy',
      'not-enforced',
      'terminated',
    ] as const) {
      const debtor = person();
      const opened = await inForce(defaulter(debtor));
      await world.decide(opened.id, { type: 'release', ground });
      expect([ground, await outcome('AIC-01', debtor), await outcome('BDC-02', debtor)]).toEqual([
        ground,
        'CLEAR',
        'CLEAR',
      ]);
    }
  });

  it('an objection upheld after shielding is on record with its ruling, told to the judge, and changes nothing that has ended', async () => {
    const opened = await inForce(defaulter(person()), defaulter(person()));
    const [one] = opened.defaulters;
    const objection = { number: '（2026）黔0112执异7号', madeOn: '2026-03-02' };
    const upheld = { type: 'revoke', reason: '异议成立', objection } as const;
    await world.pay(opened.id, 40_000_000n);
    // Without the ruling it is one of two decisions at once, and has come too late.
    await expect(world.decide(opened.id, { type: 'revoke', reason: '不应列入' })).rejects.toMatchObject({
      code: 'state-conflict',
    });
    const { id } = await world.decide(opened.id, { ...upheld, defaulter: one?.id ?? '' });
    await pursue(opened);
    const ended = (await world.view(opened.id)).defaulters.flatMap((d) => d.restrictions.map((r) => r.endGround));
    expect(new Set(ended)).toEqual(new Set(['performed']));
    const facts = (await world.facts(opened.id)).map(({ type, defaulter: about, detail }) => ({ type, about, detail }));
    expect(facts).toContainEqual({
      type: 'decision',
      about: one?.id,
      detail: { decision: id, decisionType: 'revoke' },
    });
    expect(facts).toContainEqual({ type: 'late-fact', about: one?.id, detail: { fact: 'decision', ref: id } });
    // Everybody has acknowledged meanwhile, and the life is over: it is still taken.
    await owner.query('update defaulter set ended_at = now() where enforcement_case = $1', [opened.id]);
    const later = await world.decide(opened.id, upheld);
    expect((await world.facts(opened.id)).at(-1)).toMatchObject({
      type: 'late-fact',
      detail: { fact: 'decision', ref: later.id },
    });
    const { rows } = await owner.query(
      `select kind, defaulter from inbox_item where enforcement_case = $1 order by at`,
      [opened.id],
    );
    expect(rows).toEqual([
      { kind: 'late-fact', defaulter: one?.id },
      { kind: 'late-fact', defaulter: null },
    ]);
  });

  it('an objection upheld in time revokes like any other', async () => {
    const debtor = person();
    const opened = await inForce(defaulter(debtor));
    const objection = { number: '（2026）黔0112执异8号', madeOn: '2026-03-02' };
    await world.decide(opened.id, { type: 'revoke', reason: '异议成立', objection });
    expect(await recorded('AIC-01', debtor)).toEqual(['REVOKED']);
    expect((await world.facts(opened.id)).map((fact) => fact.type)).not.toContain('late-fact');
  });
});

describe('whom a measure reaches', () => {
  it('R3: a legal representative is reached by CONSUMPTION on its rows only; the company not because its representative is listed', async () => {
    const company = organisation('示例建筑有限公司', creditCode(11));
    const head = person('巳某');
    await inForce({ ...defaulter(company), representatives: [{ role: '法定代表人', party: head }] });
    expect(await world.compare('BDC-02', head)).toMatchObject({
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
    await owner.query(
      `insert into service (code, department, name_zh, name_en, never_gated) values ('PLN-77', 'PLN', '新事项', 'new service', false)`,
    );
    const alarms = servicesWithoutRule.count;
    expect([await recorded('PLN-77', debtor), servicesWithoutRule.count]).toEqual([['SERVICE_NOT_GATED'], alarms + 1]);
  });

  it('R10: after the release of one measure the answer names what is left', async () => {
    const debtor = person();
    const opened = await inForce({ ...defaulter(debtor), ground: 4, termMonths: 24 });
    const ask = async () => (await world.compare('HPF-01', debtor)).interceptions[0]?.measures;
    expect((await ask())?.sort()).toEqual(['CONSUMPTION', 'LISTING']);
    await world.decide(opened.id, { type: 'release', ground: 'settled', measures: ['CONSUMPTION'] });
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
    await world.decide(opened.id, { type: 'stay', reason: '受理破产申请' });
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
      world.compare('BDC-01', debtor, { reference, object: { type: 'property-unit', number: 'U-3' } });
    const held = await sale('auction-1');
    expect(held.interceptions).toHaveLength(1);
    await world.tx((tx) => giveDirective(tx, world.ring, held.interceptions[0]?.id ?? '', { type }, JUDGE));
    expect([(await sale('auction-1')).outcome, (await sale('auction-2')).outcome]).toEqual(['CLEAR', 'REVIEW']);
    expect(await kinds(opened.id)).toEqual(['PUBLISH', 'DIRECTIVE']);
  });
});

it('R18: the figures count entries, comparisons, real stops, distinct persons, person-times and yuan, each in its own unit', async () => {
  const figures = () => statistics(owner);
  const before = await figures();
  const number = residentNumber();
  const [one, two] = [
    await inForce(defaulter(person('氐某', number))),
    await inForce(defaulter(person('氐某', number))),
  ];
  const held = await world.compare('PLN-01', person('氐某', number));
  await world.compare('TAX-01', person('房某'));
  const since = async () => {
    const now = await figures();
    return {
      entries: now.entries - before.entries,
      live: now.liveEntries - before.liveEntries,
      comparisons: now.comparisons - before.comparisons,
      stops: now.interceptions - before.interceptions,
      persons: now.subjectsIntercepted - before.subjectsIntercepted,
      performed: now.performed - before.performed,
      yuan: Number(now.repaid) - Number(before.repaid),
    };
  };
  const listed = { entries: 2, live: 2, comparisons: 2, stops: 0, persons: 0, performed: 0, yuan: 0 };
  // Held is not stopped; one person in two cases is two entries and one person.
  expect(await since()).toEqual(listed);
  for (const { id } of held.interceptions)
    await world.tx((tx) => giveDirective(tx, world.ring, id, { type: 'REFUSE' }, JUDGE));
  expect(await since()).toEqual({ ...listed, stops: 2, persons: 1 });
  for (const { id } of [one, two]) await world.pay(id, 40_000_000n);
  expect(await since()).toEqual({ ...listed, live: 0, stops: 2, persons: 1, performed: 2, yuan: 800_000 });
});

describe('the court itself applies (a judicial auction)', () => {
  const unit = { type: 'property-unit', number: 'GB0009F1' } as const;
  const document = { number: '（2026）黔0112执协5号', madeOn: '2026-03-01' };
  const announced = async (number = document.number, untilAt = firstMomentAfter(addDays(today, 30))) => {
    const debtor = person();
    const opened = await inForce(defaulter(debtor, ['LISTING', { seal: unit.number }]));
    const announcement = { document: { ...document, number }, asset: unit, untilAt };
    await world.decide(opened.id, { type: 'court-application', ...announcement });
    return debtor;
  };
  const transfer = (
    debtor: Party,
    given: { court: string; number: string } | null,
    object: typeof unit | null = unit,
  ) =>
    world.compare('BDC-01', debtor, {
      ...(object ? { object } : {}),
      ...(given ? { courtApplication: given } : {}),
    });
  const named = { court: '黔0112', number: '(2026)黔0112执协5号' };

  it('passes with the document and the asset that it has recorded, and the record says why', async () => {
    const { id, outcome: answered, reasons } = await transfer(await announced(), named);
    expect([answered, reasons]).toEqual(['CLEAR', []]);
    const { rows } = await owner.query('select reasons from comparison where id = $1', [id]);
    expect(rows).toEqual([{ reasons: ['COURT_IS_APPLICANT'] }]);
  });

  it('a claim of the counter alone passes nothing: another document, court or asset, none, or one that is over', async () => {
    const debtor = await announced();
    for (const given of [{ ...named, number: '（2026）黔0112执协6号' }, { ...named, court: '黔0102' }, null])
      expect((await transfer(debtor, given)).outcome).toBe('REVIEW');
    expect((await transfer(debtor, named, { ...unit, number: 'GB0009F2' } as never)).outcome).toBe('REVIEW');
    expect((await transfer(debtor, named, null)).outcome).toBe('REVIEW');
    const over = await announced('（2026）黔0112执协4号', new Date(Date.now() - 1_000).toISOString());
    expect((await transfer(over, { ...named, number: '（2026）黔0112执协4号' })).outcome).toBe('REVIEW');
    // A case in which nothing was recorded, whatever the counter says.
    const stranger = person();
    await inForce(defaulter(stranger, ['LISTING', { seal: 'GB0009F3' }]));
    expect((await transfer(stranger, named, { ...unit, number: 'GB0009F3' } as never)).outcome).toBe('REVIEW');
  });

  it('frees nothing of another court: its seal on the same asset is its own to let go', async () => {
    const number = residentNumber();
    const debtor = person('亢某', number);
    const seals = () => defaulter(person('亢某', number), [{ seal: unit.number }]);
    const here = await inForce(seals());
    await world.decide(here.id, { type: 'court-application', document, asset: unit, untilAt: firstMomentAfter(today) });
    const there = await world.open([seals()], {
      court: '黔2701',
      judge: '黔2701-J1',
      caseNumber: '（2026）黔2701执89号',
    });
    await pursue(there);
    const held = await transfer(debtor, named);
    expect(held.interceptions.map((one) => one.case.court)).toEqual(['黔2701']);
  });
});

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
    await inForce(defaulter(listed));
    expect(await outcome('AIC-01', asked)).toBe(expected);
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
    await inForce(defaulter(party('organisation', '示例商贸有限公司', listed)));
    const counter = party('organisation', '示例商贸有限公司', asked);
    expect(await world.compare('PLN-01', counter)).toMatchObject({ outcome: 'REVIEW', reasons: ['ID_ALIAS'] });
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
      await inForce(defaulter(debtor, [{ seal: sealed }]));
      const sale = (number: string) => world.compare('BDC-01', debtor, { object: { type: 'property-unit', number } });
      expect((await sale(asked)).interceptions.flatMap((one) => one.measures)).toEqual(other ? [] : ['SEAL']);
      expect((await sale(`${asked}1`)).outcome).toBe('CLEAR');
    },
  );

  it('is sealed once in one life, however it is spelled', async () => {
    const opened = await inForce(defaulter(person(), [{ seal: 'GB0001F7' }]));
    const again = { type: 'property-unit', number: 'gb-0001 f7' } as const;
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
    await inForce(defaulter(person(listed, number)));
    expect(await outcome('AIC-01', person(asked, number))).toBe(expected);
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
    await pursue(opened);
    const asked = await world.compare('AIC-01', party('person', '奎某', ['passport', 'E6789012', 'CHN']));
    expect(asked.interceptions).toHaveLength(1);
  });
});

describe('order and time', () => {
  it('grace lasts through its last day and not a moment longer', async () => {
    const granted = (graceUntil: string) => world.open([{ ...defaulter(), graceUntil }]);
    const [lastDay, dayAfter] = [await granted(today), await granted(addDays(today, -1))];
    await pursue(lastDay);
    await pursue(dayAfter);
    expect([await state(lastDay.id), await state(dayAfter.id)]).toEqual(['GRACE', 'IN_FORCE']);
    expect((await world.facts(dayAfter.id)).map((fact) => fact.type)).toEqual([
      'case-opened',
      'grace-ended',
      'published',
    ]);
  });

  it('two years from 29 February end with 28 February, at midnight in Shanghai', () => {
    expect(termEndOf('2028-02-29', 24)).toBe(Date.parse(firstMomentAfter('2030-02-28')));
    expect(termEndOf('2028-02-29', 24)).toBe(Date.parse('2030-02-28T16:00:00Z'));
    expect(termEndOf('2028-02-29', 48)).toBe(Date.parse('2032-02-29T16:00:00Z'));
  });

  it('a clock that is wrong on our machine ends nothing early and nothing late: PostgreSQL’s decides', async () => {
    const debtor = person();
    const opened = await inForce({ ...defaulter(debtor), ground: 2, termMonths: 24 });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_000 * 86_400_000 });
    try {
      expect(await outcome('AIC-01', debtor)).toBe('INTERCEPT');
      await world.pay(opened.id, 1n);
    } finally {
      vi.useRealTimers();
    }
    const last = (await world.facts(opened.id)).at(-1);
    expect(Math.abs(Date.parse(last?.at ?? '') - Date.now())).toBeLessThan(60_000);
  });

  it('two courts, one releases: the other court’s case goes on stopping, and is the only one named', async () => {
    const number = residentNumber();
    const here = await inForce(defaulter(person('角某', number)));
    const there = await world.open([defaulter(person('角某', number))], {
      court: '黔2701',
      judge: '黔2701-J1',
      caseNumber: '（2026）黔2701执88号',
    });
    await pursue(there);
    expect((await world.compare('AIC-01', person('角某', number))).interceptions).toHaveLength(2);
    await world.pay(here.id, 40_000_000n);
    const left = await world.compare('AIC-01', person('角某', number));
    expect(left.interceptions.map((one) => one.case.court)).toEqual(['黔2701']);
  });

  it('an acknowledgement given twice is one, and one of less takes nothing back', async () => {
    await inForce(defaulter());
    await assignPositions(world.pool);
    const actor = { role: 'department' as const, id: 'SCI' };
    const { served } = await world.tx((tx) => readNotices(tx, 'SCI', undefined, 200));
    const give = (upTo: number) => world.tx((tx) => acknowledge(tx, 'SCI', BigInt(upTo), actor));
    expect([await give(served), await give(served), await give(0)]).toEqual(Array(3).fill({ acknowledged: served }));
    const { rows } = await owner.query(`select 1 from acknowledgement where department = 'SCI'`);
    expect(rows).toHaveLength(1);
  });
});
