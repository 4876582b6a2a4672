// The numbers of organisations and their check digits.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { creditCodeCheck, organisationCheck, registrationCheck } from '../../../domain/identity/check-digits.js';
import { type IdentifierType, indexKeys, parseIdentifier } from '../../../domain/identity/identifier.js';

const TODAY = '2026-11-23';
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const parse = (type: IdentifierType, number: string) => parseIdentifier({ type, number }, TODAY);
const accept = (type: IdentifierType, number: string) => {
  const parsed = parse(type, number);
  if (!parsed.ok) throw new Error(`refused with ${parsed.code}`);
  return parsed.identifier;
};
const meet = (a: [IdentifierType, string], b: [IdentifierType, string]) => {
  const listed = new Set(indexKeys(accept(...a)).map((key) => JSON.stringify(key)));
  return indexKeys(accept(...b)).some((key) => listed.has(JSON.stringify(key)));
};
const creditBody = fc
  .tuple(
    fc.constantFrom('11', '12', '51', '52', '53', '91', '92', '93', 'N1', 'A1', 'Y1'),
    fc.integer({ min: 110000, max: 659999 }),
    fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 8, maxLength: 8 }),
  )
  .map(([kind, region, code]) => kind + region + code + organisationCheck(code));

describe('unified social credit code (GB 32100-2015)', () => {
  const VALID = [
    '91520112PDY0001830',
    '91520112PDY00001XK',
    '92520112PDY00001XG',
    'N1520112PDY00001X6',
    'A1520112PDY00001XJ',
    'Y1520112PDY00001XX',
    '51520112PDY00001XP',
    '91350100M000100Y43',
  ];

  test.each(VALID)('%s is valid, and with any other last character not', (number) => {
    expect(accept('uscc', number)).toMatchObject({ type: 'uscc', number, warnings: [] });
    for (const last of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ') {
      expect(parse('uscc', number.slice(0, 17) + last).ok).toBe(last === number.charAt(17));
    }
  });

  test.each([...'IOSVZ'])('the letter %s never occurs', (letter) => {
    for (const number of VALID) {
      for (const at of [0, 1, 8, 12, 16]) {
        expect(parse('uscc', number.slice(0, at) + letter + number.slice(at + 1))).toEqual({ ok: false, code: 'E01' });
      }
    }
  });

  test('is read however it was typed', () => {
    expect(accept('uscc', ' 91520112-pdy00001x-k ').number).toBe('91520112PDY00001XK');
    expect(accept('uscc', '９１５２０１１２ＰＤＹ００００１ＸＫ').number).toBe('91520112PDY00001XK');
  });

  test('exactly one check character fits each body', () => {
    fc.assert(
      fc.property(creditBody, (body) => {
        expect([...ALPHABET].filter((c) => parse('uscc', body + c).ok)).toEqual([creditCodeCheck(body)]);
      }),
    );
  });
});

describe('organisation code (GB 11714-1997)', () => {
  test.each(['PDY00001-X', 'PDY00006-0', 'pdy00001x'])('%s is valid', (number) => {
    expect(accept('organisation-code', number).number).toBe(number.toUpperCase().replace('-', ''));
  });

  test.each(['PDY00001-0', 'PDY00006-X', 'PDY00001', '91520112PDY00001XK', ''])('E01: %j', (number) => {
    expect(parse('organisation-code', number)).toEqual({ ok: false, code: 'E01' });
  });

  test('a listing under the code of before 2015 meets the USCC at the counter, and the other way round', () => {
    fc.assert(
      fc.property(creditBody, (body) => {
        const credit: [IdentifierType, string] = ['uscc', body + creditCodeCheck(body)];
        const code: [IdentifierType, string] = ['organisation-code', `${body.slice(8, 16)}-${body.charAt(16)}`];
        expect([meet(code, credit), meet(credit, code)]).toEqual([true, true]);
      }),
    );
    expect(meet(['organisation-code', 'PDY00006-0'], ['uscc', '91520112PDY00001XK'])).toBe(false);
  });
});

describe('business registration number (MOD 11,10)', () => {
  test("ISO 7064's example", () => {
    expect(registrationCheck('0794')).toBe('5');
  });

  test('as on a licence of before 2015; without its check it is none', () => {
    expect(accept('business-registration', '1101 0800 0000 016').number).toBe('110108000000016');
    for (const number of ['110108000000017', '11010800000001', '1101080000000165', 'A10108000000016']) {
      expect(parse('business-registration', number)).toEqual({ ok: false, code: 'E01' });
    }
  });

  test('exactly one check digit fits each body', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10_000_000_000_000, max: 99_999_999_999_999 }).map(String), (body) => {
        const fitting = [...'0123456789'].filter((c) => parse('business-registration', body + c).ok);
        expect(fitting).toEqual([registrationCheck(body)]);
      }),
    );
  });
});
