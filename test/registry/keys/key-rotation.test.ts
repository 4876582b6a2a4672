// Keys are changed while everything runs: all stays readable and findable, and old keys can go.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { rootFolder } from '../../../local/machine/paths.mjs';
import { decideIdentity } from '../../../registry/courts/identity-decisions.js';
import { reverseRepayment } from '../../../registry/courts/repayments.js';
import { giveFeedback } from '../../../registry/departments/feedback.js';
import { destroyDataKeys, requireKnownKeys } from '../../../registry/keys/data-keys.js';
import { encrypt, type KeyRing, parseKeyRing } from '../../../registry/keys/key-ring.js';
import { SEALED_COLUMNS } from '../../../registry/keys/sealed-columns.js';
import { dropOldIndex, fillIndex } from '../../../registry/maintenance/index-rotation.js';
import { retireUnusedKeys, rewrapDataKeys, sweepSealedValues } from '../../../registry/maintenance/key-rotation.js';
import { identityChain } from '../../../registry/parties/identity-chain.js';
import { visibleByName } from '../../../registry/parties/identity-searches.js';
import { namesAsked } from '../../../registry/parties/name-index.js';
import { FEN } from '../../builders/amounts.js';
import { CLERK, COURT, departmentActor, JUDGE } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, identifier, person, unit } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { linkingIn } from '../../harness/linking.js';
import { interceptionOf, lifeOf, useWorld } from '../../harness/world.js';

const key = () => randomBytes(32).toString('base64');
const fixed = { fingerprintKey: key(), cursorKey: key() };
const FIRST = { ...fixed, active: 'k1', keys: { k1: key() }, activeIndex: 'i1', indexKeys: { i1: key() } };
const BOTH = {
  ...fixed,
  active: 'k2',
  keys: { ...FIRST.keys, k2: key() },
  activeIndex: 'i2',
  indexKeys: { ...FIRST.indexKeys, i2: key() },
};
const SECOND = { ...BOTH, keys: { k2: BOTH.keys.k2 }, indexKeys: { i2: BOTH.indexKeys.i2 } };

const world = useWorld();
/** Every function of the world takes the ring from here. */
const turn = (to: object) => Object.assign(world.ring, { tokenRoot: undefined }, parseKeyRing(to)) as KeyRing;
const number = residentNumber();
const debtor = person('封某全', number);
let caseId = '';
let debtorId = '';
let subject = '';
const imposed = (seized: string) => ({
  type: 'impose' as const,
  measure: 'SEAL' as const,
  decision: { number: '（2026）黔0112执1号之三', madeOn: '2026-02-02' },
  asset: unit(seized),
});

beforeAll(async () => {
  await requireKnownKeys(world.pool, turn(FIRST));
  const opened = await world.open([defaulter(debtor, ['LISTING', 'CONSUMPTION', { seal: 'U-9' }])]);
  caseId = opened.id;
  debtorId = lifeOf(opened);
  await world.pursue(opened);
  subject = (await world.view(caseId)).defaulters[0]?.subject ?? '';
  await linkingIn(world).link(subject, { relation: 'alias-number', identifier: identifier() });
  const sale = { object: unit('U-9'), operator: '窗口3' };
  const held = await world.compare(SERVICES.sale, debtor, sale);
  const feedback = {
    action: 'held' as const,
    identity: 'same' as const,
    localReference: 'BDC-9',
    note: '在办',
    at: new Date().toISOString(),
  };
  await world.tx((tx) => giveFeedback(tx, world.ring, interceptionOf(held), feedback, departmentActor('BDC')));
  const doubt = await world.compare(SERVICES.companyRegistration, person('封某金', number));
  await world.tx((tx) =>
    decideIdentity(tx, world.ring, interceptionOf(doubt), { identity: 'other', reason: '同号' }, COURT, JUDGE),
  );
  const paid = await world.pay(caseId, FEN);
  await world.tx((tx) => reverseRepayment(tx, world.ring, paid.id, '退票', CLERK));
});

/** What a user would notice if a value could not be read or somebody could not be found. */
const everythingWorks = async () => {
  const exact = await world.compare(SERVICES.companyRegistration, debtor);
  expect(exact.outcome).toBe('INTERCEPT');
  expect(await world.outcome(SERVICES.companyRegistration, person('封某银', number))).toBe('REVIEW');
  expect(await world.outcome(SERVICES.companyRegistration, person('封某金', number))).toBe('CLEAR');
  const sale = await world.compare(SERVICES.sale, debtor, { object: { type: 'property-unit', number: 'u9' } });
  expect(sale.interceptions[0]?.measures).toContain('SEAL');
  expect((await world.view(caseId)).obligation.content).toBe('偿还借款本金');
  const chain = await identityChain(world.pool, world.ring, subject, { unmasked: true });
  expect([chain?.name, chain?.identifiers.length, chain?.links.map((link) => link.reference)]).toEqual([
    '封某全',
    2,
    [undefined, 'BDC-9'],
  ]);
  await world.open([defaulter(debtor, ['EXIT'])]);
  expect(await foundByName()).toContain(subject);
};
/** Whom court staff find by name, birth date and sex. */
const foundByName = () => {
  const birthDate = number.replace(/^.{6}(.{4})(..)(..).*$/, '$1-$2-$3');
  const clerk = { role: 'clerk' as const, court: COURT, credential: '', client: `court:${COURT}` };
  return visibleByName(world.pool, clerk, namesAsked(world.ring, '封某全', { birthDate, sex: 'female' }));
};
const quiet = () => undefined;
const ringKeys = (keys: ReadonlyMap<string, Buffer>) =>
  Object.fromEntries([...keys].map(([id, bytes]) => [id, bytes.toString('base64')]));
const count = async (sql: string, ...values: unknown[]) =>
  Number((await world.owner.query<{ n: string }>(sql, values)).rows[0]?.n);

describe('sealed columns', () => {
  it('are all known: none of the schema is left out of the sweep', async () => {
    const { rows } = await world.owner.query<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns
       where table_schema = 'public' and column_name like '%sealed'`,
    );
    const listed = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`).sort();
    expect(rows.map((row) => row.name).sort()).toEqual(listed);
  });

  it('hold nothing under a key of the ring but what belongs to no subject and no case', async () => {
    for (const { table, column, sealedFor } of SEALED_COLUMNS.filter((one) => one.sealedFor)) {
      const byRing = await count(`select count(*) as n from ${table} where get_byte(${column}, 0) <> 2`);
      expect([table, column, sealedFor?.kind, byRing]).toEqual([table, column, sealedFor?.kind, 0]);
    }
  });
});

describe('changing keys while everything runs', () => {
  it('works at every step, from the old ring over both to the new one', async () => {
    await everythingWorks();
    await requireKnownKeys(world.pool, turn(BOTH));
    await everythingWorks();
    // What is sealed under the old key is not sealed a second time under the new one.
    const twice = { ...imposed('u 9'), defaulter: debtorId };
    await expect(world.decide(caseId, twice)).rejects.toMatchObject({ code: 'state-conflict' });
    await world.decide(caseId, { ...imposed('U-10'), defaulter: debtorId });
    await world.pursue({ defaulters: [{ id: debtorId }] });
    await rewrapDataKeys(world.owner, world.ring, quiet);
    expect(await count(`select count(*) as n from data_key where kek = 'k1'`)).toBe(0);
    await everythingWorks();
    // Values of older versions stand under the ring itself: readable, and brought over.
    const context = { table: 'subject', column: 'name_sealed', row: subject };
    await world.owner.query('update subject set name_sealed = $2 where id = $1', [
      subject,
      encrypt(parseKeyRing(FIRST), context, '封某全'),
    ]);
    await everythingWorks();
    // Under load: whoever is compared meanwhile is met as ever.
    const asking = Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 25; n += 1)
        expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
    });
    await Promise.all([
      sweepSealedValues(world.owner, world.ring, quiet),
      fillIndex(world.owner, world.ring, quiet),
      ...asking,
    ]);
    expect(await count('select count(*) as n from subject where get_byte(name_sealed, 0) = 1')).toBe(0);
    await fillIndex(world.owner, world.ring, quiet);
    await everythingWorks();
    await expect(requireKnownKeys(world.pool, turn(SECOND))).rejects.toThrow('indexKeys.i1');
    turn(BOTH);
    await dropOldIndex(world.owner, world.ring, quiet);
    for (const table of ['identifier', 'name_index'])
      expect(await count(`select count(*) as n from ${table} where index_key <> 'i2'`)).toBe(0);
    const sealed = { object: { type: 'property-unit' as const, number: 'U-10' } };
    expect((await world.compare(SERVICES.sale, debtor, sealed)).interceptions[0]?.measures).toContain('SEAL');
    const retired = async () => (await retireUnusedKeys(world.owner, world.ring)).map(({ id }) => id).sort();
    await world.owner.query(`update name_index set index_key = 'i1' where subject = $1`, [subject]);
    expect(await retired()).toEqual(['k1']);
    await world.owner.query(`update name_index set index_key = 'i2' where subject = $1`, [subject]);
    expect(await retired()).toEqual(['i1']);
    await requireKnownKeys(world.pool, turn(SECOND));
    await everythingWorks();
  });

  it('brings nothing back a second time, and a key that is missing stops the start by name', async () => {
    await fillIndex(world.owner, world.ring, quiet);
    const steps: string[] = [];
    const note = (step: string) => void steps.push(step);
    await rewrapDataKeys(world.owner, world.ring, note);
    await sweepSealedValues(world.owner, world.ring, note);
    await fillIndex(world.owner, world.ring, note);
    expect(steps).toEqual([]);
    const other = parseKeyRing({
      ...FIRST,
      keys: { k9: key() },
      active: 'k9',
      indexKeys: { i9: key() },
      activeIndex: 'i9',
    });
    await expect(requireKnownKeys(world.pool, other)).rejects.toThrow('keys.k2');
    // A start that failed has put nothing into use: who has the right ring starts as before.
    await requireKnownKeys(world.pool, world.ring);
  });

  it('npm run keys:rotate does it all, with progress, new data keys included, and says what may leave the ring', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ring-'));
    try {
      const third = {
        ...SECOND,
        active: 'k3',
        keys: { ...SECOND.keys, k3: key() },
        activeIndex: 'i3',
        indexKeys: { ...SECOND.indexKeys, i3: key() },
      };
      const file = join(folder, 'ring.json');
      writeFileSync(file, JSON.stringify(third), { mode: 0o600 });
      turn(third);
      const run = promisify(execFile);
      const env = { ...process.env, DATABASE_URL: world.adminUrl, KEY_RING_FILE: file };
      const command = join(rootFolder, 'dist', 'registry', 'maintenance', 'keys-rotate.js');
      const now = new Date(Date.now() + 1_000).toISOString();
      const { stdout } = await run(process.execPath, [command, '--renew-before', now, '--drop-old-index'], { env });
      expect(stdout).toMatch(/data_key: \d+/);
      expect(stdout).toMatch(/identifier\.number_sealed: \d+/);
      expect(stdout).toContain('keys.k2: ');
      expect(stdout).toContain('indexKeys.i2: ');
      await everythingWorks();
      const wrong = run(process.execPath, [command, '--all'], { env }).then(
        () => 0,
        (error: { code: number }) => error.code,
      );
      expect(await wrong).toBe(2);
      writeFileSync(file, JSON.stringify(FIRST), { mode: 0o600 });
      const missing = await run(process.execPath, [command], { env }).then(
        () => '',
        (error: { code: number; stderr: string }) => `${error.code} ${error.stderr}`,
      );
      expect(missing).toMatch(/^1 key ring: .*keys\.k3/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('an asset that a court announced (a judicial auction)', () => {
  it('keeps its index key until it is over: there is no number by which it could be indexed anew', async () => {
    const unit = { type: 'property-unit' as const, number: 'U-77' };
    const document = { number: '（2026）黔0112执协8号', madeOn: '2026-03-01' };
    const party = person('亢某');
    const opened = await world.open([defaulter(party, ['LISTING', { seal: unit.number }])]);
    await world.pursue(opened);
    const former = world.ring.activeIndex;
    const untilAt = new Date(Date.now() + 86_400_000).toISOString();
    await world.decide(opened.id, { type: 'court-application', document, asset: unit, untilAt });
    const next = { ...fixed, active: 'k3', keys: ringKeys(world.ring.keys), activeIndex: 'i4' };
    await requireKnownKeys(world.pool, turn({ ...next, indexKeys: { ...ringKeys(world.ring.indexKeys), i4: key() } }));
    await fillIndex(world.owner, world.ring, quiet);
    await dropOldIndex(world.owner, world.ring, quiet);
    expect((await retireUnusedKeys(world.owner, world.ring)).map(({ id }) => id)).not.toContain(former);
    const asked = { object: unit, courtApplication: { court: COURT, number: document.number } };
    expect(await world.outcome(SERVICES.sale, party, asked)).toBe('CLEAR');
    await world.owner.query('alter table court_application disable trigger append_only');
    await world.owner.query('update court_application set until_at = clock_timestamp()');
    await world.owner.query('alter table court_application enable trigger append_only');
    expect((await retireUnusedKeys(world.owner, world.ring)).map(({ id }) => id)).toContain(former);
  });
});

describe('the sweep', () => {
  it('finds what is stale on every page of a table', async () => {
    const opened = await Promise.all(Array.from({ length: 7 }, (_, n) => world.open([defaulter(person(`庚${n}`))])));
    for (const { id } of opened) {
      const context = { table: 'enforcement_case', column: 'content_sealed', row: id };
      await world.owner.query('update enforcement_case set content_sealed = $2 where id = $1', [
        id,
        encrypt(world.ring, context, '旧值'),
      ]);
    }
    const found: number[] = [];
    await sweepSealedValues(
      world.owner,
      world.ring,
      (step, done) => void (step === 'enforcement_case.content_sealed' && found.push(done)),
      2,
    );
    expect(found.at(-1)).toBe(7);
    expect(found.length).toBeGreaterThan(3);
    expect(await count('select count(*) as n from enforcement_case where get_byte(content_sealed, 0) = 1')).toBe(0);
    expect((await world.view(opened[0]?.id ?? '')).obligation.content).toBe('旧值');
  });
});

describe('a case of an older version', () => {
  it('has no data key, is read as it is, gets one with its first write, and the sweep brings the rest over', async () => {
    const party = person('何某');
    const opened = await world.open([defaulter(party)]);
    const old = (await world.view(opened.id)).defaulters[0]?.subject ?? '';
    const values = [
      ['enforcement_case', 'content_sealed', opened.id, '偿还货款'],
      ['subject', 'name_sealed', old, '何某'],
    ] as const;
    for (const [table, column, row, text] of values) {
      const sealed = encrypt(world.ring, { table, column, row }, text);
      await world.owner.query(`update ${table} set ${column} = $2 where id = $1`, [row, sealed]);
    }
    await world.owner.query('alter table data_key disable trigger append_only');
    await world.owner.query('delete from data_key where owner = $1', [opened.id]);
    await world.owner.query('alter table data_key enable trigger append_only');
    expect((await world.view(opened.id)).obligation.content).toBe('偿还货款');
    await world.decide(opened.id, { type: 'stay', reason: '再审' });
    const keys = () => count('select count(*) as n from data_key where owner = $1', opened.id);
    expect(await keys()).toBe(1);
    await world.owner.query('update defaulter set conduct_sealed = $2 where enforcement_case = $1', [
      opened.id,
      encrypt(world.ring, { table: 'defaulter', column: 'conduct_sealed', row: lifeOf(opened) }, '拒不履行'),
    ]);
    await sweepSealedValues(world.owner, world.ring, quiet);
    const stale = `select count(*) as n from enforcement_case c join defaulter d on d.enforcement_case = c.id
      where c.id = $1 and (get_byte(c.content_sealed, 0) = 1 or get_byte(d.conduct_sealed, 0) = 1)`;
    expect([await keys(), await count(stale, opened.id)]).toEqual([1, 0]);
    expect((await world.view(opened.id)).obligation.content).toBe('偿还货款');
  });
});

describe('data keys', () => {
  it('are bound to their owner: a wrapped key moved to another row opens nothing', async () => {
    const party = person('陈某');
    const opened = await world.open([defaulter(party)]);
    const other = (await world.view(opened.id)).defaulters[0]?.subject;
    await world.owner.query(
      `update data_key k set wrapped = o.wrapped, kek = o.kek from data_key o
       where k.owner = $1 and o.owner = $2 and k.retired_at is null and o.retired_at is null`,
      [other, subject],
    );
    await expect(world.view(opened.id)).rejects.toThrow();
  });

  it('destroyed, take what they sealed with them: the rows stay, nobody can read them, and nothing brings them back', async () => {
    const opened = await world.open([defaulter(person('徐某'))]);
    const gone = (await world.view(opened.id)).defaulters[0]?.subject ?? '';
    await world.tx((tx) => destroyDataKeys(tx, [gone, opened.id]));
    await world.owner.query(`update identity_exception set name_sealed = '\\x04'`);
    const view = await world.view(opened.id);
    expect([view.defaulters[0]?.name, view.obligation.content]).toEqual(['—', '—']);
    await sweepSealedValues(world.owner, world.ring, quiet);
    await fillIndex(world.owner, world.ring, quiet);
    await expect(
      world.owner.query('update data_key set wrapped = $2, destroyed_at = null where owner = $1', [
        gone,
        randomBytes(60),
      ]),
    ).rejects.toMatchObject({ code: '23514' });
  });
});
