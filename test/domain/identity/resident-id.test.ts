// Resident numbers: check digit, birth date, the old 15 digits, and who is a minor.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { residentCheck } from '../../../domain/identity/check-digits.js';
import { type IdentifierType, isMinor, parseIdentifier } from '../../../domain/identity/identifier.js';

const TODAY = '2026-11-23';
const parse = (type: IdentifierType, number: string) => parseIdentifier({ type, number }, TODAY);
const accept = (type: IdentifierType, number: string) => {
  const parsed = parse(type, number);
  if (!parsed.ok) throw new Error(`refused with ${parsed.code}`);
  return parsed.identifier;
};

describe('resident identity number (GB 11643-1999)', () => {
  test("the standard's example is a woman born in 1949", () => {
    expect(accept('resident-id', '11010519491231002X')).toEqual({
      type: 'resident-id',
      number: '11010519491231002X',
      country: '',
      birthDate: '1949-12-31',
      sex: 'female',
      flags: [],
      warnings: [],
      aliases: [],
    });
  });

  test('15 digits become the 18-digit number, flagged as weak evidence', () => {
    const old = accept('resident-id', '110105491231002');
    expect(old).toMatchObject({ number: '11010519491231002X', flags: ['ID_15_DIGIT'], warnings: ['W02'] });
    expect(accept('resident-id', old.number)).toMatchObject({ number: old.number, flags: [], warnings: [] });
  });

  test('15 digits with the sequence kept for centenarians were born in the 1800s', () => {
    expect(accept('resident-id', '110105991231996').birthDate).toBe('1899-12-31');
    expect(accept('resident-id', '110105491231995').birthDate).toBe('1949-12-31');
  });

  test.each([
    '52011219700104000x',
    ' 520112 19700104 000X ',
    '520112-19700104-000X',
    '５２０１１２１９７００１０４０００Ｘ',
    '520112\u201019700104\u2013000\u2014X',
    '52011219700104\u3000000ｘ',
    '\u202d52011219700104000X\u202c',
    '52011219700104000X\r\n',
  ])('as typed at a counter: %j', (number) => {
    expect(accept('resident-id', number).number).toBe('52011219700104000X');
  });

  test.each([
    ['the check digit is wrong', '110105194912310021'],
    ['there is no 31 February', '110105199002310007'],
    ['1981 had no 29 February', '110105198102290002'],
    ['15 digits with an impossible day', '110105490231002'],
    ['17 digits', '11010519491231002'],
    ['19 characters', '11010519491231002XX'],
    ['X in the middle', '1101051949X231002X'],
    ['nothing', ''],
    ['a NUL inside', '110105\u000019491231002X'],
    ['a line break inside', '110105\n19491231002X'],
    ['a lone surrogate', '11010519491231002X\ud800'],
    ['endless text', '1'.repeat(100_000)],
    ['digits of another script', '١١٠١٠٥١٩٤٩١٢٣١٠٠٢X'],
  ])('E01 when %s', (_why, number) => {
    expect(parse('resident-id', number)).toEqual({ ok: false, code: 'E01' });
  });

  test('a birth in the future is refused, on the day itself accepted', () => {
    const at = (today: string) => parseIdentifier({ type: 'resident-id', number: '110105203001010001' }, today).ok;
    expect([at(TODAY), at('2029-12-31'), at('2030-01-01')]).toEqual([false, false, true]);
  });

  test.each([
    ['a Wudang code and a birth before that code existed', '520112196001010009'],
    ['a Hong Kong residence permit', '810000199001010000'],
    ['a Taiwan residence permit', '830000199001010004'],
    ['an unknown address', '999999199001010008'],
    ['born in 1900', '110105190001010001'],
    ['born in 1899', '110105189912310007'],
  ])('valid: %s', (_what, number) => {
    expect(accept('resident-id', number)).toMatchObject({ number, warnings: [] });
  });

  test('a card of permanent residence is no citizen, whatever its check digit says', () => {
    expect(parse('resident-id', '952840198001010003')).toEqual({ ok: false, code: 'E02' });
    expect(accept('foreign-resident-card', '952840198001010003').birthDate).toBe('1980-01-01');
  });

  test.each(['520112197002070008', '520112197003190001'])(
    '%s is an ID and a USCC: the caller decides, W05',
    (number) => {
      expect(accept('resident-id', number)).toMatchObject({ type: 'resident-id', warnings: ['W05'], aliases: [] });
      expect(accept('uscc', number)).toMatchObject({ type: 'uscc', warnings: ['W05'] });
    },
  );

  const day = fc
    .date({ min: new Date('1900-01-01'), max: new Date('2026-11-23'), noInvalidDate: true })
    .map((d) => d.toISOString().slice(0, 10));
  const body = fc
    .tuple(fc.integer({ min: 110000, max: 659999 }), day, fc.integer({ min: 0, max: 995 }))
    .map(([address, born, sequence]) => address + born.replaceAll('-', '') + String(sequence).padStart(3, '0'));

  test('exactly one check character fits each body', () => {
    fc.assert(
      fc.property(body, (digits) => {
        const fitting = [...'0123456789X'].filter((c) => parse('resident-id', digits + c).ok);
        expect(fitting).toEqual([residentCheck(digits)]);
      }),
    );
  });

  test('any single wrong digit and any two neighbours swapped are noticed', () => {
    fc.assert(
      fc.property(body, fc.nat(16), fc.integer({ min: 1, max: 9 }), (digits, at, add) => {
        const check = residentCheck(digits);
        const other = String((Number(digits.charAt(at)) + add) % 10);
        expect(parse('resident-id', digits.slice(0, at) + other + digits.slice(at + 1) + check).ok).toBe(false);
        const swapped =
          digits.slice(0, at) + digits.charAt(at + 1) + digits.charAt(at) + digits.slice(at + 2, 17) + check;
        if (at < 16 && digits.charAt(at) !== digits.charAt(at + 1))
          expect(parse('resident-id', swapped).ok).toBe(false);
      }),
    );
  });

  test('15 digits always convert to the 18-digit number of the same person', () => {
    fc.assert(
      fc.property(
        body.filter((digits) => digits.slice(6, 8) === '19'),
        (digits) => {
          const old = accept('resident-id', digits.slice(0, 6) + digits.slice(8));
          const full = accept('resident-id', digits + residentCheck(digits));
          expect(old).toMatchObject({ number: full.number, birthDate: full.birthDate, sex: full.sex });
        },
      ),
    );
  });
});

describe('minors (民法典 art. 17)', () => {
  test.each([
    ['2008-11-24', '2026-11-23', true],
    ['2008-11-23', '2026-11-23', false],
    ['2008-02-29', '2026-02-27', true],
    ['2008-02-29', '2026-02-28', false],
    ['1899-12-31', '2026-11-23', false],
    ['2026-11-23', '2026-11-23', true],
  ])('born %s, on %s: %s', (born, today, minor) => {
    expect(isMinor(born, today)).toBe(minor);
  });
});
