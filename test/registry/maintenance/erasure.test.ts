// What is erased at the very moment somebody needs it: in either order it is either kept whole, or another record.

import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../domain/calendar.js';
import { decideIdentity } from '../../../registry/courts/identity-decisions.js';
import type { Transaction } from '../../../registry/database/pool.js';
import type { Party } from '../../../registry/inputs.js';
import { dataKeyOf, renewDataKey } from '../../../registry/keys/data-keys.js';
import { blindIndexes, ERASED, encrypt } from '../../../registry/keys/key-ring.js';
import { eraseCases, eraseLinkedParties } from '../../../registry/maintenance/erasure.js';
import { fillIndex } from '../../../registry/maintenance/index-rotation.js';
import { sweepSealedValues } from '../../../registry/maintenance/key-rotation.js';
import { confirmReference } from '../../../registry/parties/identity-links.js';
import { keepTokenIndexes, requireTokenIndexes } from '../../../registry/parties/token-index.js';
import { COURT, departmentActor, JUDGE } from '../../builders/cases.js';
import { defaulter, identifier, passportHolder, person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { atOnce } from '../../harness/in-turn.js';
import { linkingIn } from '../../harness/linking.js';
import { useWorld, type World } from '../../harness/world.js';

const world = useWorld();

const { linkIn, revoke, subject, subjectIn } = linkingIn(world);
/** Beyond every term. */
const LATE = new Date(Date.now() + 40 * 365 * DAY_MS);

const erased = async (id: string): Promise<boolean> =>
  (await world.owner.query('select erased_at is not null as erased from subject where id = $1', [id])).rows[0]?.erased;
const count = async (table: string, of: string): Promise<number> =>
  (await world.owner.query(`select count(*)::int as n from ${table} where subject = $1`, [of])).rows[0]?.n;

/** Somebody whom a link brought on record, and which was revoked: due. */
async function onceLinked(): Promise<{ party: Party; id: string }> {
  const listed = person('沈某');
  await world.open([defaulter(listed)]);
  const party = passportHolder('沈某');
  const made = await world.tx(async (tx) =>
    linkIn(tx, await subjectIn(tx, listed), { relation: 'same-person', party }),
  );
  await revoke(made.id);
  return { party, id: await subject(party) };
}

async function finished(caseId: string): Promise<void> {
  await world.decide(caseId, { type: 'release', ground: 'settled' });
  await world.owner.query('update enforcement_case set closed_at = clock_timestamp() where id = $1', [caseId]);
}

/** Somebody whose only case was closed: due. */
async function onceListed(): Promise<{ party: Party; id: string }> {
  const party = person('韩某');
  await finished((await world.open([defaulter(party)])).id);
  return { party, id: await subject(party) };
}

const openIn = (tx: Transaction, party: Party) => world.openIn(tx, [defaulter(party)]);
const stopped = async (opened: Awaited<ReturnType<World['open']>>, party: Party) => {
  await world.pursue(opened);
  return await world.outcome(SERVICES.companyRegistration, party);
};

describe.each([
  ['whom a link alone brought on record', onceLinked, eraseLinkedParties],
  ['whose last case is erased', onceListed, eraseCases],
])('somebody %s', (_who, due, erase) => {
  it('and who is named in a case before the erasure has them stays, with their number', async () => {
    const { party, id } = await due();
    const [opened] = await atOnce(
      world,
      (tx) => openIn(tx, party),
      (tx) => erase(tx, LATE),
    );
    expect(await erased(id)).toBe(false);
    expect((await world.view(opened.id)).defaulters[0]?.subject).toBe(id);
    expect(await stopped(opened, party)).toBe('INTERCEPT');
  });

  it('and who is named in a case behind the erasure is another record, and is stopped', async () => {
    const { party, id } = await due();
    const [gone, opened] = await atOnce(
      world,
      (tx) => erase(tx, LATE),
      (tx) => openIn(tx, party),
    );
    expect(gone).toContain(id);
    expect((await world.view(opened.id)).defaulters[0]?.subject).not.toBe(id);
    expect(await stopped(opened, party)).toBe('INTERCEPT');
  });

  it('and who is linked to a defaulter before the erasure has them stays; behind it, the link is refused', async () => {
    const listed = person('杨某');
    const opened = await world.open([defaulter(listed)]);
    const own = await subject(listed);
    const first = await due();
    await atOnce(
      world,
      (tx) => linkIn(tx, own, { relation: 'same-person', other: first.id }),
      (tx) => erase(tx, LATE),
    );
    expect(await erased(first.id)).toBe(false);
    expect(await stopped(opened, { ...first.party, name: '杨某' })).not.toBe('CLEAR');
    const second = await due();
    const behind = atOnce(
      world,
      (tx) => erase(tx, LATE),
      (tx) => linkIn(tx, own, { relation: 'same-person', other: second.id }),
    );
    await expect(behind).rejects.toMatchObject({ code: 'not-found' });
    expect(await erased(second.id)).toBe(true);
  });
});

it('somebody tied meanwhile to one who has a case stays with them', async () => {
  const [first, last] = [await onceListed(), person('朱某')];
  const middle = passportHolder('韩某');
  await world.tx((tx) => linkIn(tx, first.id, { relation: 'same-person', party: middle }));
  const between = await subject(middle);
  await atOnce(
    world,
    async (tx) => {
      await openIn(tx, last);
      await linkIn(tx, between, { relation: 'same-person', other: await subjectIn(tx, last) });
    },
    (tx) => eraseCases(tx, LATE),
  );
  expect([await erased(first.id), await erased(between)]).toEqual([false, false]);
});

describe('an erased record', () => {
  const gone = async () => {
    const one = await onceLinked();
    await world.tx((tx) => eraseLinkedParties(tx, LATE));
    expect(await erased(one.id)).toBe(true);
    return one.id;
  };

  it('takes no link, no number and no key any more', async () => {
    const id = await gone();
    const listed = person('秦某');
    await world.open([defaulter(listed)]);
    const own = await subject(listed);
    const number = { relation: 'alias-number' as const, identifier: identifier() };
    for (const [from, said] of [
      [id, number],
      [own, { relation: 'same-person' as const, other: id }],
      [id, { relation: 'same-person' as const, other: own }],
    ] as const)
      await expect(world.tx((tx) => linkIn(tx, from, said))).rejects.toMatchObject({ code: 'not-found' });
    expect([await count('identifier', id), await count('identity_fact', id)]).toEqual([0, 0]);
    await expect(world.tx((tx) => dataKeyOf(tx, world.ring, 'subject', id))).rejects.toMatchObject({
      code: 'state-conflict',
      errors: [{ pointer: '', code: 'erased' }],
    });
    await world.tx((tx) => renewDataKey(tx, world.ring, 'subject', id));
    const keys = await world.owner.query('select 1 from data_key where owner = $1 and wrapped is not null', [id]);
    expect(keys.rowCount).toBe(0);
  });

  it('is not readable by the ring’s own key either, where it was written before there were keys of each record', async () => {
    const id = await gone();
    const old = encrypt(world.ring, { table: 'subject', column: 'name_sealed', row: id }, '沈某');
    await world.owner.query('update subject set name_sealed = $2 where id = $1', [id, old]);
    await sweepSealedValues(world.owner, world.ring, () => undefined);
    const { rows } = await world.owner.query('select name_sealed from subject where id = $1', [id]);
    expect(rows[0]?.name_sealed).toEqual(ERASED);
  });

  it('gets no key from who asks for one while its keys are destroyed', async () => {
    const { id } = await onceLinked();
    const behind = atOnce(
      world,
      (tx) => eraseLinkedParties(tx, LATE),
      // As a record of an older version, without a key of its own.
      async (tx) => {
        await tx.query('update subject set name_index_key = null where id = $1', [id]);
        return dataKeyOf(tx, world.ring, 'subject', id);
      },
    );
    await expect(behind).rejects.toMatchObject({ code: 'state-conflict' });
  });

  const tied = async (reference: string) =>
    (
      await world.owner.query(
        'select reference_key as key from identity_link where department = $1 and reference_blind = any($2)',
        ['AIC', blindIndexes(world.ring, 'reference:AIC', '', reference).map(({ blind }) => blind)],
      )
    ).rows;
  const keysOf = async (id: string) =>
    (await world.owner.query('select reference_key as key from identity_link where subject = $1', [id])).rows;
  /** Somebody who was stopped under another name at a counter, and whose case is over: due. */
  const onceStopped = async () => {
    const debtor = person('许某');
    const opened = await world.inForce(defaulter(debtor));
    const [stop] = (await world.compare(SERVICES.companyRegistration, { ...debtor, name: '许某某' })).interceptions;
    return { opened, id: await subject(debtor), interception: stop?.id ?? '' };
  };
  const confirm = ({ id, interception }: { id: string; interception: string }, reference: string) =>
    world.tx((tx) =>
      confirmReference(
        tx,
        world.ring,
        { department: 'AIC', reference, interception, court: COURT, subject: id, evidence: Buffer.alloc(32, 7) },
        departmentActor('AIC'),
      ),
    );

  it('is found by no department’s reference, and holds no index key back', async () => {
    const one = await onceStopped();
    await confirm(one, 'R7100');
    expect(await tied('R7100')).toEqual([{ key: world.ring.activeIndex }]);
    await finished(one.opened.id);
    await world.tx((tx) => eraseCases(tx, LATE));
    expect([await erased(one.id), await tied('R7100'), await keysOf(one.id)]).toEqual([true, [], [{ key: 'erased' }]]);
  });

  it('is not found again where the index key is changed at this moment', async () => {
    const one = await onceStopped();
    await confirm(one, 'R7101');
    await finished(one.opened.id);
    await atOnce(
      world,
      (tx) => eraseCases(tx, LATE),
      () => fillIndex(world.owner, world.ring, () => undefined),
    );
    expect([await erased(one.id), await tied('R7101'), await keysOf(one.id)]).toEqual([true, [], [{ key: 'erased' }]]);
  });

  it('keeps no number of somebody else, also where it gets a further index key at this moment', async () => {
    const { opened, id, interception } = await onceStopped();
    const word = {
      identity: 'other' as const,
      reason: '同号',
      expiresAt: new Date(Date.now() + DAY_MS).toISOString(),
    };
    const { exception } = await world.tx((tx) => decideIdentity(tx, world.ring, interception, word, COURT, JUDGE));
    await finished(opened.id);
    await atOnce(
      world,
      async (tx) => {
        const number = 'select id from identity_exception_number where exception = $1 for no key update';
        const { rows } = await tx.query<{ id: string }>(number, [exception]);
        await tx.query(
          `insert into identity_exception_number (id, exception, type, country, number_sealed, index_key, blind)
           select gen_random_uuid(), exception, type, country, number_sealed, 'k9', '\\x00112233445566778899aabbccddeeff'
           from identity_exception_number where id = $1`,
          [rows[0]?.id],
        );
      },
      (tx) => eraseCases(tx, LATE),
    );
    const left = await world.owner.query('select 1 from identity_exception_number where exception = $1', [exception]);
    expect([await erased(id), left.rowCount]).toEqual([true, 0]);
  });
});

describe('a department’s tokens', () => {
  const begin = (department: string) => world.tx((tx) => requireTokenIndexes(tx, department, Date.now()));
  const tokens = async (id: string) =>
    (
      await world.owner.query(
        `select count(*)::int as n from identifier where subject = $1 and strpos(index_key, '/') > 0`,
        [id],
      )
    ).rows[0]?.n;

  it('are not filled in for somebody who is erased at this moment', async () => {
    const { id } = await onceLinked();
    await begin('AIC');
    await atOnce(
      world,
      (tx) => eraseLinkedParties(tx, LATE),
      () => keepTokenIndexes(world.pool, world.ring, Date.now()),
    );
    while (await keepTokenIndexes(world.pool, world.ring, Date.now()));
    expect([await erased(id), await tokens(id)]).toEqual([true, 0]);
  });

  it('filled in before, go with the erasure that waits for it', async () => {
    const { id } = await onceLinked();
    await begin('BDC');
    while (await keepTokenIndexes(world.pool, world.ring, Date.now()));
    expect(await tokens(id)).toBeGreaterThan(0);
    await world.tx((tx) => eraseLinkedParties(tx, LATE));
    expect([await erased(id), await tokens(id)]).toEqual([true, 0]);
  });
});
