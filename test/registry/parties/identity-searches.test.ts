// Court staff look for people by name: who is found, to whom they are shown, and what is logged.

import { beforeAll, describe, expect, it } from 'vitest';
import type { CourtCaller } from '../../../registry/access/scope.js';
import { sqlState, type Transaction } from '../../../registry/database/pool.js';
import { candidates, searches, searchIdentity, searchOf } from '../../../registry/parties/identity-searches.js';
import { indexNewNames, reindexNames } from '../../../registry/parties/name-index.js';
import { COURT, JUDGE, ofOtherCourt } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, identifier, passportHolder, person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { atOnce } from '../../harness/in-turn.js';
import { linkingIn } from '../../harness/linking.js';
import { useWorld, type World } from '../../harness/world.js';

const world = useWorld();
const { link, linkIn, revoke } = linkingIn(world);
let judge: CourtCaller;
beforeAll(async () => {
  judge = await callerOf('judge', COURT);
});

async function callerOf(role: 'judge' | 'supervisor', court: string): Promise<CourtCaller> {
  const { rows } = await world.owner.query(
    'select id, judge from credential where role = $1 and court = $2 order by judge',
    [role, court],
  );
  const { id, judge: name } = rows[0];
  const base = { credential: id, client: `court:${court}`, court };
  return role === 'judge' ? { ...base, role, judge: name } : { ...base, role };
}

/** Sequence 000: a woman’s, by its parity. */
const numberOf = (day: string) => residentNumber(day.replaceAll('-', ''));
const bornOn = (day: string) => identifier(numberOf(day));
const listed = async (name: string, day: string, changes: Parameters<World['open']>[1] = {}) => {
  const opened = await world.open([defaulter({ kind: 'person', name, identifiers: [bornOn(day)] })], changes);
  const subject = (await world.view(opened.id)).defaulters[0]?.subject ?? '';
  return { ...opened, subject };
};
const search = (name: string, birthDate: string, more: { sex?: 'male' | 'female'; caller?: CourtCaller } = {}) =>
  world.tx((tx) =>
    searchIdentity(tx, world.ring, more.caller ?? judge, JUDGE, {
      name,
      birthDate,
      sex: more.sex ?? 'female',
      purpose: 'identity-review',
    }),
  );
/** As the worker does. Returns who could not be read. */
const indexAll = async () => {
  const unreadable: string[] = [];
  while (await indexNewNames(world.pool, world.ring, (subject) => unreadable.push(subject)));
  return unreadable;
};
const found = async (...asked: Parameters<typeof search>) => (await search(...asked)).items;

describe('candidates by name, birth date and sex (L4)', () => {
  it('are found in the same characters, in traditional ones, and by ear, the most alike first', async () => {
    const day = '1971-02-03';
    const exact = await listed('张伟红', day);
    const script = await listed('張偉紅', day);
    const sound = await listed('章玮虹', day);
    const nearer = await listed('张玮红', day);
    expect(await found('张伟红', day)).toEqual([
      { subject: exact.subject, agreement: 'name' },
      { subject: script.subject, agreement: 'script' },
      { subject: nearer.subject, agreement: 'sound' },
      { subject: sound.subject, agreement: 'sound' },
    ]);
    expect(await found('ZHANG WEIHONG', day)).toHaveLength(4);
  });

  it('need all three: another name, another day or the other sex brings up nobody (L5)', async () => {
    const day = '1971-03-04';
    await listed('李小红', day);
    expect(await found('李小红', day)).toHaveLength(1);
    expect(await found('王小红', day)).toEqual([]);
    expect(await found('李小红', '1971-03-05')).toEqual([]);
    expect(await found('李小红', day, { sex: 'male' })).toEqual([]);
  });

  it('decide nothing: the same name, birthday and sex under another number passes every counter', async () => {
    const day = '1971-04-05';
    const opened = await listed('赵小红', day);
    await world.pursue(opened);
    const other = { ...person('赵小红'), identifiers: [identifier(numberOf('1971-04-06'))] };
    expect(await world.outcome(SERVICES.companyRegistration, other)).toBe('CLEAR');
    const before = await world.facts(opened.id);
    await search('赵小红', day);
    expect(await world.facts(opened.id)).toEqual(before);
    expect(await world.outcome(SERVICES.companyRegistration, other)).toBe('CLEAR');
  });

  it('are those of the caller’s own courts alone', async () => {
    const day = '1971-05-06';
    const elsewhere = ofOtherCourt();
    const there = await listed('钱小红', day, elsewhere);
    expect(await found('钱小红', day)).toEqual([]);
    const above = await callerOf('supervisor', '黔');
    const { id, items } = await search('钱小红', day, { caller: above });
    expect(items).toEqual([{ subject: there.subject, agreement: 'name' }]);
    // What one above has found is not shown to the court below, and what one’s court has found is.
    expect(await searchOf(world.pool, judge, id)).toBeUndefined();
    expect((await searchOf(world.pool, above, id))?.found).toEqual(items);
  });

  it('are masked until they are asked for in full', async () => {
    const day = '1971-06-07';
    await listed('孙小红', day);
    const one = await searchOf(world.pool, judge, (await search('孙小红', day)).id);
    if (!one) throw new Error('no search');
    const masked = await candidates(world.pool, world.ring, one, { unmasked: false });
    expect(masked).toMatchObject([{ name: '孙**', agreement: 'name', listings: [{ court: COURT }] }]);
    expect(JSON.stringify(masked)).not.toMatch(/小红|19710607/);
    const full = await candidates(world.pool, world.ring, one, { unmasked: true });
    expect(full).toMatchObject([{ name: '孙小红', identifiers: [{ number: numberOf(day) }] }]);
  });

  it('come by a number that a link gave, and no longer once it is revoked', async () => {
    const day = '1971-07-08';
    const opened = await world.open([defaulter(passportHolder('周小红'))]);
    const subject = (await world.view(opened.id)).defaulters[0]?.subject ?? '';
    expect(await found('周小红', day)).toEqual([]);
    const made = await link(subject, { relation: 'alias-number', identifier: bornOn(day) });
    await indexAll();
    expect(await found('周小红', day)).toEqual([{ subject, agreement: 'name' }]);
    await revoke(made.id);
    expect(await found('周小红', day)).toEqual([]);
  });

  it('of records older than the search are indexed by the worker', async () => {
    const day = '1971-08-09';
    const { subject } = await listed('吴小红', day);
    await world.owner.query('delete from name_index where subject = $1', [subject]);
    await world.owner.query('update subject set name_index_key = null where id = $1', [subject]);
    // Until then the answer says that somebody may be missing, and so does whoever reads it again.
    const early = await search('吴小红', day);
    expect(early).toMatchObject({ items: [], complete: false });
    await indexAll();
    expect(await search('吴小红', day)).toMatchObject({ items: [{ subject, agreement: 'name' }], complete: true });
    expect(await searchOf(world.pool, judge, early.id)).toMatchObject({ complete: false });
  });

  describe('by a number that is linked while names are indexed', () => {
    const waits = async (name: string) => {
      const opened = await world.open([defaulter(passportHolder(name))]);
      const subject = (await world.view(opened.id)).defaulters[0]?.subject ?? '';
      // As after a change of the index key.
      await world.owner.query(`update subject set name_index_key = 'k0' where id = $1`, [subject]);
      return subject;
    };
    const numbered = (subject: string, day: string) => (tx: Transaction) =>
      linkIn(tx, subject, { relation: 'alias-number', identifier: bornOn(day) });
    const index = (tx: Transaction) => reindexNames(tx, world.ring, null);

    it('are found when the link came first', async () => {
      const subject = await waits('蒋小红');
      await atOnce(world, numbered(subject, '1971-10-11'), index);
      await indexAll();
      expect(await found('蒋小红', '1971-10-11')).toEqual([{ subject, agreement: 'name' }]);
    });

    it('are found when the index came first', async () => {
      const subject = await waits('蔡小红');
      await atOnce(world, index, numbered(subject, '1971-10-12'));
      expect((await search('蔡小红', '1971-10-12')).complete).toBe(false);
      await indexAll();
      expect(await found('蔡小红', '1971-10-12')).toEqual([{ subject, agreement: 'name' }]);
    });
  });

  it('are not hidden by many of another court, and whoever sees too many is told, the same characters first', async () => {
    const day = '1971-11-12';
    const own = await listed('章伟红', day);
    const alike = [...'张彰漳'].flatMap((one) =>
      [...'伟玮炜苇纬'].flatMap((two) => [...'红虹洪宏鸿'].map((three) => one + two + three)),
    );
    const elsewhere = ofOtherCourt();
    await world.open(
      alike.slice(0, 51).map((name) => defaulter({ kind: 'person', name, identifiers: [bornOn(day)] })),
      elsewhere,
    );
    expect(await search('章伟红', day)).toMatchObject({
      items: [{ subject: own.subject, agreement: 'name' }],
      truncated: false,
    });
    const above = await search('章伟红', day, { caller: await callerOf('supervisor', '黔') });
    expect([above.items[0], above.items.length, above.truncated]).toEqual([
      { subject: own.subject, agreement: 'name' },
      50,
      true,
    ]);
  });
});

describe('a record that cannot be read', () => {
  it('holds up nobody else, is told, and leaves no search complete', async () => {
    const day = '1971-12-13';
    const [broken, whole] = [await listed('魏小红', day), await listed('魏晓红', day)];
    const subjects = [broken.subject, whole.subject];
    const name = async (id: string) =>
      (await world.owner.query('select name_sealed from subject where id = $1', [id])).rows[0].name_sealed;
    const was = await name(broken.subject);
    const change = 'update subject set name_sealed = $2 where id = $1';
    // Another's: bound to its row, it does not open here.
    await world.owner.query(change, [broken.subject, await name(whole.subject)]);
    await world.owner.query('delete from name_index where subject = any($1)', [subjects]);
    await world.owner.query('update subject set name_index_key = null where id = any($1)', [subjects]);
    expect(await indexAll()).toEqual([broken.subject]);
    // Once, until there is something new to read.
    expect(await indexAll()).toEqual([]);
    const missing = await search('魏小红', day);
    expect(missing).toMatchObject({ items: [{ subject: whole.subject }], complete: false });
    // A changed index key must not leave it behind.
    await expect(world.tx((tx) => reindexNames(tx, world.ring, null))).rejects.toThrow();
    await world.owner.query(change, [broken.subject, was]);
    await world.tx((tx) => reindexNames(tx, world.ring, null));
    expect(await search('魏小红', day)).toMatchObject({ items: [{}, {}], complete: true });
  });
});

describe('a search', () => {
  it('is written down with who, why and whom it brought up, never whom it sought; nobody can take it back', async () => {
    const day = '1971-09-10';
    const { subject } = await listed('郑小红', day);
    const { id } = await search('郑小红', day);
    await search('无此人', day);
    const log = await searches(world.pool, judge, { limit: 2 });
    expect(log.items.map((one) => one.found)).toEqual([[], [{ subject, agreement: 'name' }]]);
    expect(log.items[1]).toMatchObject({ id, by: `judge:${JUDGE.id}`, court: COURT, purpose: 'identity-review' });
    const { rows } = await world.owner.query('select row_to_json(s)::text as text from identity_search s');
    expect(rows.map(({ text }) => text).join('')).not.toMatch(/小红|无此人|1971/);
    for (const statement of ['delete from identity_search', `update identity_search set purpose = 'audit'`]) {
      expect(await world.owner.query(statement).then(() => 'changed', sqlState), statement).toBe('42501');
    }
  });

  it('by key alone: the index holds no name, no day and no sex, and nobody finds by it who has not all three', async () => {
    const { rows } = await world.owner.query('select row_to_json(n)::text as text from name_index n');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(({ text }) => text).join('')).not.toMatch(/小红|zhang|1971-|male/);
  });
});
