// Names as they are typed: which are the same, and how one is masked.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasPrivateUse, isValidName, maskName, maskNumber, nameEquals, nameKey } from '../../domain/name.js';

describe('the key of a name', () => {
  test.each([...'•‧・･．.●·'])('买买提%s吐尔逊 has the dot of every other spelling', (dot) => {
    expect(nameKey(`买买提${dot}吐尔逊`)).toBe('买买提\u00b7吐尔逊');
    expect(nameEquals(`买买提 ${dot} 吐尔逊`, '买买提·吐尔逊')).toBe(true);
  });

  test.each([
    ['封某全', ' 封某全\u3000'],
    ['何某', '何\u3000某'],
    ['𬱖某', '𬱖 某'],
    ['神某', '\ufa19某'], // a compatibility ideograph
    ['丽某', '\u{2f800}某'],
    ['贵州某某(集团)有限公司', '贵州某某（集团）有限公司'],
    ['ABC有限公司', 'ａｂｃ 有限公司'],
    ['John Smith', 'JOHN  smith'],
    ['José', 'Jose\u0301'],
    ['徐某', '徐\u200b某'],
    ['葛某', '葛\u{e0100}某'],
  ])('%j equals %j', (a, b) => {
    expect(nameEquals(a, b)).toBe(true);
  });

  test.each([
    ['吴某', '吳某'],
    ['沈某', '瀋某'],
    ['封某全', '封某金'],
    ['John Smith', 'Johns Mith'],
    ['𬱖某', '𬱗某'],
    ['张某\ue000', '张某\ue001'],
  ])('%j differs from %j', (a, b) => {
    expect(nameEquals(a, b)).toBe(false);
  });

  test('no two unified Han characters share a key', () => {
    const changed: string[] = [];
    for (let code = 0x3400; code <= 0x3347f; code += 1) {
      const character = String.fromCodePoint(code);
      if (/^\p{Unified_Ideograph}$/u.test(character) && nameKey(character) !== character) changed.push(character);
    }
    expect(changed).toEqual([]);
  });

  test('is its own key, and blind to blanks around it and to case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), (name) => {
        expect(nameKey(nameKey(name))).toBe(nameKey(name));
        expect(nameKey(`\u3000${name} `)).toBe(nameKey(name));
      }),
    );
  });
});

test('private-use characters are noticed in every plane', () => {
  expect(['张\ue863', '张\u{f0000}', '张\u{10fffd}'].every(hasPrivateUse)).toBe(true);
  expect(['𬱖某', '买买提·吐尔逊'].some(hasPrivateUse)).toBe(false);
});

test.each([
  ['封某全', true],
  ['A', true],
  ['𬱖'.repeat(200), true],
  ['𬱖'.repeat(201), false],
  ['张\ue863', true],
  ['', false],
  ['  ', false],
  ['123', false],
  ['···', false],
  ['封\u0000某', false],
  ['封\n某', false],
  ['封\u2028某', false],
  ['封\ud800某', false],
  ['a'.repeat(1_000_000), false],
])('a name is acceptable or not: %#', (name, valid) => {
  expect(isValidName(name)).toBe(valid);
});

test.each([
  ['封某全', '封**'],
  ['徐某', '徐*'],
  ['徐', '徐'],
  ['𬱖某', '𬱖*'],
  ['买买提·吐尔逊', '买**'],
  ['贵州某某有限公司', '贵**'],
  ['', ''],
])('%s is shown as %s', (name, masked) => {
  expect(maskName(name)).toBe(masked);
});

test.each([
  ['11010519491231002X', '110105**********2X'],
  ['91520112PDY00001XK', '915201**********XK'],
  ['H12345678', 'H1*****78'],
  ['X1234', 'X***4'],
  ['123', '***'],
])('%s is shown as %s', (number, masked) => {
  expect(maskNumber(number)).toBe(masked);
});
