// A court links the documents and names of one party: comparisons follow, and cite the link.

import { describe, expect, it } from 'vitest';
import { decideIdentity } from '../../../registry/courts/identity-decisions.js';
import { explain } from '../../../registry/courts/identity-reviews.js';
import { compare } from '../../../registry/departments/comparisons.js';
import { stillHolds } from '../../../registry/departments/replays.js';
import { COURT, departmentActor, JUDGE } from '../../builders/cases.js';
import { creditCode, REGISTERED_AS, residentNumber } from '../../builders/numbers.js';
import {
  defaulter,
  documentOf,
  identifier,
  organisation,
  party,
  passportHolder,
  person,
} from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { eventually } from '../../harness/eventually.js';
import { waiting } from '../../harness/in-turn.js';
import { linkingIn } from '../../harness/linking.js';
import { useWorld } from '../../harness/world.js';

const world = useWorld();
const { chainOf, link, revoke, revokeIn, subject } = linkingIn(world);

describe('a link', () => {
  it('same-person: two records are one party for every comparison, the hit cites the link, and revoking parts them again', async () => {
    const listed = person('甲某');
    await world.inForce(defaulter(listed));
    const other = passportHolder('甲某');
    expect(await world.outcome(SERVICES.companyRegistration, other)).toBe('CLEAR');
    const made = await link(await subject(listed), { relation: 'same-person', party: other });
    const hit = await world.compare(SERVICES.companyRegistration, other);
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
    expect([
      await world.outcome(SERVICES.companyRegistration, other),
      await world.outcome(SERVICES.companyRegistration, listed),
    ]).toEqual(['CLEAR', 'INTERCEPT']);
  });

  it('that is revoked brings what it still holds, and nothing else, before the judge of the case', async () => {
    const listed = person('甲某');
    const opened = await world.inForce(defaulter(listed));
    const other = passportHolder('甲某');
    const made = await link(await subject(listed), { relation: 'same-person', party: other });
    const held = (await world.compare(SERVICES.companyRegistration, other)).interceptions[0]?.id;
    const freed = (await world.compare(SERVICES.companyRegistration, other)).interceptions[0]?.id;
    await world.compare(SERVICES.companyRegistration, listed);
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
    await world.inForce(defaulter(listed));
    const met = passportHolder('甲新');
    const own = await subject(listed);
    await link(own, { relation: 'same-person', party: met });
    const ask = async (name: string) => {
      const [first] = (await world.compare(SERVICES.companyRegistration, { ...met, name })).interceptions;
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
    expect(await world.outcome(SERVICES.companyRegistration, { ...met, name: '甲他' })).toBe('CLEAR');
    expect([
      await world.outcome(SERVICES.companyRegistration, met),
      await world.outcome(SERVICES.companyRegistration, listed),
    ]).toEqual(['INTERCEPT', 'INTERCEPT']);
  });

  it('is never name alone: the linked record’s number under another name goes to a human', async () => {
    const listed = person('乙某');
    await world.inForce(defaulter(listed));
    const other = passportHolder('乙某');
    await link(await subject(listed), { relation: 'same-person', party: other });
    expect(await world.outcome(SERVICES.companyRegistration, { ...other, name: '乙某某' })).toBe('REVIEW');
    expect(await world.outcome(SERVICES.companyRegistration, passportHolder('乙某'))).toBe('CLEAR');
  });

  it('renamed-from: the new name with the number hits by alias, the old one as before, any other name goes to a human', async () => {
    const number = residentNumber();
    await world.inForce(defaulter(person('丙某', number)));
    expect(await world.outcome(SERVICES.companyRegistration, person('丙新', number))).toBe('REVIEW');
    const listed = await subject(person('丙某', number));
    const made = await link(listed, { relation: 'renamed-from', newName: '丙新' });
    expect(await world.compare(SERVICES.companyRegistration, person('丙新', number))).toMatchObject({
      outcome: 'INTERCEPT',
      reasons: ['ID_ALIAS'],
      interceptions: [{ links: [{ relation: 'renamed-from', leaf: made.leaf }] }],
    });
    expect((await world.compare(SERVICES.companyRegistration, person('丙某', number))).reasons).toEqual(['ID_EXACT']);
    expect(await world.outcome(SERVICES.companyRegistration, person('丙他', number))).toBe('REVIEW');
    // Whoever bears the new name has the former one on record.
    const chain = await chainOf(listed);
    expect(chain.links).toMatchObject([{ relation: 'renamed-from', to: listed, name: '丙新' }]);
  });

  it('alias-number: a former number acts on its days and no others', async () => {
    const listed = person('丁某');
    await world.inForce(defaulter(listed));
    const [former, expired, coming] = [residentNumber(), residentNumber(), residentNumber()];
    const id = await subject(listed);
    await link(id, { relation: 'alias-number', identifier: identifier(former) });
    await link(id, { relation: 'alias-number', identifier: identifier(expired), until: '2020-12-31' });
    await link(id, { relation: 'alias-number', identifier: identifier(coming), from: '2099-01-01' });
    expect((await world.compare(SERVICES.companyRegistration, person('丁某', former))).reasons).toEqual(['ID_ALIAS']);
    for (const number of [expired, coming])
      expect(await world.outcome(SERVICES.companyRegistration, person('丁某', number))).toBe('CLEAR');
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
    await world.inForce(defaulter(listed));
    const former = residentNumber();
    const made = await link(await subject(listed), { relation: 'alias-number', identifier: identifier(former) });
    const answer = await world.compare(SERVICES.companyRegistration, person('丁某', former));
    expect(answer.outcome).toBe('INTERCEPT');
    expect(await stillHolds(world.pool, answer)).toBe(true);
    await world.owner.query(`update identifier set valid_until = shanghai_today() - 1 where link = $1`, [made.id]);
    expect(await stillHolds(world.pool, answer)).toBe(false);
  });

  it('an answer that cites a link is not given again once that link is revoked, though another leads there', async () => {
    const listed = person('庚甲');
    await world.inForce(defaulter(listed));
    const other = passportHolder('庚甲');
    const own = await subject(listed);
    const ways = [
      await link(own, { relation: 'same-person', party: other }),
      await link(own, { relation: 'alias-number', identifier: documentOf(other) }),
    ];
    const answer = await world.compare(SERVICES.companyRegistration, other);
    const cited = ways.find(({ leaf }) => leaf === answer.interceptions[0]?.links?.[0]?.leaf);
    const left = ways.find((way) => way !== cited);
    expect(await stillHolds(world.pool, answer)).toBe(true);
    await revoke(cited?.id ?? '');
    expect(await stillHolds(world.pool, answer)).toBe(false);
    const anew = await world.compare(SERVICES.companyRegistration, other);
    expect(anew.interceptions[0]?.links?.map(({ leaf }) => leaf)).toEqual([left?.leaf]);
  });

  it('uscc-of: an organisation listed under an old registration number is met under its credit code and the code inside it', async () => {
    const company = party('organisation', '示例物流有限公司', ['business-registration', '110108000000016']);
    await world.inForce(defaulter(company));
    const code = creditCode();
    const asked = organisation('示例物流有限公司', code);
    expect(await world.outcome(SERVICES.planningScheme, asked)).toBe('CLEAR');
    await link(await subject(company), { relation: 'uscc-of', identifier: documentOf(asked) });
    expect((await world.compare(SERVICES.planningScheme, asked)).reasons).toEqual(['ID_ALIAS']);
    const inside = party('organisation', '示例物流有限公司', ['organisation-code', code.slice(8, 17)]);
    expect((await world.compare(SERVICES.planningScheme, inside)).reasons).toEqual(['ID_ALIAS']);
  });

  it('legal-rep-of: a representative named after the listing is reached by CONSUMPTION alone, and the company not by its representative', async () => {
    const company = organisation('示例置业有限公司');
    await world.inForce(defaulter(company));
    const head = person('戊某');
    const made = await link(await subject(head), { relation: 'legal-rep-of', party: company });
    expect(await world.compare(SERVICES.purchase, head)).toMatchObject({
      outcome: 'INTERCEPT',
      reasons: ['ID_ALIAS', 'LEGAL_REP_OF'],
      interceptions: [{ measures: ['CONSUMPTION'], links: [{ relation: 'legal-rep-of', leaf: made.leaf }] }],
    });
    expect([
      await world.outcome(SERVICES.planningScheme, head),
      await world.outcome(SERVICES.companyRegistration, head),
    ]).toEqual(['CLEAR', 'CLEAR']);
    const [boss, clean] = [person('己某'), organisation('无辜示例有限公司')];
    await world.inForce(defaulter(boss));
    await link(await subject(boss), { relation: 'legal-rep-of', party: clean });
    expect(await world.outcome(SERVICES.planningScheme, clean)).toBe('CLEAR');
    await revoke(made.id);
    expect(await world.outcome(SERVICES.purchase, head)).toBe('CLEAR');
  });

  it('legal-rep-of: the answer is given again while the link stands, also to a representative whom the case itself names', async () => {
    const company = organisation('示例商贸有限公司');
    const named = person('戊甲');
    await world.inForce({ ...defaulter(company), representatives: [{ role: 'legal-representative', party: named }] });
    const byCase = await world.compare(SERVICES.purchase, named);
    expect([byCase.outcome, await stillHolds(world.pool, byCase)]).toEqual(['INTERCEPT', true]);
    const head = person('戊乙');
    const made = await link(await subject(head), { relation: 'legal-rep-of', party: company });
    const byLink = await world.compare(SERVICES.purchase, head);
    expect([byLink.outcome, await stillHolds(world.pool, byLink)]).toEqual(['INTERCEPT', true]);
    await revoke(made.id);
    expect([await stillHolds(world.pool, byLink), await stillHolds(world.pool, byCase)]).toEqual([false, true]);
  });

  it('revoked while a comparison that came by it is under way: either it is clear, or the judge has the stop', async () => {
    const listed = person('己某');
    const opened = await world.inForce(defaulter(listed));
    const other = passportHolder('己某');
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
    let stopped: Awaited<ReturnType<typeof world.compare>> | undefined;
    let undone: Promise<unknown> | undefined;
    await world.tx(async (tx) => {
      const asked = { service: SERVICES.companyRegistration, reference: 'race-1', party: other };
      stopped = await compare(tx, world.ring, 'AIC', asked, departmentActor('AIC'));
      undone = revoke(first.id);
      await eventually(async () => (await waiting(world)) > 0);
    });
    await undone;
    expect(await raised()).toEqual([stopped?.interceptions[0]?.id]);
    // The revocation first: the comparison waits for it, and is clear.
    const second = await link(own, { relation: 'same-person', party: other });
    let asked: ReturnType<typeof world.compare> | undefined;
    await world.tx(async (tx) => {
      await revokeIn(tx, second.id);
      asked = world.compare(SERVICES.companyRegistration, other);
      await eventually(async () => (await waiting(world)) > 0);
    });
    expect((await asked)?.outcome).toBe('CLEAR');
  });

  it('operator-of: an individual business listed as such stops its operator, and the other way round', async () => {
    const shop = organisation('庚某百货店', creditCode(undefined, REGISTERED_AS.individualBusiness));
    const operator = person('庚某');
    await world.inForce(defaulter(shop));
    await link(await subject(operator), { relation: 'operator-of', party: shop });
    expect((await world.compare(SERVICES.companyRegistration, operator)).reasons).toEqual(['ID_ALIAS']);
    const [keeper, stall] = [
      person('辛某'),
      organisation('辛某小吃店', creditCode(undefined, REGISTERED_AS.individualBusiness)),
    ];
    await world.inForce(defaulter(keeper));
    expect(await world.outcome(SERVICES.planningScheme, stall)).toBe('CLEAR');
    await link(await subject(keeper), { relation: 'operator-of', party: stall });
    expect(await world.outcome(SERVICES.planningScheme, stall)).toBe('REVIEW');
  });

  it('goes on through several records, and one broken link parts only what lies behind it', async () => {
    const [a, b, c] = [
      person('壬某'),
      passportHolder('壬某'),
      party('person', '壬某', ['hk-macau-permit', 'H22222222']),
    ];
    await world.inForce(defaulter(a));
    await link(await subject(a), { relation: 'same-person', party: b });
    const second = await link(await subject(b), { relation: 'same-person', party: c });
    const far = await world.compare(SERVICES.companyRegistration, c);
    expect([far.outcome, far.interceptions[0]?.links?.length]).toEqual(['INTERCEPT', 2]);
    await revoke(second.id);
    expect([
      await world.outcome(SERVICES.companyRegistration, b),
      await world.outcome(SERVICES.companyRegistration, c),
    ]).toEqual(['INTERCEPT', 'CLEAR']);
  });
});
