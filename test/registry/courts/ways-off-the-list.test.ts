// How a listing ends, by the law and the handbook: docs/rules.md. The process by hand.

import { describe, expect, it } from 'vitest';
import { sqlState } from '../../../registry/database/pool.js';
import { DEBT } from '../../builders/amounts.js';
import { defaulter, person, unit } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { useWorld } from '../../harness/world.js';

const world = useWorld();

describe('ways off the list', () => {
  it('revoked (art. 9 ¶1): every measure of every ground ends at once, and the departments are told', async () => {
    const debtor = person();
    const measures = defaulter(debtor, ['LISTING', 'CONSUMPTION', 'EXIT', { seal: 'U-1' }]);
    const opened = await world.inForce({ ...measures, ground: 3, termMonths: 36 });
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
    await world.decide(opened.id, { type: 'revoke', reason: '不应列入' });
    expect(await world.recorded(SERVICES.companyRegistration, debtor)).toEqual(['REVOKED']);
    expect(await world.recorded(SERVICES.purchase, debtor)).toEqual(['REVOKED']);
    expect(await world.recorded(SERVICES.exitDocument, debtor)).toEqual(['REVOKED']);
    await world.pursue(opened);
    expect([await world.kinds(opened.id), await world.state(opened.id)]).toEqual([['PUBLISH', 'RELEASE'], 'RELEASING']);
  });

  it('shielded is kept, not deleted: no comparison sees it, nobody can remove it, the court still finds it', async () => {
    const debtor = person();
    const opened = await world.inForce(defaulter(debtor));
    await world.pay(opened.id, DEBT);
    expect(await world.recorded(SERVICES.companyRegistration, debtor)).toEqual(['SHIELDED']);
    for (const pool of [world.owner, world.pool]) {
      const removed = pool.query('delete from restriction where enforcement_case = $1', [opened.id]);
      expect(await removed.then(() => 'removed', sqlState)).toBe('42501');
    }
    const [listing] = (await world.view(opened.id)).defaulters[0]?.restrictions ?? [];
    expect(listing).toMatchObject({ measure: 'LISTING', endGround: 'performed' });
  });

  it('shielding the listing ends neither seal nor exit ban: each goes on acting until its own act', async () => {
    const debtor = person();
    const opened = await world.inForce(defaulter(debtor, ['LISTING', 'CONSUMPTION', 'EXIT', { seal: 'U-2' }]));
    await world.pay(opened.id, DEBT);
    const sale = () => world.compare(SERVICES.sale, debtor, { object: unit('U-2') });
    expect([
      await world.outcome(SERVICES.companyRegistration, debtor),
      await world.outcome(SERVICES.purchase, debtor),
    ]).toEqual(['CLEAR', 'CLEAR']);
    expect([(await sale()).interceptions[0]?.measures, await world.outcome(SERVICES.exitDocument, debtor)]).toEqual([
      ['SEAL'],
      'INTERCEPT',
    ]);
    await world.decide(opened.id, { type: 'release', ground: 'performed', measures: ['SEAL'] });
    expect([(await sale()).outcome, await world.outcome(SERVICES.exitDocument, debtor)]).toEqual([
      'CLEAR',
      'INTERCEPT',
    ]);
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
      const opened = await world.inForce(defaulter(debtor));
      await world.decide(opened.id, { type: 'release', ground });
      expect([
        ground,
        await world.outcome(SERVICES.companyRegistration, debtor),
        await world.outcome(SERVICES.purchase, debtor),
      ]).toEqual([ground, 'CLEAR', 'CLEAR']);
    }
  });

  it('an objection upheld after shielding is on record with its ruling, told to the judge, and changes nothing that has ended', async () => {
    const opened = await world.inForce(defaulter(person()), defaulter(person()));
    const [one] = opened.defaulters;
    const objection = { number: '（2026）黔0112执异7号', madeOn: '2026-03-02' };
    const upheld = { type: 'revoke', reason: '异议成立', objection } as const;
    await world.pay(opened.id, DEBT);
    // Without the ruling it is one of two decisions at once, and has come too late.
    await expect(world.decide(opened.id, { type: 'revoke', reason: '不应列入' })).rejects.toMatchObject({
      code: 'state-conflict',
    });
    const { id } = await world.decide(opened.id, { ...upheld, defaulter: one?.id ?? '' });
    await world.pursue(opened);
    const ended = (await world.view(opened.id)).defaulters.flatMap((d) => d.restrictions.map((r) => r.endGround));
    expect(new Set(ended)).toEqual(new Set(['performed']));
    const facts = (await world.facts(opened.id)).map(({ type, defaulter: about, detail }) => ({
      type,
      about,
      detail,
    }));
    expect(facts).toContainEqual({
      type: 'decision',
      about: one?.id,
      detail: { decision: id, decisionType: 'revoke' },
    });
    expect(facts).toContainEqual({ type: 'late-fact', about: one?.id, detail: { fact: 'decision', ref: id } });
    // Everybody has acknowledged meanwhile, and the life is over: it is still taken.
    await world.owner.query('update defaulter set ended_at = now() where enforcement_case = $1', [opened.id]);
    const later = await world.decide(opened.id, upheld);
    expect((await world.facts(opened.id)).at(-1)).toMatchObject({
      type: 'late-fact',
      detail: { fact: 'decision', ref: later.id },
    });
    const { rows } = await world.owner.query(
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
    const opened = await world.inForce(defaulter(debtor));
    const objection = { number: '（2026）黔0112执异8号', madeOn: '2026-03-02' };
    await world.decide(opened.id, { type: 'revoke', reason: '异议成立', objection });
    expect(await world.recorded(SERVICES.companyRegistration, debtor)).toEqual(['REVOKED']);
    expect((await world.facts(opened.id)).map((fact) => fact.type)).not.toContain('late-fact');
  });
});
