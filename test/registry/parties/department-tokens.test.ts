// A department asks by token, and sends nobody’s number to the platform.

import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../domain/calendar.js';
import { epochOf, isLiveEpoch, liveEpochs } from '../../../domain/identity/epoch.js';
import { decideIdentity } from '../../../registry/courts/identity-decisions.js';
import { explain } from '../../../registry/courts/identity-reviews.js';
import type { Party } from '../../../registry/inputs.js';
import { dropOldIndex } from '../../../registry/maintenance/index-rotation.js';
import { departmentKey, issueTokenKeys, tokenOf, wrapFor } from '../../../registry/parties/department-tokens.js';
import { keepTokenIndexes, requireTokenIndexes } from '../../../registry/parties/token-index.js';
import { COURT, JUDGE } from '../../builders/cases.js';
import { OTHER_PERSON, residentNumber } from '../../builders/numbers.js';
import { defaulter, document, identifier, person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { linkingIn } from '../../harness/linking.js';
import { unwrapWith } from '../../harness/token-keys.js';
import { useWorld } from '../../harness/world.js';

const ROOT = Buffer.alloc(32, 1);
const NUMBER = { type: 'resident-id' as const, country: '', number: OTHER_PERSON };
const pair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    own: privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32),
    shown: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
  };
};

describe('a department’s tokens', () => {
  it('are the published vectors', () => {
    const key = departmentKey(ROOT, 'FIN', '2026Q4');
    expect(key.toString('hex')).toBe('4a59625832eee0192a4a112a2125b7e80af166f67c6aa286b505d2bdc83e8bff');
    expect(tokenOf(key, NUMBER).toString('hex')).toBe('e3ecf16d342dd654906534ef18682c95');
  });

  it('of two departments, or of two quarters, have nothing in common', () => {
    const numbers = Array.from({ length: 500 }, (_, n) => ({
      ...NUMBER,
      number: `52011219700101${String(n).padStart(4, '0')}`,
    }));
    const lists = [
      ['FIN', '2026Q4'],
      ['TAX', '2026Q4'],
      ['FIN', '2026Q3'],
    ].map(([department = '', epoch = '']) => {
      const key = departmentKey(ROOT, department, epoch);
      return numbers.map((number) => tokenOf(key, number).toString('hex'));
    });
    expect(new Set(lists.flat()).size).toBe(3 * numbers.length);
  });
});

describe('a wrapped key', () => {
  const key = departmentKey(ROOT, 'FIN', '2026Q4');
  const { own, shown } = pair();

  it('opens for its recipient, never wrapped the same twice', () => {
    const wrapped = wrapFor(shown, key, 'FIN', '2026Q4');
    expect(unwrapWith(own, wrapped, 'FIN').equals(key)).toBe(true);
    expect(wrapFor(shown, key, 'FIN', '2026Q4').sealed).not.toBe(wrapped.sealed);
  });

  it('opens for nobody else, under no other department or quarter, and not with a bit changed', () => {
    const wrapped = wrapFor(shown, key, 'FIN', '2026Q4');
    expect(() => unwrapWith(pair().own, wrapped, 'FIN')).toThrow();
    expect(() => unwrapWith(own, wrapped, 'TAX')).toThrow();
    expect(() => unwrapWith(own, { ...wrapped, epoch: '2026Q3' }, 'FIN')).toThrow();
    const changed = Buffer.from(wrapped.sealed, 'base64');
    changed[20] = (changed[20] ?? 0) ^ 1;
    expect(() => unwrapWith(own, { ...wrapped, sealed: changed.toString('base64') }, 'FIN')).toThrow();
  });
});

describe('a comparison by token', () => {
  const world = useWorld();
  const { link, subject } = linkingIn(world);
  let fin: Buffer;
  const now = Date.now();
  const [epoch] = liveEpochs(now);
  beforeAll(async () => {
    if (!world.ring.tokenRoot) throw new Error('the ring of the tests has no root');
    fin = departmentKey(world.ring.tokenRoot, 'FIN', epoch);
  });

  const prepare = async (at = now) => {
    while (await keepTokenIndexes(world.pool, world.ring, at));
  };
  const byToken = (of: Party, key = fin, of_epoch = epoch): Party => ({
    ...of,
    identifiers: of.identifiers.map(({ type, country, number }) => ({
      type,
      number: '',
      country: '',
      token: { value: tokenOf(key, { type, country, number }).toString('hex'), epoch: of_epoch },
      flags: [],
      warnings: [],
      aliases: [],
    })),
  });
  const listed = (party: Party) => world.inForce(defaulter(party));
  // FIN-01 is gated by LISTING; the same person at another department under its own key.
  const outcome = (asked: Party, service: string = SERVICES.procurementSupplier) => world.outcome(service, asked);

  it('meets who was listed before the department asked for a key, and who is listed after; the key waits until all have their token', async () => {
    const [early, late] = [person('封某'), person('何某')];
    await listed(early);
    const expected = await outcome(early);
    expect(expected).not.toBe('CLEAR');
    const ready = () => world.tx((tx) => requireTokenIndexes(tx, 'FIN', now));
    expect(await ready()).toEqual([]);
    const between = person('徐某');
    await listed(between);
    await prepare();
    expect(await ready()).toEqual(liveEpochs(now));
    await listed(late);
    for (const one of [early, between, late]) expect(await outcome(byToken(one))).toBe(expected);
    expect(await outcome(byToken(person('赵某')))).toBe('CLEAR');
    expect(await outcome(byToken({ ...early, name: '封某某' }))).toBe('REVIEW');
  });

  it('of another department, or of a key it never got, meets nobody', async () => {
    const debtor = person('陈某');
    await listed(debtor);
    expect(await outcome(byToken(debtor))).not.toBe('CLEAR');
    // FIN's token in the hands of another department.
    expect(await outcome(byToken(debtor), SERVICES.companyRegistration)).toBe('CLEAR');
    const aic = departmentKey(world.ring.tokenRoot ?? fin, 'AIC', epoch);
    expect(await outcome(byToken(debtor, aic), SERVICES.companyRegistration)).toBe('CLEAR');
    expect(await outcome(debtor, SERVICES.companyRegistration)).not.toBe('CLEAR');
  });

  it('obeys links and “not this person” as a number does, and a court sees what it met', async () => {
    const number = residentNumber();
    await listed(person('李某', number));
    const held = await world.compare(SERVICES.procurementSupplier, byToken(person('李某某', number)));
    const [interception] = held.interceptions;
    const match = await explain(world.pool, world.ring, interception?.id ?? '', { unmasked: true });
    expect(match).toMatchObject({ equal: ['number'], conflicting: ['name'], asked: { identifiers: [{ number }] } });
    const word = { identity: 'other' as const, reason: '同号' };
    await world.tx((tx) => decideIdentity(tx, world.ring, interception?.id ?? '', word, COURT, JUDGE));
    expect(await outcome(byToken(person('李某某', number)))).toBe('CLEAR');
    expect(await outcome(person('李某某', number))).toBe('CLEAR');
    expect(await outcome(byToken(person('李某', number)))).not.toBe('CLEAR');
    const further = identifier();
    await link(await subject(person('李某', number)), { relation: 'alias-number', identifier: further });
    const asked = byToken({ kind: 'person', name: '李某', identifiers: [further] });
    expect((await world.compare(SERVICES.procurementSupplier, asked)).reasons).toEqual(['ID_ALIAS']);
  });

  it('is not covered by “not this person” that was said of a document of another type', async () => {
    const passport = document('passport', 'E7654329', 'CHN');
    const resident = person('吴某');
    await listed({ ...resident, identifiers: [...resident.identifiers, passport] });
    const asked = { ...resident, name: '吴某某' };
    const [held] = (await world.compare(SERVICES.procurementSupplier, asked)).interceptions;
    const word = { identity: 'other' as const, reason: '同号' };
    await world.tx((tx) => decideIdentity(tx, world.ring, held?.id ?? '', word, COURT, JUDGE));
    expect(await outcome(byToken(asked))).toBe('CLEAR');
    expect(await outcome(byToken({ ...asked, identifiers: [passport] }))).toBe('REVIEW');
  });

  it('keeps no number; the quarter that is over goes, the coming one is made in time, and keys change beside it', async () => {
    const clear = await world.compare(SERVICES.procurementSupplier, byToken(person('周某')));
    const { rows } = await world.owner.query('select blinds, party_sealed from comparison where id = $1', [clear.id]);
    expect(rows[0]).toMatchObject({ party_sealed: null, blinds: [expect.any(Buffer)] });
    const keys = async () =>
      (
        await world.owner.query<{ k: string }>(
          `select distinct index_key as k from identifier where strpos(index_key, '/') > 0 order by 1`,
        )
      ).rows.map((row) => row.k);
    expect(await keys()).toEqual(
      liveEpochs(now)
        .map((one) => `FIN/${one}`)
        .sort(),
    );
    const inHalfAYear = now + 183 * DAY_MS;
    await prepare(inHalfAYear);
    await world.tx((tx) => requireTokenIndexes(tx, 'FIN', inHalfAYear));
    await prepare(inHalfAYear);
    expect(await keys()).toEqual(
      liveEpochs(inHalfAYear)
        .map((one) => `FIN/${one}`)
        .sort(),
    );
    const before = (await keys()).length;
    await dropOldIndex(world.owner, world.ring, () => undefined);
    expect(await keys()).toHaveLength(before);
  });

  it('a quarter’s tokens are met for a day after it is over: not every clock is right', async () => {
    const kept = async (at: number) => {
      await prepare(at);
      const { rows } = await world.owner.query<{ epoch: string }>(
        `select epoch from token_index where department = 'FIN' order by epoch`,
      );
      return rows.map((row) => row.epoch);
    };
    const inAYear = now + 365 * DAY_MS;
    const [year, quarter] = epochOf(inAYear).split('Q').map(Number);
    // 00:00 in Shanghai on the first day of the next quarter.
    const turn = Date.UTC(year ?? 0, (quarter ?? 0) * 3, 1) - 8 * 3_600_000;
    await prepare(turn - 3_600_000);
    await world.tx((tx) => requireTokenIndexes(tx, 'FIN', turn - 3_600_000));
    const past = liveEpochs(turn - 1)[1];
    expect(isLiveEpoch(past, turn)).toBe(false);
    expect(await kept(turn + 3_600_000)).toContain(past);
    expect(await kept(turn + 25 * 3_600_000)).not.toContain(past);
    expect(await kept(turn + 25 * 3_600_000)).toEqual(expect.arrayContaining(liveEpochs(turn)));
  });

  it('keys that are given out at the same time stand one behind the other in the department’s chain', async () => {
    const recipient = pair().shown;
    const issue = () =>
      world.tx((tx) =>
        issueTokenKeys(tx, world.ring, 'TAX', { recipient, epochs: [epoch] }, { role: 'department', id: 'TAX' }),
      );
    await Promise.all(Array.from({ length: 6 }, issue));
    const { rows } = await world.owner.query<{ leaf: Buffer }>(
      `select l.leaf from token_key_issue i join ledger_leaf l on l.entry_id = i.id where i.department = 'TAX'`,
    );
    const before = rows.map(({ leaf }) => JSON.parse(leaf.toString('utf8')).prev ?? 'none');
    expect([before.length, new Set(before).size]).toEqual([6, 6]);
  });
});
