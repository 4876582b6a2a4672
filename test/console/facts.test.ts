// What the timeline says of each fact: its type, and what its record holds, in both languages.
import { h } from 'preact';
import { render } from 'preact-render-to-string';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FACTS, phrasesOf } from '../../console/parts/facts.js';
import { Timeline } from '../../console/parts/timeline.js';
import { en } from '../../console/text/en.js';
import { zhCN } from '../../console/text/zh-CN.js';
import type { FactDetails } from '../../domain/facts.js';
import { FACT_TYPES, type FactType, type Measure } from '../../domain/vocabulary.js';
import { toFactView } from '../../registry/views/timeline.js';
import { type Browsing, signedInAs } from './browsing.js';
import { type Court, createCourt, houseJudge, tellHouse } from './court.js';

const LANGUAGES = ['zh-CN', 'en'] as const;
type Language = (typeof LANGUAGES)[number];

const visitIn = (language: Language) => ({
  language,
  text: language === 'en' ? en : zhCN,
  caller: undefined,
  inOtherLanguage: '',
  here: '',
});

const factOf = (type: FactType, detail: object, seq = 1) =>
  toFactView({
    seq,
    id: `f${seq}`,
    at: new Date(Date.UTC(2026, 0, 1)),
    type,
    defaulter: null,
    department: 'BDC',
    service: null,
    detail,
  });

const CALLED = {
  names: new Map([
    ['BDC', '登记中心'],
    ['EDU', '教育局'],
  ]),
  measures: new Map<string, Measure>([
    ['r1', 'LISTING'],
    ['r2', 'CONSUMPTION'],
  ]),
};

/** All that a fact of each type may hold, and what is said of it. */
const SAID: { readonly [T in FactType]: [detail: FactDetails[T], zhCN: string[], en: string[]] } = {
  'case-opened': [
    { obligation: '400000.00', defaulters: ['d1', 'd2'] },
    ['标的额 400,000.00 元', '被执行人 2 名'],
    ['obligation 400,000.00 yuan', '2 defaulters'],
  ],
  published: [
    { notice: 'n1', measures: ['LISTING', 'CONSUMPTION'], restrictions: ['r1', 'r2'] },
    ['失信 · 限制消费'],
    ['Listing (失信) · Consumption (限制消费)'],
  ],
  'comparison-hit': [
    {
      interception: 'i1',
      comparison: 'c1',
      outcome: 'REVIEW',
      measures: ['SEAL'],
      reasons: ['ID_15_DIGIT'],
      links: ['ab'],
    },
    ['暂停待核', '查封', '十五位号码一致'],
    ['held for review', 'Seal (查封)', 'a 15-digit number agrees'],
  ],
  feedback: [
    { feedback: 'f1', interception: 'i1', action: 'held', identity: 'unsure', actedAt: '2026-01-01T00:00:00Z' },
    ['已暂停办理', '身份存疑'],
    ['held', 'identity in doubt'],
  ],
  directive: [{ directive: 'd1', directiveType: 'REFUSE', interception: 'i1' }, ['不予办理'], ['refuse']],
  'judge-notified': [{ interception: 'i1', judge: 'J1' }, ['承办法官 J1'], ['judge J1']],
  read: [{ item: 'x1', kind: 'reversal', interception: 'i1' }, ['冲正'], ['reversal']],
  escalated: [
    { deadline: 'acknowledge', level: 2, notice: 'n1', missing: ['BDC', 'EDU'] },
    ['逾期未确认', '第 2 级', '尚未确认：登记中心、教育局'],
    ['not acknowledged in time', 'level 2', 'not acknowledged by 登记中心, 教育局'],
  ],
  repayment: [
    {
      repayment: 'p1',
      amount: '100.00',
      source: 'voluntary',
      receivedOn: '2026-01-01',
      outstanding: '0.00',
      surplus: '1.00',
      interception: 'i1',
    },
    ['100.00 元', '自动履行', '2026-01-01 收到', '尚欠 0.00 元', '溢缴 1.00 元'],
    ['100.00 yuan', 'voluntary', 'received on 2026-01-01', 'outstanding 0.00 yuan', 'surplus 1.00 yuan'],
  ],
  'repayment-reversed': [
    { repayment: 'p1', amount: '100.00', outstanding: '100.00', surplus: '0.00' },
    ['100.00 元', '尚欠 100.00 元'],
    ['100.00 yuan', 'outstanding 100.00 yuan'],
  ],
  'obligation-amended': [
    { from: '100.00', to: '90.00', outstanding: '90.00' },
    ['100.00 元 → 90.00 元', '尚欠 90.00 元'],
    ['100.00 yuan → 90.00 yuan', 'outstanding 90.00 yuan'],
  ],
  decision: [
    { decision: 'd1', decisionType: 'release', ground: 'settled', measures: ['EXIT'] },
    ['解除措施', '和解履行完毕', '限制出境'],
    ['release', 'settlement performed', 'Exit (限制出境)'],
  ],
  'hold-ended': [{ interception: 'i1' }, [], []],
  'grace-ended': [{}, [], []],
  'term-ended': [{ restrictions: ['r1', 'r2'] }, ['失信 · 限制消费'], ['Listing (失信) · Consumption (限制消费)']],
  'restriction-ended': [
    { measures: ['LISTING'], ground: 'expired', restrictions: ['r1'], allEnded: true },
    ['失信', '期满', '全部措施已解除'],
    ['Listing (失信)', 'term over', 'no measure is left'],
  ],
  'release-published': [
    { notice: 'n1', kind: 'RELEASE', measures: ['LISTING'], freed: ['i1'] },
    ['失信', '恢复办理 1 项'],
    ['Listing (失信)', '1 matter may resume'],
  ],
  'all-acknowledged': [{ notice: 'n1', kind: 'STAY' }, ['暂停通知'], ['stay notice']],
  released: [{ caseClosed: true }, ['案件办结'], ['the case is closed']],
  'late-fact': [{ fact: 'decision', ref: 'd1' }, ['法官决定'], ['Decision of the judge']],
};

describe.each(FACT_TYPES)('%s', (type) => {
  const [detail, chinese, english] = SAID[type];

  test('is called by a name in both languages', () => {
    expect(zhCN.facts[type]).toMatch(/\p{Script=Han}/u);
    expect(en.facts[type]).toMatch(/^[A-Z]/);
    expect(FACTS[type].glyph).not.toBe('');
  });

  test('says what its record holds', () => {
    const fact = factOf(type, detail);
    expect(phrasesOf(visitIn('zh-CN'), fact, CALLED)).toEqual(chinese);
    expect(phrasesOf(visitIn('en'), fact, CALLED)).toEqual(english);
  });
});

test('departments that are many are counted, not named', () => {
  const fact = factOf('escalated', {
    deadline: 'acknowledge',
    level: 1,
    notice: 'n1',
    missing: ['BDC', 'EDU', 'A', 'B', 'C'],
  });
  expect(phrasesOf(visitIn('zh-CN'), fact, CALLED)).toContain('尚未确认：登记中心、教育局、A，另有 2 个部门');
  expect(phrasesOf(visitIn('en'), fact, CALLED)).toContain(
    'not acknowledged by 登记中心, 教育局, A and 2 other departments',
  );
});

test.each(LANGUAGES)('a fact of another version has its place on the timeline in %s', (language) => {
  const visit = visitIn(language);
  const details = [{}, { kind: 'NEW', measures: ['NEW'], outcome: 'NEW', action: 7, obligation: 5, freed: 'x' }];
  const items = details.flatMap((detail, round) =>
    FACT_TYPES.map((type, n) => ({
      ...factOf(type, detail, round * 100 + n + 1),
      receipt: { state: 'accepted' as const },
    })),
  );
  const html = render(
    h(Timeline, { visit, path: '/console/cases/x', caseId: 'x', items, after: 0, next: undefined, called: CALLED }),
  );
  expect(html.match(/<li /g)).toHaveLength(items.length);
  for (const type of FACT_TYPES) expect(html).toContain(visit.text.facts[type]);
  expect(html).not.toMatch(/undefined|\[object|NaN/);
});

describe('as the steps of the process write them', () => {
  let court: Court;
  let judge: Browsing;
  let path: string;

  beforeAll(async () => {
    court = await createCourt();
    const { id, defaulters } = await tellHouse(court, 'released');
    const [seller] = defaulters;
    if (!seller) throw new Error('no defaulter');
    await court.escalate(seller.id);
    path = `/console/cases/${id}`;
    judge = await signedInAs(court.app, houseJudge().token);
  });
  afterAll(() => court.close());

  test('a deadline that ran out says which, at what level, and who is missing', async () => {
    const chinese = await detailsOf(judge, `${path}?lang=zh-CN`, zhCN.facts.escalated);
    expect(chinese).toContainEqual(['逾期未阅', '第 1 级']);
    expect(chinese).toContainEqual([
      '逾期未确认',
      '第 1 级',
      expect.stringMatching(/^尚未确认：\p{Script=Han}+、\p{Script=Han}+、\p{Script=Han}+，另有 21 个部门$/u),
    ]);
    const english = await detailsOf(judge, `${path}?lang=en`, en.facts.escalated);
    expect(english).toContainEqual(['not read in time', 'level 1']);
    expect(english).toContainEqual([
      'not acknowledged in time',
      'level 1',
      expect.stringMatching(/^not acknowledged by .+ and 21 other departments$/),
    ]);
  });

  test('a term that ended says of what', async () => {
    const { id, defaulters } = await court.open({ people: 1 });
    await court.publish(defaulters);
    for (const defaulter of defaulters) await court.expire(defaulter.id);
    const page = `/console/cases/${id}`;
    expect(await detailsOf(judge, `${page}?lang=zh-CN`, zhCN.facts['term-ended'])).toEqual([['失信']]);
    expect(await detailsOf(judge, `${page}?lang=en`, en.facts['term-ended'])).toEqual([['Listing (失信)']]);
  });
});

/** The phrases under each row of the timeline that bears this name. */
async function detailsOf(judge: Browsing, location: string, name: string): Promise<string[][]> {
  const { text: html } = await judge.get(location).expect(200);
  return [...html.matchAll(/<li id="e-\d+"(.*?)<\/li>/gs)].flatMap(([, row = '']) => {
    if (!row.includes(`<strong>${name}</strong>`)) return [];
    const detail = /class="fact-detail">(.*?)<\/p>/s.exec(row)?.[1] ?? '';
    return [[...detail.matchAll(/<span>(.*?)<\/span>/g)].map(([, phrase = '']) => phrase)];
  });
}
