import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IDENTIFIER_TYPES, type IdentifierType } from '../../domain/identity/identifier.js';
import {
  type AskedNumber,
  clearestOf,
  isDoubtful,
  isExceptedNumber,
  type MetDefaulter,
  matchOf,
  type RecordedNumber,
  roleOf,
} from '../../domain/match-ladder.js';

// A number at a counter and a number on record: which level of the ladder they meet on (domain handbook §5.6).

const asked = (changes: Partial<AskedNumber> = {}): AskedNumber => ({
  blind: '01',
  type: 'resident-id',
  alias: false,
  fifteenDigits: false,
  byToken: false,
  ...changes,
});
const recorded = (changes: Partial<RecordedNumber> = {}): RecordedNumber => ({
  blind: '01',
  alias: false,
  fifteenDigits: false,
  link: null,
  ...changes,
});
const SAME_NAME = { asked: '甲某', recorded: '甲 某' };
const OTHER_NAME = { asked: '甲某', recorded: '乙某' };

const match = (
  given: AskedNumber,
  known: RecordedNumber,
  { names = SAME_NAME, byOtherRecord = false }: { names?: typeof SAME_NAME; byOtherRecord?: boolean } = {},
) => matchOf({ asked: [given], recorded: [known], byOtherRecord, names }).match;

describe('the match ladder', () => {
  const [EXACT, ALIAS] = [
    { alias: false, doubtful: false },
    { alias: true, doubtful: false },
  ] as const;
  const DOUBT = { doubtful: true };
  it.each([
    ['L1: number and name', match(asked(), recorded()), EXACT],
    ['L1: by a token of the number', match(asked({ byToken: true }), recorded()), EXACT],
    ['L2: the number under another name', match(asked(), recorded(), { names: OTHER_NAME }), DOUBT],
    [
      'L2: a name with a private-use character',
      match(asked(), recorded(), { names: { asked: '甲\ue000', recorded: '甲\ue000' } }),
      DOUBT,
    ],
    ['L3: a number contained in the document', match(asked({ alias: true }), recorded()), ALIAS],
    ['L3: a number contained in the one on record', match(asked(), recorded({ alias: true })), ALIAS],
    ['L3: a number that a court has linked', match(asked(), recorded({ link: 'k' })), ALIAS],
    ['L3: another record that a court has linked', match(asked(), recorded(), { byOtherRecord: true }), ALIAS],
    ['L3: fifteen digits at the counter', match(asked({ fifteenDigits: true }), recorded()), DOUBT],
    ['L3: fifteen digits on record', match(asked(), recorded({ fifteenDigits: true })), DOUBT],
    ['L3: a document without a check', match(asked({ type: 'other' }), recorded()), DOUBT],
    ['L3: an alias under another name', match(asked({ alias: true }), recorded(), { names: OTHER_NAME }), DOUBT],
    ['L4, L5: the name alone is never sure', match(asked(), recorded({ blind: '02' })), DOUBT],
  ])('%s', (_level, met, expected) => {
    expect({ ...met, doubtful: isDoubtful(met) }).toMatchObject(expected);
  });

  it('the strongest of several ways speaks, and names the link it went by', () => {
    const names = SAME_NAME;
    const given = [asked({ fifteenDigits: true }), asked({ blind: '02', type: 'passport' })];
    const known = [recorded(), recorded({ blind: '02', link: 'k' })];
    expect(matchOf({ asked: given, recorded: known, byOtherRecord: false, names })).toEqual({
      match: { nameEqual: true, alias: true, fifteenDigits: false, weakDocument: false },
      link: 'k',
    });
  });

  it('a further number never adds a doubt, and the order of numbers says nothing', () => {
    const blind = fc.constantFrom('01', '02', '03');
    const given = fc.record({
      blind,
      type: fc.constantFrom<IdentifierType>(...IDENTIFIER_TYPES),
      alias: fc.boolean(),
      fifteenDigits: fc.boolean(),
      byToken: fc.boolean(),
    });
    const known = fc.record({
      blind,
      alias: fc.boolean(),
      fifteenDigits: fc.boolean(),
      link: fc.constantFrom('k', null),
    });
    const matched = (numbers: AskedNumber[], record: RecordedNumber[], byOtherRecord: boolean) =>
      matchOf({ asked: numbers, recorded: record, byOtherRecord, names: SAME_NAME }).match;
    fc.assert(
      fc.property(fc.array(given), given, fc.array(known), fc.boolean(), (some, another, record, byOtherRecord) => {
        const before = matched(some, record, byOtherRecord);
        const after = matched([...some, another], record, byOtherRecord);
        expect(isDoubtful(after) && !isDoubtful(before)).toBe(false);
        expect(matched([another, ...some.toReversed()], record.toReversed(), byOtherRecord)).toEqual(after);
      }),
    );
  });
});

describe('"not this person"', () => {
  const excepted = { type: 'resident-id', blind: '01', weak: false };
  it.each([
    ['the very number', excepted, asked(), true],
    ['another number', excepted, asked({ blind: '02' }), false],
    [
      'said of fifteen digits, and fifteen are given',
      { ...excepted, weak: true },
      asked({ fifteenDigits: true }),
      true,
    ],
    ['said of fifteen digits, and the full number is given', { ...excepted, weak: true }, asked(), false],
    ['a token of the record’s number', { ...excepted, blind: '09' }, asked({ byToken: true }), true],
    ['a token of another type', { ...excepted, type: 'passport' }, asked({ byToken: true }), false],
    ['a token that met nobody', excepted, asked({ byToken: true, blind: '02' }), false],
  ])('%s', (_case, exception, given, is) => {
    expect(isExceptedNumber(exception, [given], [recorded()])).toBe(is);
  });
});

describe('a defaulter who is met in several ways', () => {
  const met = (changes: Partial<MetDefaulter> = {}, doubts: Partial<MetDefaulter['match']> = {}): MetDefaulter => ({
    defaulter: 'd',
    role: 'P',
    otherPerson: false,
    ...changes,
    match: { nameEqual: true, alias: false, fifteenDigits: false, weakDocument: false, ...doubts },
  });
  const FROM_CLEAREST = [
    met(),
    met({}, { alias: true }),
    met({ role: 'R' }),
    met({}, { nameEqual: false }),
    met({ otherPerson: true }),
    met({ otherPerson: true }, { fifteenDigits: true }),
  ];

  it('is answered once, by the clearest', () => {
    for (const [rank, clearest] of FROM_CLEAREST.entries()) {
      const others = FROM_CLEAREST.slice(rank);
      expect(clearestOf(others)).toEqual([clearest]);
      expect(clearestOf(others.toReversed())).toEqual([clearest]);
    }
  });

  it('does not speak for another', () => {
    expect(clearestOf([met(), met({ defaulter: 'e' }, { alias: true })])).toHaveLength(2);
  });

  it('related people are R, whatever they are themselves', () => {
    expect(roleOf({ related: false, kind: 'person' })).toBe('P');
    expect(roleOf({ related: false, kind: 'organisation' })).toBe('O');
    expect(roleOf({ related: true, kind: 'person' })).toBe('R');
  });
});
