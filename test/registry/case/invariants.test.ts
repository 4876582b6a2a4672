// The promises of the product, one by one, against the database: freeing waits for nothing, money is exact, nobody is stopped in error.

import { describe, expect, it } from 'vitest';
import { type Pool, sqlState } from '../../../registry/database/pool.js';
import { compare } from '../../../registry/departments/comparisons.js';
import { publish, tell } from '../../../registry/process/steps.js';
import { DEBT } from '../../builders/amounts.js';
import { departmentActor } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { useWorld } from '../../harness/world.js';

const world = useWorld();

const publishAll = async (opened: { defaulters: { id: string }[] }) => {
  for (const { id } of opened.defaulters) await world.tx((tx) => publish(tx, world.ring, id));
};
const refused = (pool: Pool, sql: string, values: unknown[] = []) =>
  pool.query(sql, values).then(
    () => 'accepted',
    (error: unknown) => sqlState(error) ?? 'other',
  );

describe('invariant 1: freeing waits for nothing', () => {
  it('a comparison begun after the last repayment was answered never hits, published or not, with no process running', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await publishAll(opened);
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
    await world.pay(opened.id, DEBT);
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
  });

  it('a payment before publish leaves nobody blocked: publish afterwards puts nothing in force and tells nobody', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor, ['LISTING', 'CONSUMPTION', { seal: '黔房权证1号' }])]);
    await world.pay(opened.id, DEBT);
    await publishAll(opened);
    const view = await world.view(opened.id);
    expect(view.defaulters[0]?.restrictions.every((r) => r.inForceAt === undefined)).toBe(true);
    const { rows } = await world.owner.query('select 1 from notice where enforcement_case = $1', [opened.id]);
    expect(rows).toEqual([]);
  });

  it('none of many comparisons that race a repayment hits once the repayment has been answered', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await publishAll(opened);
    let answered = false;
    const late: string[] = [];
    const asking = Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 12; i++) {
        const begunAfter = answered;
        const { outcome } = await world.compare(SERVICES.planningScheme, debtor);
        if (begunAfter) late.push(outcome);
      }
    });
    await world.pay(opened.id, DEBT);
    answered = true;
    await Promise.all(asking);
    late.push(await world.outcome(SERVICES.planningScheme, debtor));
    expect(new Set(late)).toEqual(new Set(['CLEAR']));
  });

  it('stayed: clear at once; resumed: it acts again', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await publishAll(opened);
    await world.decide(opened.id, { type: 'stay', reason: '审查中' });
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
    await world.decide(opened.id, { type: 'resume' });
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
  });

  it('in grace: clear, and not published', async () => {
    const debtor = person();
    const opened = await world.open([{ ...defaulter(debtor), graceUntil: '2199-01-01' }]);
    await publishAll(opened);
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('CLEAR');
    const { rows } = await world.owner.query<{ reasons: string[] }>(
      'select reasons from comparison order by at desc limit 1',
    );
    expect(rows[0]?.reasons).toEqual(['IN_GRACE']);
    expect((await world.view(opened.id)).defaulters[0]?.state).toBe('GRACE');
  });
});

describe('invariant 2: once, whatever runs twice', () => {
  it('publish and release run twice write one notice and one fact each', async () => {
    const opened = await world.open([defaulter()]);
    await publishAll(opened);
    await publishAll(opened);
    await world.pay(opened.id, DEBT);
    for (const { id } of [...opened.defaulters, ...opened.defaulters]) await world.tx((tx) => tell(tx, world.ring, id));
    const types = (await world.facts(opened.id)).map((fact) => fact.type);
    expect(types).toEqual(['case-opened', 'published', 'repayment', 'restriction-ended', 'release-published']);
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH', 'RELEASE']);
  });

  it('an ended restriction can never come into force, not even by the owner of the database', async () => {
    const opened = await world.open([defaulter()]);
    await world.decide(opened.id, { type: 'revoke', reason: '不应列入' });
    for (const sql of [
      'update restriction set in_force_at = now() where enforcement_case = $1',
      `update restriction set ended_at = null, end_ground = null where enforcement_case = $1`,
      `update restriction set ended_at = now() + interval '1 day', in_force_at = now() where enforcement_case = $1`,
    ]) {
      expect(await refused(world.owner, sql, [opened.id])).toBe('23514');
    }
  });
});

describe('invariant 3: the money is exact', () => {
  it('fifty concurrent repayments, each sent twice, count once each', async () => {
    const opened = await world.open([defaulter(), defaulter(person('乙某'))], { obligationFen: 5_000_000n });
    const payments = Array.from({ length: 50 }, (_, i) => ({ reference: `r-${i}`, fen: BigInt(1 + i * 97) }));
    await Promise.all([...payments, ...payments].map(({ reference, fen }) => world.pay(opened.id, fen, reference)));
    const paid = payments.reduce((sum, { fen }) => sum + fen, 0n);
    expect(await world.view(opened.id)).toMatchObject({
      outstanding: ((5_000_000 - Number(paid)) / 100).toFixed(2),
      surplus: '0.00',
    });
    expect((await world.facts(opened.id)).filter((fact) => fact.type === 'repayment')).toHaveLength(50);
  });

  it('the same reference with another amount is refused, and nothing is stored', async () => {
    const opened = await world.open([defaulter()]);
    const first = await world.pay(opened.id, 100n, 'same');
    expect(await world.pay(opened.id, 100n, 'same')).toEqual({ ...first, repeated: true });
    await expect(world.pay(opened.id, 101n, 'same')).rejects.toMatchObject({ code: 'state-conflict' });
    expect((await world.view(opened.id)).outstanding).toBe('399999.00');
  });

  it('what was paid cannot be changed or removed', async () => {
    const opened = await world.open([defaulter()]);
    await world.pay(opened.id, 100n);
    expect(
      await refused(world.owner, 'update repayment set amount_fen = 1 where enforcement_case = $1', [opened.id]),
    ).toBe('42501');
    expect(await refused(world.owner, 'delete from repayment where enforcement_case = $1', [opened.id])).toBe('42501');
  });
});

describe('invariant 5: a release ends its own measures only', () => {
  it("leaves the same person's other case in force", async () => {
    const number = residentNumber();
    const [one, two] = await Promise.all([
      world.open([defaulter(person('丁某', number))]),
      world.open([defaulter(person('丁某', number))]),
    ]);
    await publishAll(one);
    await publishAll(two);
    const both = await world.compare(SERVICES.companyRegistration, person('丁某', number));
    expect(both.interceptions).toHaveLength(2);
    await world.pay(one.id, DEBT);
    const left = await world.compare(SERVICES.companyRegistration, person('丁某', number));
    expect(left.interceptions.map((interception) => interception.case.number)).toEqual([two.caseNumber]);
  });
});

describe('invariant 7: who is never stopped', () => {
  it('a name alone never intercepts, and a number under another name goes to a human', async () => {
    const debtor = person('戊某');
    const opened = await world.open([defaulter(debtor)]);
    await publishAll(opened);
    expect(await world.outcome(SERVICES.companyRegistration, person('戊某'))).toBe('CLEAR');
    const other = await world.compare(SERVICES.companyRegistration, { ...debtor, name: '己某' });
    expect(other).toMatchObject({ outcome: 'REVIEW', reasons: ['ID_EXACT_NAME_DIFFERS'] });
  });

  it('a seal gates the sealed asset and no other', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor, [{ seal: '黔（2016）乌当区不动产权第000001号' }])]);
    await publishAll(opened);
    const ask = (number: string) => world.compare(SERVICES.sale, debtor, { object: { type: 'property-unit', number } });
    expect((await ask('黔（2016）乌当区不动产权第000001号')).outcome).toBe('REVIEW');
    expect((await ask('黔（2016）乌当区不动产权第000002号')).outcome).toBe('CLEAR');
    expect(await world.outcome(SERVICES.sale, debtor)).toBe('CLEAR');
  });

  it('a retired or switched-off row never blocks', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await publishAll(opened);
    expect(await world.outcome(SERVICES.housingSubsidy, debtor)).toBe('CLEAR');
    await world.owner.query(
      `insert into service_rule (service, version, edition, subjects, disposition, gated_by, enabled, valid_until, legal_basis, recorded_by)
       select service, 2, edition, subjects, disposition, gated_by, true, '2020-01-01', legal_basis, 'test' from service_rule where service = 'AIC-02'`,
    );
    expect(await world.outcome(SERVICES.changeOfRepresentative, debtor)).toBe('CLEAR');
  });

  it('a never-gated service cannot be given a rule (R5)', async () => {
    const sql = `insert into service_rule (service, version, edition, subjects, disposition, gated_by, enabled, legal_basis, recorded_by)
      values ('NG-02', 1, '2018-19', '{P}', 'BLOCK', '{LISTING}', true, '-', 'test')`;
    expect(await refused(world.owner, sql)).toBe('23503');
  });
});

describe('the record', () => {
  it('every fact has its leaf and every leaf its fact; leaves of a case chain without a gap', async () => {
    const opened = await world.open([defaulter()]);
    await publishAll(opened);
    await world.pay(opened.id, DEBT);
    const { rows } = await world.owner.query<{ id: string; leaf: Buffer; leaf_hash: Buffer }>(
      'select f.id, l.leaf, l.leaf_hash from fact f join ledger_leaf l on l.entry_id = f.id where f.enforcement_case = $1 order by f.seq',
      [opened.id],
    );
    const leaves = rows.map((row) => JSON.parse(row.leaf.toString('utf8')) as { prev?: string; id: string });
    expect(leaves.map((leaf) => leaf.id)).toEqual(rows.map((row) => row.id));
    expect(leaves.map((leaf) => leaf.prev)).toEqual([
      undefined,
      ...rows.slice(0, -1).map((row) => row.leaf_hash.toString('hex')),
    ]);
    const orphans = await world.owner.query(
      `select 1 from ledger_leaf l where not exists (select from fact f where f.id = l.entry_id) and not exists (select from acknowledgement a where a.entry = l.entry_id)`,
    );
    expect(orphans.rows).toEqual([]);
  });

  it.each(['ledger_leaf', 'fact', 'acknowledgement', 'delivery'])('%s cannot be edited or emptied', async (table) => {
    expect(await refused(world.owner, `delete from ${table}`)).toBe('42501');
    expect(await refused(world.owner, `truncate ${table} cascade`)).toBe('42501');
    if (table !== 'fact')
      expect(
        await refused(world.pool, `update ${table} set ${table === 'ledger_leaf' ? "leaf = ''" : 'at = now()'}`),
      ).toBe('42501');
  });

  it("a fact's salt may be erased, and nothing else of it", async () => {
    const opened = await world.open([defaulter()]);
    expect(await refused(world.owner, `update fact set detail = '{}' where enforcement_case = $1`, [opened.id])).toBe(
      '42501',
    );
    expect(await refused(world.owner, 'update fact set salt = null where enforcement_case = $1', [opened.id])).toBe(
      'accepted',
    );
  });
});

describe('two at once', () => {
  it('two judges decide: one wins, the other is judged on the new state', async () => {
    const opened = await world.open([defaulter()]);
    const results = await Promise.allSettled([
      world.decide(opened.id, { type: 'release', ground: 'settled' }),
      world.decide(opened.id, { type: 'revoke', reason: '不应列入' }),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('the same business asked twice at once is one interception', async () => {
    const debtor = person();
    const opened = await world.open([defaulter(debtor)]);
    await publishAll(opened);
    const input = { service: SERVICES.companyRegistration, reference: 'one-business', party: debtor };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => world.tx((tx) => compare(tx, world.ring, 'AIC', input, departmentActor('AIC')))),
    );
    expect(new Set(answers.map((answer) => answer.interceptions[0]?.id)).size).toBe(1);
    expect((await world.facts(opened.id)).filter((fact) => fact.type === 'comparison-hit')).toHaveLength(1);
  });
});
