import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { localDestination } from '../../console/paths.js';
import { en } from '../../console/text/en.js';
import { clock, dateTime, dayHeading, money, performedPercent, zoned } from '../../console/text/format.js';
import { zhCN } from '../../console/text/zh-CN.js';
import { formatYuan } from '../../domain/money.js';

describe('amounts', () => {
  test.each([
    ['0.00', '0.00 元'],
    ['999.99', '999.99 元'],
    ['1000.00', '1,000.00 元'],
    ['400000.00', '400,000.00 元'],
    ['10000000000000.00', '10,000,000,000,000.00 元'],
  ])('%s yuan is %s', (yuan, shown) => {
    expect(money(yuan, 'zh-CN')).toBe(shown);
    expect(money(yuan, 'en')).toBe(shown.replace('元', 'yuan'));
  });

  test('show every fen', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (fen) => {
        expect(money(formatYuan(fen), 'zh-CN').replace(/[,元 ]/g, '')).toBe(formatYuan(fen));
      }),
    );
  });

  test('a share is never rounded up to all', () => {
    expect(performedPercent('400000.00', '253600.00')).toBe(36.6);
    expect(performedPercent('400000.00', '0.01')).toBe(99.9);
    expect(performedPercent('400000.00', '0.00')).toBe(100);
    expect(performedPercent('0.00', '0.00')).toBeUndefined();
  });
});

test('instants are shown in Beijing, on the day it is there', () => {
  const at = '2026-11-23T16:30:05.678Z';
  expect(dateTime(at)).toBe('2026-11-24 00:30:05');
  expect(clock(at)).toBe('00:30:05');
  expect(zoned(at)).toBe('2026-11-24T00:30:05.678+08:00');
  expect(dayHeading(at, 'zh-CN')).toBe('2026年11月24日星期二');
  expect(dayHeading(at, 'en')).toContain('24 November 2026');
});

test('where to go after signing in is always a page of the console', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.webUrl(),
        fc.string(),
        fc.string().map((text) => `/console${text}`),
      ),
      (asked) => {
        const url = new URL(localDestination(asked), 'https://court.example');
        expect(url.origin).toBe('https://court.example');
        expect(url.pathname).toMatch(/^\/console(\/|$)/);
      },
    ),
  );
});

describe('texts', () => {
  /** Every string of a text, with functions called on something harmless. */
  function strings(value: unknown): string[] {
    if (typeof value === 'string') return [value];
    if (typeof value === 'function') return [String(value(2, 2, 2))];
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
  }

  test('none is empty in either language', () => {
    expect(strings(zhCN).length).toBe(strings(en).length);
    for (const text of [...strings(zhCN), ...strings(en)]) expect(text.trim()).not.toBe('');
  });

  test('English keeps Chinese for legal terms in brackets only', () => {
    const { otherLanguage, ...rest } = en;
    for (const text of strings(rest)) expect(text.replace(/\([^)]*\)/g, '')).not.toMatch(/\p{Script=Han}/u);
    expect(otherLanguage).toBe('中文');
  });
});
