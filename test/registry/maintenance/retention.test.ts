// Years pass: what is due is forgotten, with a proof, and nothing else is.

import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../domain/calendar.js';
import { commitToSubject } from '../../../ledger/leaf.js';
import { decideIdentity } from '../../../registry/courts/identity-decisions.js';
import { explain } from '../../../registry/courts/identity-reviews.js';
import type { Party } from '../../../registry/inputs.js';
import { batchComparisons, WHOLE_LOOK } from '../../../registry/ledger/comparison-batches.js';
import { digestOf, retainOnce, retentionRuns } from '../../../registry/maintenance/retention.js';
import { recordLooks } from '../../../registry/parties/identity-access.js';
import { canonicalSubject } from '../../../registry/parties/subjects.js';
import { statistics } from '../../../registry/views/statistics.js';
import { COURT, JUDGE } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, identifier, passportHolder, person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { linkingIn } from '../../harness/linking.js';
import { interceptionOf, useWorld } from '../../harness/world.js';

const world = useWorld();

const inDays = (days: number) => Date.now() + days * DAY_MS;
/** As the worker does, until nothing is due. */
const retain = async (now?: number) => {
  await batchComparisons(world.pool, WHOLE_LOOK);
  while (await retainOnce(world.pool, now));
};
const runs = async (kind: string) =>
  (await retentionRuns(world.pool, { limit: 200 })).items.filter((run) => run.kind === kind);
const rowOf = async (sql: string, ...values: unknown[]) => (await world.owner.query(sql, values)).rows[0];

describe('a clear comparison', () => {
  it('keeps no name and no number, and after thirty days nothing by which anybody could be found', async () => {
    const asked = person('赵某');
    const { id } = await world.compare(SERVICES.companyRegistration, asked, {
      operator: '窗口7',
      reference: '设立-77',
    });
    const kept = await rowOf('select * from comparison where id = $1', id);
    expect([kept.party_sealed, kept.blinds.length]).toEqual([null, 1]);
    expect(JSON.stringify(kept)).not.toMatch(/赵某|窗口/);
    await retain(inDays(29));
    expect((await rowOf('select blinds from comparison where id = $1', id)).blinds).toHaveLength(1);
    const before = (await statistics(world.pool)).comparisons;
    await retain(inDays(31));
    expect(await rowOf('select salt from comparison_seal where comparison = $1', id)).toEqual({ salt: null });
    expect(await rowOf('select * from comparison where id = $1', id)).toMatchObject({
      outcome: 'CLEAR',
      service: SERVICES.companyRegistration,
      blinds: [],
      operator_sealed: null,
      reference: '',
    });
    expect((await statistics(world.pool)).comparisons).toBe(before);
    const [proof] = await runs('clear-comparison');
    expect(proof).toMatchObject({ count: 1, digest: digestOf([id]).toString('hex') });
    const leaf = await rowOf('select leaf from ledger_leaf where entry_id = $1', proof?.id);
    expect(JSON.parse(leaf.leaf.toString('utf8'))).toMatchObject({
      type: 'retention.deleted',
      actor: 'system:retention',
    });
  });

  it('nothing due, nothing done: no run, and a hit stays', async () => {
    const debtor = person('钱某');
    await world.pursue(await world.open([defaulter(debtor)]));
    const hit = await world.compare(SERVICES.companyRegistration, debtor);
    const before = (await runs('clear-comparison')).length;
    await retain();
    await retain(inDays(400));
    expect(await runs('clear-comparison')).toHaveLength(before);
    expect((await rowOf('select blinds from comparison where id = $1', hit.id)).blinds).toHaveLength(1);
  });

  it('one that is not sealed yet waits, and those after it: a seal is over what was compared', async () => {
    const { id } = await world.compare(SERVICES.companyRegistration, person());
    while (await retainOnce(world.pool, inDays(50)));
    expect((await rowOf('select blinds from comparison where id = $1', id)).blinds).toHaveLength(1);
    await retain(inDays(50));
    expect((await rowOf('select blinds from comparison where id = $1', id)).blinds).toHaveLength(0);
  });

  it('each proof names the one before; ten processes at once delete once', async () => {
    for (let n = 0; n < 3; n += 1) await world.compare(SERVICES.companyRegistration, person());
    await batchComparisons(world.pool, WHOLE_LOOK);
    await Promise.all(Array.from({ length: 10 }, () => retainOnce(world.pool, inDays(60))));
    await retain(inDays(60));
    const proofs = await runs('clear-comparison');
    expect(proofs.reduce((sum, run) => sum + run.count, 0)).toBe(5);
    const leaf = await rowOf('select leaf from ledger_leaf where entry_id = $1', proofs[0]?.id);
    expect(JSON.parse(leaf.leaf.toString('utf8')).prev).toBe(proofs[1]?.leaf);
  });
});

it('an exception that has ended forgets the name and number it was about', async () => {
  const number = residentNumber();
  await world.pursue(await world.open([defaulter(person('孙某', number))]));
  const held = await world.compare(SERVICES.companyRegistration, person('孙某某', number));
  const word = { identity: 'other' as const, reason: '同号', expiresAt: new Date(inDays(1)).toISOString() };
  const { exception } = await world.tx((tx) =>
    decideIdentity(tx, world.ring, interceptionOf(held), word, COURT, JUDGE),
  );
  await retain(inDays(30));
  const numbers = 'select count(*)::int as n from identity_exception_number where exception = $1';
  expect((await rowOf(numbers, exception)).n).toBe(1);
  await retain(inDays(33));
  expect((await rowOf(numbers, exception)).n).toBe(0);
  expect(await runs('exception')).toMatchObject([{ count: 1, digest: digestOf([exception ?? '']).toString('hex') }]);
});

it('a case long closed is erased with the people who have no other: nobody is readable, found or opened from the record any more', async () => {
  const [alone, other] = [person('李某'), person('周某')];
  const closed = await world.open([defaulter(alone), defaulter(other)]);
  const open = await world.open([defaulter(other)]);
  await world.pursue(closed);
  const hit = await world.compare(SERVICES.companyRegistration, alone);
  const view = await world.view(closed.id);
  const [gone, stays] = view.defaulters.map((one) => one.subject);
  const sealedBy = async (fact: string) => rowOf('select salt from fact where id = $1', fact);
  const [fact] = (await world.facts(closed.id)).filter((one) => one.type === 'comparison-hit');
  const { salt } = await sealedBy(fact?.fact ?? '');
  const leaf = JSON.parse(
    (await rowOf('select leaf from ledger_leaf where entry_id = $1', fact?.fact)).leaf.toString('utf8'),
  );
  expect(leaf.subject).toBe(commitToSubject(salt, canonicalSubject(alone)));
  await world.decide(closed.id, { type: 'release', ground: 'settled' });
  await world.owner.query('update enforcement_case set closed_at = clock_timestamp() where id = $1', [closed.id]);
  await retain(inDays(29 * 365));
  expect((await world.view(closed.id)).defaulters[0]?.name).toBe('李*');
  await retain(inDays(31 * 365));
  const erased = await world.view(closed.id);
  expect([erased.obligation.content, erased.defaulters[0]?.name, erased.defaulters[1]?.name]).toEqual([
    '—',
    '—',
    '周*',
  ]);
  expect((await world.view(open.id)).defaulters[0]?.name).toBe('周*');
  expect((await rowOf('select count(*)::int as n from identifier where subject = $1', gone)).n).toBe(0);
  expect((await rowOf('select count(*)::int as n from identifier where subject = $1', stays)).n).toBe(1);
  expect(await rowOf('select blinds, party_sealed from comparison where id = $1', hit.id)).toEqual({
    blinds: [],
    party_sealed: null,
  });
  expect((await sealedBy(fact?.fact ?? '')).salt).toBeNull();
  expect(await runs('case')).toMatchObject([{ count: 2, digest: digestOf([closed.id, gone ?? '']).toString('hex') }]);
});

describe('people whom a link alone brought on record', () => {
  const { link, revoke, subject: subjectBy } = linkingIn(world);
  const linked = (subject: string, party: Party) => link(subject, { relation: 'same-person', party });
  const erased = async (subject: string) =>
    (await rowOf('select erased_at is not null as erased from subject where id = $1', subject)).erased;
  const saltsOf = async (fact: string) =>
    rowOf('select salt is not null as salt, other_salt is not null as other from identity_fact where id = $1', fact);
  const found = async (table: string, subject: string) =>
    (await rowOf(`select count(*)::int as n from ${table} where subject = $1`, subject)).n;

  it('are forgotten a month after the last link was undone, with the salt that opens them in the other’s record', async () => {
    const listed = person('冯某');
    await world.open([defaulter(listed)]);
    const own = await subjectBy(listed);
    const stranger = passportHolder('冯某');
    const made = await linked(own, stranger);
    const other = await subjectBy(stranger);
    await retain(inDays(31 * 365));
    expect([await erased(own), await erased(other)]).toEqual([false, false]);
    await revoke(made.id);
    await retain(inDays(29));
    expect([await erased(other), await saltsOf(made.fact)]).toEqual([false, { salt: true, other: true }]);
    await retain(inDays(31));
    expect([await erased(own), await erased(other)]).toEqual([false, true]);
    expect(await saltsOf(made.fact)).toEqual({ salt: true, other: false });
    expect([await found('identifier', other), await found('identifier', own)]).toEqual([0, 1]);
    const [proof] = await runs('linked-party');
    expect(proof).toMatchObject({ count: 1, digest: digestOf([other]).toString('hex') });
  });

  it('listed once in a case that is erased, and kept by a link alone, are forgotten a month after that was undone', async () => {
    const [listed, kept] = [person('汤某'), person('汤某')];
    const [closed] = [await world.open([defaulter(listed)]), await world.open([defaulter(kept)])];
    const own = await subjectBy(listed);
    const made = await linked(own, kept);
    // A further number ties them to nobody.
    await link(own, { relation: 'alias-number', identifier: identifier() });
    await world.decide(closed.id, { type: 'release', ground: 'settled' });
    await world.owner.query('update enforcement_case set closed_at = clock_timestamp() where id = $1', [closed.id]);
    await retain(inDays(31 * 365));
    expect(await erased(own)).toBe(false);
    await revoke(made.id);
    await retain(inDays(29));
    expect(await erased(own)).toBe(false);
    await retain(inDays(31));
    expect([await erased(own), await erased(await subjectBy(kept))]).toEqual([true, false]);
    expect([await found('identifier', own), await found('name_index', own)]).toEqual([0, 0]);
  });

  it('stay while a stop that came by them is kept: the court may still have to say who it was', async () => {
    const listed = person('陆某');
    const opened = await world.open([defaulter(listed)]);
    await world.pursue(opened);
    const met = passportHolder('陆某');
    const made = await linked(await subjectBy(listed), met);
    const [stop] = (await world.compare(SERVICES.companyRegistration, { ...met, name: '陆某某' })).interceptions;
    await revoke(made.id);
    await retain(inDays(60));
    expect(await erased(await subjectBy(met))).toBe(false);
    const match = await explain(world.pool, world.ring, stop?.id ?? '', { unmasked: true });
    expect(match?.asked.name).toBe('陆某某');
  });

  it('linked still, go with the last case of anybody they are tied to, and not before', async () => {
    const [listed, also] = [person('程某'), passportHolder('程某')];
    const closed = await world.open([defaulter(listed)]);
    const open = await world.open([defaulter(also)]);
    const [own, other] = [await subjectBy(listed), await subjectBy(also)];
    const third = passportHolder('程某');
    await linked(own, also);
    const made = await linked(other, third);
    const last = await subjectBy(third);
    const close = async (id: string) => {
      await world.decide(id, { type: 'release', ground: 'settled' });
      await world.owner.query('update enforcement_case set closed_at = clock_timestamp() where id = $1', [id]);
    };
    await close(closed.id);
    await retain(inDays(31 * 365));
    expect([await erased(own), await erased(other), await erased(last)]).toEqual([false, false, false]);
    await close(open.id);
    await retain(inDays(31 * 365));
    expect([await erased(own), await erased(other), await erased(last)]).toEqual([true, true, true]);
    expect(await saltsOf(made.fact)).toEqual({ salt: false, other: false });
    for (const subject of [own, other, last]) expect(await found('name_index', subject)).toBe(0);
  });
});

it('a salt that is gone does not come back, and none is changed', async () => {
  const salt = 'update identity_fact set other_salt = $1';
  await expect(world.owner.query(salt, [Buffer.alloc(16, 7)])).rejects.toMatchObject({ code: '42501' });
});

it('the log of looks is kept for years, and by the database for three at least', async () => {
  const opened = await world.open([defaulter(person('吴某'))]);
  const subject = (await world.view(opened.id)).defaulters[0]?.subject ?? '';
  const { id } = await rowOf(`select id from credential where role = 'judge' and court = $1`, COURT);
  const caller = { role: 'judge' as const, court: COURT, judge: JUDGE.id, credential: id, client: `court:${COURT}` };
  await recordLooks(world.pool, caller, JUDGE, { subjects: [subject], purpose: 'audit' });
  await retain(inDays(4 * 365));
  expect((await rowOf('select count(*)::int as n from identity_access where subject = $1', subject)).n).toBe(1);
  // The trigger goes by the clock of the database: a rule set too short deletes nothing.
  await expect(retainOnce(world.pool, inDays(6 * 365))).rejects.toMatchObject({ code: '42501' });
});
