import { describe, expect, it } from 'vitest';
import {
  type JudgedDefaulter,
  judge,
  ruleClears,
  type ServiceRule,
  schoolClears,
  strictest,
} from '../../domain/comparison.js';
import type { Measure } from '../../domain/vocabulary.js';

const NOW = Date.parse('2026-03-02T00:00:00Z');
const rule: ServiceRule = {
  subjects: ['P', 'O', 'R'],
  disposition: 'BLOCK',
  gatedBy: ['LISTING', 'CONSUMPTION', 'SEAL'],
  flags: [],
  enabled: true,
  validFrom: null,
  validUntil: null,
};

const candidate = (
  changes: Partial<JudgedDefaulter> = {},
  measures: Measure[] = ['LISTING', 'CONSUMPTION'],
  restrictionChanges: Partial<JudgedDefaulter['restrictions'][number]> = {},
): JudgedDefaulter => {
  const restrictions = measures.map((measure) => ({
    id: measure,
    measure,
    from: null,
    inForceAt: NOW - 1,
    until: null,
    termEnd: null,
    endedAt: null,
    endGround: null,
    endNotified: false,
    seizesObject: false,
    ...restrictionChanges,
  }));
  return {
    defaulter: 'd',
    role: 'P',
    match: { nameEqual: true, alias: false, fifteenDigits: false, weakDocument: false },
    enforcement: {
      ground: 1,
      termMonths: null,
      graceEndsAt: null,
      stayed: false,
      stayNotified: false,
      publishedAt: NOW - 1,
      endedAt: null,
      noticePending: false,
      deadlineAt: null,
      performed: false,
      restrictions,
    },
    restrictions,
    exempt: false,
    otherPerson: false,
    confirmed: false,
    courtApplies: false,
    allowedByCourt: false,
    holdOver: false,
    ...changes,
  };
};

const clear = (reason: string) => ({ outcome: 'CLEAR', reason });

describe('the disposition decides what a hit does', () => {
  it.each([
    ['BLOCK', 'INTERCEPT'],
    ['REVIEW', 'REVIEW'],
    ['NOTIFY', 'NOTIFY'],
    ['ASSIST', 'INTERCEPT'],
  ] as const)('%s → %s', (disposition, outcome) => {
    expect(judge({ ...rule, disposition }, candidate(), NOW)).toMatchObject({ outcome, reasons: ['ID_EXACT'] });
  });

  it('ASSIST without a live order is clear', () => {
    expect(judge({ ...rule, disposition: 'ASSIST', gatedBy: ['EXIT'] }, candidate(), NOW)).toEqual(
      clear('NO_COURT_ORDER'),
    );
  });
});

describe('doubt about who it is goes to a human', () => {
  it.each([
    [{ nameEqual: false }, 'ID_EXACT_NAME_DIFFERS'],
    [{ fifteenDigits: true }, 'ID_15_DIGIT'],
    [{ weakDocument: true }, 'ID_EXACT'],
  ])('%o', (match, reason) => {
    const judged = judge(rule, candidate({ match: { ...candidate().match, ...match } }), NOW);
    expect(judged).toMatchObject({ outcome: 'REVIEW', reasons: [reason] });
  });

  it('an alias with the name hits, and says so', () => {
    expect(judge(rule, candidate({ match: { ...candidate().match, alias: true } }), NOW)).toMatchObject({
      outcome: 'INTERCEPT',
      reasons: ['ID_ALIAS'],
    });
  });

  it('a step that goes on anyway is not held for it', () => {
    const judged = judge(
      { ...rule, disposition: 'NOTIFY' },
      candidate({ match: { ...candidate().match, nameEqual: false } }),
      NOW,
    );
    expect(judged.outcome).toBe('NOTIFY');
  });
});

describe('clear, and why', () => {
  it.each([
    ['in grace', candidate({}, ['LISTING'], { inForceAt: null }), 'MEASURE_DOES_NOT_GATE'],
    ['shielded', candidate({}, ['LISTING'], { endedAt: NOW, endGround: 'performed' }), 'SHIELDED'],
    ['revoked', candidate({}, ['LISTING'], { endedAt: NOW, endGround: 'revoked' }), 'REVOKED'],
    ['expired by the clock', candidate({}, ['LISTING'], { until: NOW }), 'EXPIRED'],
    ['exempt', candidate({ exempt: true }), 'EXEMPT'],
    ['the court itself applies', candidate({ courtApplies: true }), 'COURT_IS_APPLICANT'],
    ['let go by the court', candidate({ allowedByCourt: true }), 'ALLOWED_BY_COURT'],
    ['held until its time ran out', candidate({ holdOver: true }), 'HOLD_ENDED'],
    ['another asset sealed', candidate({}, ['SEAL']), 'MEASURE_DOES_NOT_GATE'],
    ['a measure that does not gate', candidate({}, ['EXIT']), 'MEASURE_DOES_NOT_GATE'],
  ])('%s', (_name, one, reason) => {
    expect(judge(rule, one, NOW)).toEqual(clear(reason));
  });

  it('stayed; in grace', () => {
    const stayed = candidate();
    expect(judge(rule, { ...stayed, enforcement: { ...stayed.enforcement, stayed: true } }, NOW)).toEqual(
      clear('STAYED'),
    );
    const grace = candidate({}, ['LISTING'], { inForceAt: null });
    expect(
      judge(rule, { ...grace, enforcement: { ...grace.enforcement, publishedAt: null, graceEndsAt: NOW + 1 } }, NOW),
    ).toEqual(clear('IN_GRACE'));
  });

  it('a doubt that a court has cleared up; an exact number and name decide as ever', () => {
    const other = candidate({ otherPerson: true });
    for (const doubt of [{ nameEqual: false }, { fifteenDigits: true }]) {
      const judged = judge(rule, { ...other, match: { ...other.match, ...doubt } }, NOW);
      expect(judged).toEqual(clear('NOT_THIS_PERSON'));
    }
    expect(judge(rule, other, NOW).outcome).toBe('INTERCEPT');
  });

  it('a subject the row does not name (R4)', () => {
    expect(judge({ ...rule, subjects: ['O'] }, candidate(), NOW)).toEqual(clear('SERVICE_NOT_GATED'));
  });

  it('the sealed asset itself', () => {
    expect(judge(rule, candidate({}, ['SEAL'], { seizesObject: true }), NOW).outcome).toBe('INTERCEPT');
  });

  it('R6: a school row waits for the judge to confirm it for the case', () => {
    const school = { ...rule, flags: ['judge-confirms'] };
    expect(judge(school, candidate(), NOW).outcome).toBe('CLEAR');
    expect(judge(school, candidate({ confirmed: true }), NOW).outcome).toBe('INTERCEPT');
  });

  it('R3: a related person is reached by CONSUMPTION only, never by the listing', () => {
    expect(judge(rule, candidate({ role: 'R' }, ['LISTING']), NOW)).toEqual(clear('MEASURE_DOES_NOT_GATE'));
    expect(judge(rule, candidate({ role: 'R' }), NOW)).toMatchObject({
      outcome: 'INTERCEPT',
      measures: ['CONSUMPTION'],
      reasons: ['ID_EXACT', 'LEGAL_REP_OF'],
    });
  });
});

describe('R6: a school', () => {
  const enrols = { from: '2026-07-10', until: '2026-08-31' };
  it.each([
    ['not of the register', undefined, '2026-08-01', 'INSTITUTION_NOT_GATED'],
    ['no days entered', { enrols: null }, '2026-08-01', 'DURING_TERM'],
    ['the day before it enrols', { enrols }, '2026-07-09', 'DURING_TERM'],
    ['its first day', { enrols }, '2026-07-10', null],
    ['its last day', { enrols }, '2026-08-31', null],
    ['the first day of term', { enrols }, '2026-09-01', 'DURING_TERM'],
  ])('%s', (_name, school, today, reason) => {
    expect(schoolClears(school, today)).toBe(reason);
  });
});

describe('the row', () => {
  it('acts only when enabled and within its days', () => {
    expect(ruleClears(rule, '2026-03-02')).toBeNull();
    expect(ruleClears({ ...rule, enabled: false }, '2026-03-02')).toBe('SERVICE_NOT_GATED');
    expect(ruleClears({ ...rule, validUntil: '2026-03-01' }, '2026-03-02')).toBe('ROW_RETIRED');
    expect(ruleClears({ ...rule, validUntil: '2026-03-02' }, '2026-03-02')).toBeNull();
    expect(ruleClears({ ...rule, validFrom: '2026-03-03' }, '2026-03-02')).toBe('ROW_RETIRED');
  });
});

it('the strictest of several wins', () => {
  const of = (disposition: ServiceRule['disposition']) => judge({ ...rule, disposition }, candidate(), NOW);
  expect(strictest([of('NOTIFY'), of('REVIEW')])).toBe('REVIEW');
  expect(strictest([of('BLOCK'), of('REVIEW')])).toBe('INTERCEPT');
  expect(strictest([])).toBe('CLEAR');
});
