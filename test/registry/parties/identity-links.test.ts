import { describe, expect, it } from 'vitest';
import { decideIdentity, explain } from '../../../registry/courts/identity-reviews.js';
import { compare as compareIn } from '../../../registry/departments/comparisons.js';
import { stillHolds } from '../../../registry/departments/replays.js';
import { revokeLink } from '../../../registry/parties/identity-links.js';
import { eventually } from '../../harness/eventually.js';
import { COURT, defaulter, identifier, JUDGE, person, residentNumber } from '../../harness/world.js';
import {
  chainOf,
  compare,
  creditCode,
  documentOf,
  inForce,
  link,
  outcome,
  party,
  revoke,
  subject,
  waiting,
  world,
} from './linked-parties.js';

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
