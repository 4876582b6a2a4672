// Passports, permits and other documents, as they are written and as they are kept.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fitsKind,
  IDENTIFIER_TYPES,
  type IdentifierType,
  normaliseNumber,
  parseIdentifier,
} from '../../../domain/identity/identifier.js';

const TODAY = '2026-11-23';
const numberOf = (type: IdentifierType, number: string) => {
  const parsed = parseIdentifier({ type, number }, TODAY);
  return parsed.ok ? parsed.identifier.number : parsed.code;
};

describe('other documents', () => {
  test.each([
    ['hk-macau-permit', 'H1234567801', 'H12345678'],
    ['hk-macau-permit', 'h12345678', 'H12345678'],
    ['hk-macau-permit', 'M12345678', 'M12345678'],
    ['hk-macau-permit', 'K12345678', 'E01'],
    ['hk-macau-permit', 'H123456780', 'E01'],
    ['taiwan-permit', '01234567', '01234567'],
    ['taiwan-permit', '0123456789(B)', '0123456789B'],
    ['taiwan-permit', '0123456789（b）', '0123456789B'],
    ['taiwan-permit', '0123', 'E01'],
    ['foreign-resident-card', 'USA520100000001', 'USA520100000001'],
    ['foreign-resident-card', '952840198001010003', '952840198001010003'],
    ['foreign-resident-card', '952840198001010004', 'E01'],
    ['foreign-resident-card', '52011219700104000X', 'E01'],
    ['other', '军字第1234567号', '军字第1234567号'],
    ['other', '--', 'E01'],
    ['other', '1'.repeat(65), 'E01'],
  ] as const)('%s %s → %s', (type, number, expected) => {
    expect(numberOf(type, number)).toBe(expected);
  });

  test('both cards of one Hong Kong resident are one document', () => {
    expect(numberOf('hk-macau-permit', 'H1234567800')).toBe(numberOf('hk-macau-permit', 'H12345678'));
  });
});

describe('passport', () => {
  const passport = (country: string | undefined, number = 'X1234567') =>
    parseIdentifier({ type: 'passport', number, country }, TODAY);

  test('the same country in two letters, three letters or as printed is one key', () => {
    for (const country of ['DE', 'deu', ' D ', 'ＤＥ']) {
      expect(passport(country)).toMatchObject({ ok: true, identifier: { number: 'X1234567', country: 'DEU' } });
    }
    expect(passport('GBN')).toMatchObject({ ok: true, identifier: { country: 'GBN' } });
  });

  test.each([undefined, '', 'ZZ', 'Germany', '\u0000', '__proto__'])('E02 without a real country: %j', (country) => {
    expect(passport(country)).toEqual({ ok: false, code: 'E02' });
  });

  test.each(['X123', 'X'.repeat(18), 'Ж1234567', ''])('E01: %j', (number) => {
    expect(passport('RU', number)).toEqual({ ok: false, code: 'E01' });
  });

  test('a country on any other document makes no other key, but must exist', () => {
    const id = (country: string) =>
      parseIdentifier({ type: 'resident-id', number: '11010519491231002X', country }, TODAY);
    expect(id('CN')).toMatchObject({ ok: true, identifier: { country: '' } });
    expect(id('nowhere')).toEqual({ ok: false, code: 'E02' });
  });
});

describe('type', () => {
  test.each([undefined, null, '', 'ID', '__proto__', 'constructor'])('E02 when it is %j', (type) => {
    const raw = JSON.parse(JSON.stringify({ type, number: '11010519491231002X' }));
    expect(parseIdentifier(raw, TODAY)).toEqual({ ok: false, code: 'E02' });
  });

  test('no document of a person belongs to an organisation, nor an organisation code to a person', () => {
    const held = (kind: 'person' | 'organisation') => IDENTIFIER_TYPES.filter((type) => fitsKind(type, kind));
    expect(held('organisation')).toEqual(['uscc', 'organisation-code', 'business-registration', 'other']);
    expect(held('person')).not.toContain('organisation-code');
  });

  test("a person's USCC is an individual business's", () => {
    expect(fitsKind('uscc', 'person', '92520112PDY00001XG')).toBe(true);
    expect(fitsKind('uscc', 'person', '91520112PDY00001XK')).toBe(false);
    expect(fitsKind('uscc', 'organisation', '91520112PDY00001XK')).toBe(true);
  });
});

describe('normalising', () => {
  test('once is enough', () => {
    expect(normaliseNumber(normaliseNumber('a \u0301'))).toBe(normaliseNumber('a \u0301'));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const once = normaliseNumber(text);
        expect(normaliseNumber(once)).toBe(once);
      }),
    );
  });

  test('every accepted number is accepted again as itself, whatever the type', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...IDENTIFIER_TYPES),
        fc.oneof(
          fc.string({ unit: 'grapheme', maxLength: 20 }),
          fc.stringMatching(/^[HM]?\d{8,10}$/),
          fc.stringMatching(/^\d{15}$/),
        ),
        (type, number) => {
          const first = parseIdentifier({ type, number, country: 'CN' }, TODAY);
          fc.pre(first.ok);
          expect(numberOf(type === 'passport' ? 'other' : type, first.identifier.number)).toBe(first.identifier.number);
        },
      ),
    );
  });

  test('any text at all gets an answer that does not repeat it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...IDENTIFIER_TYPES), fc.string({ unit: 'binary' }), (type, number) => {
        const parsed = parseIdentifier({ type, number }, TODAY);
        if (!parsed.ok) expect(Object.keys(parsed)).toEqual(['ok', 'code']);
      }),
    );
  });
});
