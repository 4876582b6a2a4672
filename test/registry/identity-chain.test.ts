import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { creditCodeCheck, organisationCheck } from '../../domain/identity/check-digits.js';
import { type IdentifierType, type PartyKind, parseIdentifier } from '../../domain/identity/identifier.js';
import { compare as compareIn, stillHolds } from '../../registry/comparisons.js';
import { identityChain } from '../../registry/identity-chain.js';
import { type LinkInput, makeLink, revokeLink } from '../../registry/identity-links.js';
import { decideIdentity, explain } from '../../registry/identity-reviews.js';
import type { DefaulterInput, Party } from '../../registry/inputs.js';
import { sqlState } from '../../registry/pool.js';
import { subjectOf } from '../../registry/subjects.js';
import * as byHand from '../harness/by-hand.js';
import { eventually } from '../harness/eventually.js';
import {
  COURT,
  createWorld,
  defaulter,
  identifier,
  JUDGE,
  person,
  residentNumber,
  type World,
} from '../harness/world.js';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const EVIDENCE = 'ab'.repeat(32);
let serial = 500;
const creditCode = (prefix = '91520112'): string => {
  serial += 1;
  const code = `PDY${String(serial).padStart(5, '0')}`;
  const body = prefix + code + organisationCheck(code);
  return body + creditCodeCheck(body);
};
const party = (kind: PartyKind, name: string, ...documents: [IdentifierType, string, string?][]): Party => ({
  kind,
  name,
  identifiers: documents.map(([type, number, country]) => {
    const parsed = parseIdentifier({ type, number, country }, '2026-11-25');
    if (!parsed.ok) throw new Error(`${type}: ${parsed.code}`);
    return parsed.identifier;
  }),
});
const documentOf = ({ identifiers: [first] }: Party) => {
  if (!first) throw new Error('no document');
  return first;
};
const inForce = (...defaulters: DefaulterInput[]) => byHand.inForce(world, ...defaulters);
const subject = (of: Party) => world.tx(async (tx) => (await subjectOf(tx, world.ring, of)).subject);
type Terms = 'evidence' | 'subject';
type Said = LinkInput extends infer L ? (L extends LinkInput ? Omit<L, Terms> : never) : never;
const link = (from: string, said: Said) =>
  world.tx((tx) => makeLink(tx, world.ring, { ...said, subject: from, evidence: EVIDENCE }, COURT, JUDGE));
const revoke = (id: string) => world.tx((tx) => revokeLink(tx, world.ring, id, {}, COURT, JUDGE));
const chainOf = async (id: string) => {
  const found = await identityChain(world.pool, world.ring, id, { unmasked: true });
  if (!found) throw new Error('no such subject');
  return found;
};
const compare = (service: string, asked: Party) => world.compare(service, asked);
/** Statements that wait for a lock. */
const waiting = async () =>
  (
    await world.owner.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
  ).rowCount ?? 0;
const outcome = async (service: string, asked: Party) => (await compare(service, asked)).outcome;

describe('a link', () => {
  it('same-person: two records are one party for every comparison, the hit cites the link, and revoking parts them again', async () => {
    const listed = person('甲某');
    await inForce(defaulter(listed));
    const other = party('person', '甲某', ['passport', 'E7654321', 'CHN']);
    expect(await outcome('AIC-01', other)).toBe('CLEAR');
    const made = await link(await subject(listed), { relation: 'same-person', party: other });
    const hit = await compare('AIC-01', other);
    expect(hit).toMatchObject({
      outcome: 'INTERCEPT',
      reasons: ['ID_ALIAS'],
      interceptions: [{ links: [{ relation: 'same-person', leaf: made.leaf }] }],
    });
    const { rows } = await world.owner.query<{ detail: object }>(
      `select detail from fact where type = 'comparison-hit' and detail->>'interception' = $1`,
      [hit.interceptions[0]?.id],
    );
    expect(rows[0]?.detail).toMatchObject({ links: [made.leaf] });
    await revoke(made.id);
    expect([await outcome('AIC-01', other), await outcome('AIC-01', listed)]).toEqual(['CLEAR', 'INTERCEPT']);
  });

  it('that is revoked brings what it still holds, and nothing else, before the judge of the case', async () => {
    const listed = person('甲某');
    const opened = await inForce(defaulter(listed));
    const other = party('person', '甲某', ['passport', 'E7654322', 'CHN']);
    const made = await link(await subject(listed), { relation: 'same-person', party: other });
    const held = (await compare('AIC-01', other)).interceptions[0]?.id;
    const freed = (await compare('AIC-01', other)).interceptions[0]?.id;
    await compare('AIC-01', listed);
    await world.owner.query('update interception set freed_at = clock_timestamp() where id = $1', [freed]);
    await revoke(made.id);
    const { rows } = await world.owner.query(
      `select key, interception, department, kind from inbox_item where enforcement_case = $1 and key like 'link-revoked:%'`,
      [opened.id],
    );
    expect(rows).toEqual([
      { key: `link-revoked:${made.id}:${held}`, interception: held, department: 'AIC', kind: 'interception' },
    ]);
  });

  it('a doubt about a hit that came by it is about the record that was met: the same name there is no doubt, another is excepted there', async () => {
    const listed = person('甲旧');
    await inForce(defaulter(listed));
    const met = party('person', '甲新', ['passport', 'E7654323', 'CHN']);
    const own = await subject(listed);
    await link(own, { relation: 'same-person', party: met });
    const ask = async (name: string) => {
      const [first] = (await compare('AIC-01', { ...met, name })).interceptions;
      if (!first) throw new Error('not stopped');
      return first.id;
    };
    const shown = (held: string) => explain(world.pool, world.ring, held, { unmasked: true });
    const other = (held: string) =>
      world.tx((tx) => decideIdentity(tx, world.ring, held, { identity: 'other', reason: '另一人' }, COURT, JUDGE));
    const same = await ask('甲新');
    expect(await shown(same)).toMatchObject({ equal: ['name', 'number'], recorded: { name: '甲新' } });
    await expect(other(same)).rejects.toMatchObject({ errors: [{ pointer: '/identity', code: 'exact-match' }] });
    const differs = await ask('甲他');
    expect(await shown(differs)).toMatchObject({
      subject: await subject(met),
      equal: ['number'],
      conflicting: ['name'],
    });
    const { exception } = await other(differs);
    const { rows } = await world.owner.query('select subject from identity_exception where id = $1', [exception]);
    expect(rows).toEqual([{ subject: await subject(met) }]);
    expect(await outcome('AIC-01', { ...met, name: '甲他' })).toBe('CLEAR');
    expect([await outcome('AIC-01', met), await outcome('AIC-01', listed)]).toEqual(['INTERCEPT', 'INTERCEPT']);
  });

  it('is never name alone: the linked record’s number under another name goes to a human', async () => {
    const listed = person('乙某');
    await inForce(defaulter(listed));
    const other = party('person', '乙某', ['passport', 'E1111111', 'CHN']);
    await link(await subject(listed), { relation: 'same-person', party: other });
    expect(await outcome('AIC-01', { ...other, name: '乙某某' })).toBe('REVIEW');
    expect(await outcome('AIC-01', party('person', '乙某', ['passport', 'E1111112', 'CHN']))).toBe('CLEAR');
  });

  it('renamed-from: the new name with the number hits by alias, the old one as before, any other name goes to a human', async () => {
    const number = residentNumber();
    await inForce(defaulter(person('丙某', number)));
    expect(await outcome('AIC-01', person('丙新', number))).toBe('REVIEW');
    const listed = await subject(person('丙某', number));
    const made = await link(listed, { relation: 'renamed-from', newName: '丙新' });
    expect(await compare('AIC-01', person('丙新', number))).toMatchObject({
      outcome: 'INTERCEPT',
      reasons: ['ID_ALIAS'],
      interceptions: [{ links: [{ relation: 'renamed-from', leaf: made.leaf }] }],
    });
    expect((await compare('AIC-01', person('丙某', number))).reasons).toEqual(['ID_EXACT']);
    expect(await outcome('AIC-01', person('丙他', number))).toBe('REVIEW');
    // Whoever bears the new name has the former one on record.
    const chain = await chainOf(listed);
    expect(chain.links).toMatchObject([{ relation: 'renamed-from', to: listed, name: '丙新' }]);
  });

  it('alias-number: a former number acts on its days and no others', async () => {
    const listed = person('丁某');
    await inForce(defaulter(listed));
    const [former, expired, coming] = [residentNumber(), residentNumber(), residentNumber()];
    const id = await subject(listed);
    const numbered = (number: string) => identifier(number);
    await link(id, { relation: 'alias-number', identifier: numbered(former) });
    await link(id, { relation: 'alias-number', identifier: numbered(expired), until: '2020-12-31' });
    await link(id, { relation: 'alias-number', identifier: numbered(coming), from: '2099-01-01' });
    expect((await compare('AIC-01', person('丁某', former))).reasons).toEqual(['ID_ALIAS']);
    for (const number of [expired, coming]) expect(await outcome('AIC-01', person('丁某', number))).toBe('CLEAR');
    expect(
      (await chainOf(id)).identifiers.map(({ source, validUntil, validFrom }) => [source, validFrom, validUntil]),
    ).toEqual(
      expect.arrayContaining([
        ['listing', undefined, undefined],
        ['link', undefined, '2020-12-31'],
        ['link', '2099-01-01', undefined],
      ]),
    );
  });

  it('alias-number: an answer given on its last day is not given again after it', async () => {
    const listed = person('丁某');
    await inForce(defaulter(listed));
    const former = residentNumber();
    const made = await link(await subject(listed), { relation: 'alias-number', identifier: identifier(former) });
    const answer = await compare('AIC-01', person('丁某', former));
    expect(answer.outcome).toBe('INTERCEPT');
    expect(await stillHolds(world.pool, answer)).toBe(true);
    await world.owner.query(`update identifier set valid_until = shanghai_today() - 1 where link = $1`, [made.id]);
    expect(await stillHolds(world.pool, answer)).toBe(false);
  });

  it('an answer that cites a link is not given again once that link is revoked, though another leads there', async () => {
    const listed = person('庚甲');
    await inForce(defaulter(listed));
    const other = party('person', '庚甲', ['passport', 'E7654340', 'CHN']);
    const own = await subject(listed);
    const ways = [
      await link(own, { relation: 'same-person', party: other }),
      await link(own, { relation: 'alias-number', identifier: documentOf(other) }),
    ];
    const answer = await compare('AIC-01', other);
    const cited = ways.find(({ leaf }) => leaf === answer.interceptions[0]?.links?.[0]?.leaf);
    const left = ways.find((way) => way !== cited);
    expect(await stillHolds(world.pool, answer)).toBe(true);
    await revoke(cited?.id ?? '');
    expect(await stillHolds(world.pool, answer)).toBe(false);
    const anew = await compare('AIC-01', other);
    expect(anew.interceptions[0]?.links?.map(({ leaf }) => leaf)).toEqual([left?.leaf]);
  });

  it('uscc-of: an organisation listed under an old registration number is met under its credit code and the code inside it', async () => {
    const company = party('organisation', '示例物流有限公司', ['business-registration', '110108000000016']);
    await inForce(defaulter(company));
    const code = creditCode();
    const asked = party('organisation', '示例物流有限公司', ['uscc', code]);
    expect(await outcome('PLN-01', asked)).toBe('CLEAR');
    await link(await subject(company), { relation: 'uscc-of', identifier: documentOf(asked) });
    expect((await compare('PLN-01', asked)).reasons).toEqual(['ID_ALIAS']);
    const inside = party('organisation', '示例物流有限公司', ['organisation-code', code.slice(8, 17)]);
    expect((await compare('PLN-01', inside)).reasons).toEqual(['ID_ALIAS']);
  });

  it('legal-rep-of: a representative named after the listing is reached by CONSUMPTION alone, and the company not by its representative', async () => {
    const company = party('organisation', '示例置业有限公司', ['uscc', creditCode()]);
    await inForce(defaulter(company));
    const head = person('戊某');
    const made = await link(await subject(head), { relation: 'legal-rep-of', party: company });
    expect(await compare('BDC-02', head)).toMatchObject({
      outcome: 'INTERCEPT',
      reasons: ['ID_ALIAS', 'LEGAL_REP_OF'],
      interceptions: [{ measures: ['CONSUMPTION'], links: [{ relation: 'legal-rep-of', leaf: made.leaf }] }],
    });
    expect([await outcome('PLN-01', head), await outcome('AIC-01', head)]).toEqual(['CLEAR', 'CLEAR']);
    const [boss, clean] = [person('己某'), party('organisation', '无辜示例有限公司', ['uscc', creditCode()])];
    await inForce(defaulter(boss));
    await link(await subject(boss), { relation: 'legal-rep-of', party: clean });
    expect(await outcome('PLN-01', clean)).toBe('CLEAR');
    await revoke(made.id);
    expect(await outcome('BDC-02', head)).toBe('CLEAR');
  });

  it('legal-rep-of: the answer is given again while the link stands, also to a representative whom the case itself names', async () => {
    const company = party('organisation', '示例商贸有限公司', ['uscc', creditCode()]);
    const named = person('戊甲');
    await inForce({ ...defaulter(company), representatives: [{ role: 'legal-representative', party: named }] });
    const byCase = await compare('BDC-02', named);
    expect([byCase.outcome, await stillHolds(world.pool, byCase)]).toEqual(['INTERCEPT', true]);
    const head = person('戊乙');
    const made = await link(await subject(head), { relation: 'legal-rep-of', party: company });
    const byLink = await compare('BDC-02', head);
    expect([byLink.outcome, await stillHolds(world.pool, byLink)]).toEqual(['INTERCEPT', true]);
    await revoke(made.id);
    expect([await stillHolds(world.pool, byLink), await stillHolds(world.pool, byCase)]).toEqual([false, true]);
  });

  it('revoked while a comparison that came by it is under way: either it is clear, or the judge has the stop', async () => {
    const listed = person('己某');
    const opened = await inForce(defaulter(listed));
    const other = party('person', '己某', ['passport', 'E7654330', 'CHN']);
    const own = await subject(listed);
    const raised = async () =>
      (
        await world.owner.query(
          `select interception from inbox_item where enforcement_case = $1 and key like 'link-revoked:%'`,
          [opened.id],
        )
      ).rows.map((row) => row.interception);
    // The stop first: the revocation waits for it, and finds it.
    const first = await link(own, { relation: 'same-person', party: other });
    let stopped: Awaited<ReturnType<typeof compare>> | undefined;
    let undone: Promise<unknown> | undefined;
    await world.tx(async (tx) => {
      const asked = { service: 'AIC-01', reference: 'race-1', party: other };
      stopped = await compareIn(tx, world.ring, 'AIC', asked, { role: 'department', id: 'AIC' });
      undone = revoke(first.id);
      await eventually(async () => (await waiting()) > 0);
    });
    await undone;
    expect(await raised()).toEqual([stopped?.interceptions[0]?.id]);
    // The revocation first: the comparison waits for it, and is clear.
    const second = await link(own, { relation: 'same-person', party: other });
    let asked: ReturnType<typeof compare> | undefined;
    await world.tx(async (tx) => {
      await revokeLink(tx, world.ring, second.id, {}, COURT, JUDGE);
      asked = compare('AIC-01', other);
      await eventually(async () => (await waiting()) > 0);
    });
    expect((await asked)?.outcome).toBe('CLEAR');
  });

  it('operator-of: an individual business listed as such stops its operator, and the other way round', async () => {
    const shop = party('organisation', '庚某百货店', ['uscc', creditCode('92520112')]);
    const operator = person('庚某');
    await inForce(defaulter(shop));
    await link(await subject(operator), { relation: 'operator-of', party: shop });
    expect((await compare('AIC-01', operator)).reasons).toEqual(['ID_ALIAS']);
    const [keeper, stall] = [person('辛某'), party('organisation', '辛某小吃店', ['uscc', creditCode('92520112')])];
    await inForce(defaulter(keeper));
    expect(await outcome('PLN-01', stall)).toBe('CLEAR');
    await link(await subject(keeper), { relation: 'operator-of', party: stall });
    expect(await outcome('PLN-01', stall)).toBe('REVIEW');
  });

  it('goes on through several records, and one broken link parts only what lies behind it', async () => {
    const [a, b, c] = [
      person('壬某'),
      party('person', '壬某', ['passport', 'E2222222', 'CHN']),
      party('person', '壬某', ['hk-macau-permit', 'H22222222']),
    ];
    await inForce(defaulter(a));
    await link(await subject(a), { relation: 'same-person', party: b });
    const second = await link(await subject(b), { relation: 'same-person', party: c });
    const far = await compare('AIC-01', c);
    expect([far.outcome, far.interceptions[0]?.links?.length]).toEqual(['INTERCEPT', 2]);
    await revoke(second.id);
    expect([await outcome('AIC-01', b), await outcome('AIC-01', c)]).toEqual(['INTERCEPT', 'CLEAR']);
  });
});

describe('the chain', () => {
  it('is facts with leaves of their own, each naming the one before, outside any case; undone only by a counter-fact', async () => {
    const listed = person('癸某');
    const opened = await inForce(defaulter(listed));
    const before = (await world.facts(opened.id)).length;
    const id = await subject(listed);
    const first = await link(id, { relation: 'alias-number', identifier: identifier() });
    const second = await link(id, {
      relation: 'same-person',
      party: party('person', '癸某', ['passport', 'E3333333', 'CHN']),
    });
    const third = await revoke(second.id);
    const { rows } = await world.owner.query<{ leaf: Buffer }>(
      'select l.leaf from identity_fact f join ledger_leaf l on l.entry_id = f.id where f.subject = $1 order by f.seq',
      [id],
    );
    const leaves = rows.map((row) => JSON.parse(row.leaf.toString('utf8')));
    expect(leaves.map(({ type, prev }) => [type, prev])).toEqual([
      ['link.made', undefined],
      ['link.made', first.leaf],
      ['link.revoked', second.leaf],
    ]);
    expect(leaves[1].link).toMatchObject({ relation: 'same-person', evidence: EVIDENCE });
    // Commitments of both ends, with salts of their own.
    expect(new Set([leaves[0].link.a, leaves[1].link.a, leaves[1].link.b]).size).toBe(3);
    expect(leaves[2].undoes).toBe(second.fact);
    expect(rows.map((row) => row.leaf.toString('utf8')).join('')).not.toMatch(/癸|E3333333|520112/);
    expect((await chainOf(id)).facts.map(({ leaf }) => leaf)).toEqual([first.leaf, second.leaf, third.leaf]);
    expect(await world.facts(opened.id)).toHaveLength(before);
    await expect(revoke(second.id)).rejects.toMatchObject({ code: 'state-conflict' });
    for (const statement of [
      'delete from identity_link where id = $1',
      'update identity_link set revoked_at = null, revoked = null where id = $1',
      `update identity_link set relation = 'renamed-from' where id = $1`,
    ]) {
      expect(await world.owner.query(statement, [second.id]).then(() => 'changed', sqlState), statement).toBe('42501');
    }
    expect(await world.owner.query('delete from identity_fact').then(() => 'changed', sqlState)).toBe('42501');
  });

  it('has one active link per number and pair, however many ask at once; a revoked one may be made again', async () => {
    const [one, two] = [await subject(person('甲某')), await subject(person('乙某'))];
    const number = identifier();
    const made = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => link(n % 2 ? one : two, { relation: 'alias-number', identifier: number })),
    );
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of made)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'state-conflict' });
    const pairs = await Promise.allSettled([
      link(one, { relation: 'same-person', other: two }),
      link(two, { relation: 'same-person', other: one }),
    ]);
    expect(pairs.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const done = made.find((result) => result.status === 'fulfilled');
    if (done?.status !== 'fulfilled') throw new Error('none was made');
    await revoke(done.value.id);
    await link(one, { relation: 'alias-number', identifier: number });
  });

  it.each<[string, Said]>([
    [
      'a company as the same person',
      { relation: 'same-person', party: party('organisation', '某公司', ['uscc', '91520112PDY00001XK']) },
    ],
    ['a person as represented', { relation: 'legal-rep-of', party: person() }],
    [
      'a credit code of a company as a person’s',
      {
        relation: 'uscc-of',
        identifier: documentOf(party('organisation', '某公司', ['uscc', '91520112PDY00001XK'])),
      },
    ],
  ])('refuses %s', async (_what, said) => {
    await expect(link(await subject(person()), said)).rejects.toMatchObject({ code: 'invalid' });
  });

  it('merging and splitting lose no history: a release on one record ends the same debt of the other', async () => {
    const number = residentNumber();
    const first = await inForce(defaulter(person('子某', number)));
    const resumed = await world.open([defaulter(party('person', '子某', ['passport', 'E4444444', 'CHN']))], {
      formerCase: first.caseNumber,
    });
    await byHand.pursue(world, resumed);
    const made = await link(await subject(person('子某', number)), {
      relation: 'same-person',
      party: party('person', '子某', ['passport', 'E4444444', 'CHN']),
    });
    await world.decide(first.id, { type: 'release', ground: 'settled' });
    const grounds = (await world.view(resumed.id)).defaulters[0]?.restrictions.map((r) => r.endGround);
    expect(grounds).toEqual(['settled', 'settled']);
    await revoke(made.id);
    expect((await chainOf(await subject(person('子某', number)))).links).toMatchObject([
      { id: made.id, revocation: expect.any(String) },
    ]);
  });
});

describe('re-listing', () => {
  const again = (listed: Party, court = {}) => world.open([defaulter(listed)], court);

  it('E10: the six-month bar is found without naming the earlier listing, also under another name and through a link', async () => {
    const number = residentNumber();
    const opened = await inForce(defaulter(person('丑某', number)));
    await world.decide(opened.id, { type: 'release', ground: 'creditor-request' });
    const barred = { code: 'state-conflict', errors: [{ pointer: '/defaulters/0', code: 'E10' }] };
    await expect(again(person('丑某', number))).rejects.toMatchObject(barred);
    await expect(again(person('丑某某', number))).rejects.toMatchObject(barred);
    const passport = party('person', '丑某', ['passport', 'E5555555', 'CHN']);
    await link(await subject(person('丑某', number)), { relation: 'same-person', party: passport });
    await expect(again(passport)).rejects.toMatchObject(barred);
    // Another measure, another court and another person are not barred.
    await world.open([defaulter(person('丑某', number), ['CONSUMPTION'])]);
    await again(person('丑某', number), { court: '黔2701', judge: '黔2701-J1', caseNumber: '（2026）黔2701执771号' });
    await again(person('丑某'));
  });
});
