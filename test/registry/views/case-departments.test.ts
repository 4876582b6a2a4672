// A judge sees of each department what it knows of the case, from the listing to the release.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTransaction } from '../../../registry/database/pool.js';
import { publish } from '../../../registry/process/steps.js';
import { caseDepartments } from '../../../registry/views/case-departments.js';
import { DEBT } from '../../builders/amounts.js';
import { type Court, createCourt } from '../../console/court.js';

describe('what each department knows of a case', () => {
  let court: Court;
  beforeAll(async () => {
    court = await createCourt();
  });
  afterAll(() => court.close());

  const of = async (caseId: string, code: string) =>
    (await caseDepartments(court.pool, caseId)).find((department) => department.code === code);

  test('grows from nothing to the release, and keeps the first time of each', async () => {
    const { id, defaulters } = await court.open({ people: 1 });
    const before = await caseDepartments(court.pool, id);
    expect(before.map(({ code }) => code)).toEqual(court.departments);
    expect(before.every((one) => one.publish === undefined && one.release === undefined)).toBe(true);

    for (const { id: defaulter } of defaulters) {
      await inTransaction(court.pool, (tx) => publish(tx, court.ring, defaulter));
    }
    // Written, not yet placed in the log: for everybody, served to nobody.
    expect((await of(id, 'BDC'))?.publish).toEqual({});

    await court.publish(defaulters);
    await court.deliver(['BDC']);
    const delivered = (await of(id, 'BDC'))?.publish;
    expect(delivered).toEqual({ deliveredAt: expect.any(String) });
    await court.acknowledge(['BDC']);
    const acknowledged = (await of(id, 'BDC'))?.publish;
    expect(acknowledged).toEqual({ ...delivered, acknowledgedAt: expect.any(String) });
    expect((await of(id, 'EDU'))?.publish).toEqual({});

    await court.pay(id, DEBT, 'LX-1');
    await court.tell(defaulters);
    await court.acknowledge();
    const after = await of(id, 'BDC');
    expect(after?.publish).toEqual(acknowledged);
    expect(after?.release?.acknowledgedAt).toBeDefined();
  });

  test('counts a department from the notice at which it joined, and one that left up to there', async () => {
    const { id, defaulters } = await court.open({ people: 1 });
    await court.publish(defaulters);
    await court.acknowledge(['ORG']);
    await court.pool.query(
      `insert into department (code, ordinal, name_zh, name_en, sector, joined_position)
       select 'NEW', 99, '新设部门', 'New Department', 'city', max(position) + 1 from notice`,
    );
    await court.pool.query(
      `update department set left_position = (select max(position) + 1 from notice) where code = 'ORG'`,
    );
    await court.pay(id, DEBT, 'LX-1');
    await court.tell(defaulters);
    expect(await of(id, 'NEW')).toMatchObject({ release: {}, interceptions: 0 });
    expect((await of(id, 'NEW'))?.publish).toBeUndefined();
    expect((await of(id, 'ORG'))?.publish?.acknowledgedAt).toBeDefined();
    expect((await of(id, 'ORG'))?.release).toBeUndefined();
    const fresh = await court.open({ people: 1 });
    const codes = (await caseDepartments(court.pool, fresh.id)).map(({ code }) => code);
    expect(codes).toContain('NEW');
    expect(codes).not.toContain('ORG');
  });
});
