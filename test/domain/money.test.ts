// Amounts as clients write them, kept in fen, to the last one.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatYuan, parseYuan } from '../../domain/money.js';

test.each([
  ['0', 0n, '0.00'],
  ['400000', 40_000_000n, '400000.00'],
  ['0.5', 50n, '0.50'],
  ['0.05', 5n, '0.05'],
  ['12.34', 1234n, '12.34'],
  ['9999999999999.99', 999_999_999_999_999n, '9999999999999.99'],
])('%s yuan is %s fen, shown as %s', (text, fen, shown) => {
  expect(parseYuan(text)).toBe(fen);
  expect(formatYuan(fen)).toBe(shown);
});

test.each([
  '',
  ' 1',
  '1 ',
  '1\n',
  '-1',
  '+1',
  '007',
  '00',
  '1.',
  '.5',
  '1.005',
  '1,000',
  '1e3',
  '0x1f',
  '１００',
  '٣',
  'NaN',
  'Infinity',
  '10000000000000',
])('%j is no amount', (text) => {
  expect(parseYuan(text)).toBeUndefined();
});

test('every amount survives being shown and read', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }), (fen) => {
      expect(parseYuan(formatYuan(fen))).toBe(fen);
    }),
  );
});

test('a negative difference shows its sign', () => {
  expect([formatYuan(-5n), formatYuan(-123456n)]).toEqual(['-0.05', '-1234.56']);
});
