// Personal data are encrypted for one place, and found again by an index that tells nothing.

import { describe, expect, it } from 'vitest';
import { blindIndex, blindIndexes, decrypt, encrypt, parseKeyRing } from '../../../registry/keys/key-ring.js';

const bytes = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const raw = {
  active: 'k2',
  keys: { k1: bytes(1), k2: bytes(2) },
  activeIndex: 'i2',
  indexKeys: { i1: bytes(1), i2: bytes(3) },
  fingerprintKey: bytes(4),
  cursorKey: bytes(5),
};
const ring = parseKeyRing(raw);
const context = { table: 'subject', column: 'name_sealed', row: '01890000-0000-7000-8000-000000000001' };

describe('sealing', () => {
  it('opens at its place, never the same twice', () => {
    expect(decrypt(ring, context, encrypt(ring, context, '甲某·乙'))).toBe('甲某·乙');
    expect(encrypt(ring, context, '甲某').equals(encrypt(ring, context, '甲某'))).toBe(false);
  });

  it.each([{ table: 'identifier' }, { column: 'canonical_sealed' }, { row: '01890000-0000-7000-8000-000000000002' }])(
    'a value moved to %o does not open',
    (moved) => {
      expect(() => decrypt(ring, { ...context, ...moved }, encrypt(ring, context, '甲某'))).toThrow();
    },
  );

  it('one changed bit does not open', () => {
    const value = encrypt(ring, context, '甲某');
    for (let i = 0; i < value.length; i++) {
      const changed = Buffer.from(value);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => decrypt(ring, context, changed)).toThrow();
    }
  });

  it('stays readable after the active key has changed', () => {
    const old = encrypt(parseKeyRing({ ...raw, active: 'k1' }), context, '甲某');
    expect(decrypt(ring, context, old)).toBe('甲某');
  });

  it.each([
    [{ active: 'k9' }, 'active'],
    [{ keys: { k1: 'c2hvcnQ=', k2: bytes(2) } }, 'keys.k1'],
    [{ cursorKey: undefined }, 'cursorKey'],
  ])('a broken ring is refused by name (%o)', (change, member) => {
    expect(() => parseKeyRing({ ...raw, ...change })).toThrow(member);
  });
});

describe('the blind index', () => {
  it('is the published vector', () => {
    expect(blindIndex(Buffer.alloc(32, 1), 'resident-id', '', '11010519491231002X').toString('hex')).toBe(
      'a005b5fa14b988c1431325206af9f83b',
    );
  });

  it('asks under every readable key, the active one first', () => {
    expect(blindIndexes(ring, 'passport', 'CHN', 'E1').map((index) => index.indexKey)).toEqual(['i2', 'i1']);
  });
});
