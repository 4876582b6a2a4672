// Case numbers as clerks type them, and the parts they are read into.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCaseNumber } from '../../domain/case-number.js';

test.each([
  ['（2018）黔0112执1234号', 2018, '黔0112', '执', 1234],
  ['（2019）黔2701执恢56号', 2019, '黔2701', '执恢', 56],
  ['（2018）黔执复7号', 2018, '黔', '执复', 7],
  ['（2020）最高法执监12号', 2020, '最高法', '执监', 12],
  ['（2018）黔0112执1234号之一', 2018, '黔0112', '执', 1234],
])('%s', (caseNumber, year, courtCode, type, serial) => {
  expect(parseCaseNumber(caseNumber)).toEqual({ caseNumber, year, courtCode, type, serial });
});

test.each([
  '(2018)黔0112执1234号',
  '〔2018〕黔01 12执1234号',
  '[2018]黔0112执1234号',
  '【2018】黔0112执1234号',
  '［２０１８］黔０１１２执１２３４号',
  '  （2018） 黔0112 执 1234 号\n',
])('however it was typed: %j', (text) => {
  expect(parseCaseNumber(text)?.caseNumber).toBe('（2018）黔0112执1234号');
});

test.each([
  '（2014）乌执字第123号',
  '（2018）黔0112执0123号',
  '（2018）黔0112执0号',
  '（18）黔0112执1号',
  '（2018）黔01123执1号',
  '（2018）贵0112执1号',
  '2018黔0112执1号',
  '（2018）黔0112执1',
  '（2018）黔0112执1号之',
  '（2018）黔0112执\u00001号',
  '（2018）黔0112执1号\ud800',
  `（2018）黔0112执${'9'.repeat(30)}号`,
  '（2018）黔0112执1号'.repeat(10_000),
  '',
])('not a case number: %j', (text) => {
  expect(parseCaseNumber(text)).toBeUndefined();
});

test('the parts of every number that is read are the ones it was written with', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2016, max: 2099 }),
      fc.constantFrom('黔', '黔01', '黔0112', '京', '兵0101', '最高法'),
      fc.constantFrom('执', '执恢', '执保', '执异', '执复', '执监', '执协', '执他'),
      fc.integer({ min: 1, max: 999_999 }),
      (year, courtCode, type, serial) => {
        const caseNumber = `（${year}）${courtCode}${type}${serial}号`;
        expect(parseCaseNumber(caseNumber)).toEqual({ caseNumber, year, courtCode, type, serial });
      },
    ),
  );
});
