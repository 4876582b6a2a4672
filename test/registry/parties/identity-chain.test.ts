// What a court has said of somebody’s identities is a chain of facts, and bars listing them again too soon.

import { describe, expect, it } from 'vitest';
import { sqlState } from '../../../registry/database/pool.js';
import type { Party } from '../../../registry/inputs.js';
import { ofOtherCourt } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, documentOf, identifier, organisation, passportHolder, person } from '../../builders/parties.js';
import { EVIDENCE, linkingIn, type Said } from '../../harness/linking.js';
import { useWorld } from '../../harness/world.js';

const world = useWorld();
const { chainOf, link, revoke, subject } = linkingIn(world);

describe('the chain', () => {
  it('is facts with leaves of their own, each naming the one before, outside any case; undone only by a counter-fact', async () => {
    const listed = person('癸某');
    const opened = await world.inForce(defaulter(listed));
    const before = (await world.facts(opened.id)).length;
    const id = await subject(listed);
    const first = await link(id, { relation: 'alias-number', identifier: identifier() });
    const second = await link(id, {
      relation: 'same-person',
      party: passportHolder('癸某', 'E3333333'),
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
    ['a company as the same person', { relation: 'same-person', party: organisation('某公司') }],
    ['a person as represented', { relation: 'legal-rep-of', party: person() }],
    [
      'a credit code of a company as a person’s',
      {
        relation: 'uscc-of',
        identifier: documentOf(organisation('某公司')),
      },
    ],
  ])('refuses %s', async (_what, said) => {
    await expect(link(await subject(person()), said)).rejects.toMatchObject({ code: 'invalid' });
  });

  it('merging and splitting lose no history: a release on one record ends the same debt of the other', async () => {
    const number = residentNumber();
    const first = await world.inForce(defaulter(person('子某', number)));
    const resumed = await world.open([defaulter(passportHolder('子某', 'E4444444'))], {
      formerCase: first.caseNumber,
    });
    await world.pursue(resumed);
    const made = await link(await subject(person('子某', number)), {
      relation: 'same-person',
      party: passportHolder('子某', 'E4444444'),
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
    const opened = await world.inForce(defaulter(person('丑某', number)));
    await world.decide(opened.id, { type: 'release', ground: 'creditor-request' });
    const barred = { code: 'state-conflict', errors: [{ pointer: '/defaulters/0', code: 'E10' }] };
    await expect(again(person('丑某', number))).rejects.toMatchObject(barred);
    await expect(again(person('丑某某', number))).rejects.toMatchObject(barred);
    const passport = passportHolder('丑某', 'E5555555');
    await link(await subject(person('丑某', number)), { relation: 'same-person', party: passport });
    await expect(again(passport)).rejects.toMatchObject(barred);
    // Another measure, another court and another person are not barred.
    await world.open([defaulter(person('丑某', number), ['CONSUMPTION'])]);
    await again(person('丑某', number), ofOtherCourt());
    await again(person('丑某'));
  });
});
