import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseIdentifier } from '../../domain/identity/identifier.js';
import { makeLink, revokeLink } from '../../registry/identity-links.js';
import { candidates, searches, searchIdentity, searchOf } from '../../registry/identity-searches.js';
import { indexNewNames } from '../../registry/name-index.js';
import { sqlState } from '../../registry/pool.js';
import type { CourtCaller } from '../../registry/scope.js';
import * as byHand from '../harness/by-hand.js';
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
let judge: CourtCaller;
beforeAll(async () => {
  world = await createWorld();
  judge = await callerOf('judge', COURT);
});
afterAll(() => world.close());

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
    await byHand.pursue(world, opened);
    const other = { ...person('赵小红'), identifiers: [identifier(numberOf('1971-04-06'))] };
    expect((await world.compare('AIC-01', other)).outcome).toBe('CLEAR');
    const before = await world.facts(opened.id);
    await search('赵小红', day);
    expect(await world.facts(opened.id)).toEqual(before);
    expect((await world.compare('AIC-01', other)).outcome).toBe('CLEAR');
  });

  it('are those of the caller’s own courts alone', async () => {
    const day = '1971-05-06';
    const elsewhere = { court: '黔2701', judge: '黔2701-J1', caseNumber: '（2026）黔2701执881号' };
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
    const passport = parseIdentifier({ type: 'passport', number: 'E7100001', country: 'CHN' }, '2026-11-25');
    if (!passport.ok) throw new Error(passport.code);
    const opened = await world.open([
      defaulter({ kind: 'person', name: '周小红', identifiers: [passport.identifier] }),
    ]);
    const subject = (await world.view(opened.id)).defaulters[0]?.subject ?? '';
    expect(await found('周小红', day)).toEqual([]);
    const link = { relation: 'alias-number' as const, subject, identifier: bornOn(day), evidence: 'ab'.repeat(32) };
    const made = await world.tx((tx) => makeLink(tx, world.ring, link, COURT, JUDGE));
    while (await indexNewNames(world.pool, world.ring));
    expect(await found('周小红', day)).toEqual([{ subject, agreement: 'name' }]);
    await world.tx((tx) => revokeLink(tx, world.ring, made.id, {}, COURT, JUDGE));
    expect(await found('周小红', day)).toEqual([]);
  });

  it('of records older than the search are indexed by the worker', async () => {
    const day = '1971-08-09';
    const { subject } = await listed('吴小红', day);
    await world.owner.query('delete from name_index where subject = $1', [subject]);
    await world.owner.query('update subject set name_index_key = null where id = $1', [subject]);
    expect(await found('吴小红', day)).toEqual([]);
    while (await indexNewNames(world.pool, world.ring));
    expect(await found('吴小红', day)).toEqual([{ subject, agreement: 'name' }]);
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
