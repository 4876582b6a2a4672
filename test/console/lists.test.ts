import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeOf, supervisorOf } from '../harness/credentials.js';
import { type Browsing, expectSoundPage, signedInAs } from './browsing.js';
import { COURT, type Court, createCourt, houseJudge } from './court.js';

const caseIds = (html: string): string[] =>
  [...html.matchAll(/class="case-link" href="\/console\/cases\/([^"]+)"/g)].map(([, id = '']) => id);

/** The address a link of this name leads to. */
function linkTo(html: string, name: string): string | undefined {
  const found = new RegExp(`<a href="([^"]+)"[^>]*>${name}</a>`).exec(html)?.[1];
  return found?.replaceAll('&amp;', '&');
}

describe('the list of cases', () => {
  let court: Court;
  let judge: Browsing;
  const mine: string[] = [];
  let elsewhere: string;
  let colleague: string;

  beforeAll(async () => {
    court = await createCourt();
    for (let n = 0; n < 120; n++) mine.unshift((await court.open({ people: 1 })).id);
    colleague = (await court.open({ judge: 2 })).id;
    elsewhere = (await court.open({ court: '黔2701' })).id;
    judge = await signedInAs(court.app, houseJudge().token);
  });
  afterAll(() => court.close());

  test('leads through all of the judge’s cases, newest first, each once', async () => {
    const seen: string[] = [];
    for (let path: string | undefined = '/console/cases?lang=zh-CN'; path; ) {
      const answer = await judge.get(path).expect(200);
      expectSoundPage(answer, 'zh-CN');
      seen.push(...caseIds(answer.text));
      path = linkTo(answer.text, '下一页');
    }
    expect(seen).toEqual(mine);
  });

  test('of the court holds the colleague’s cases too, and never another court’s', async () => {
    const { text } = await judge.get('/console/cases?whose=court').expect(200);
    expect(caseIds(text)[0]).toBe(colleague);
    expect(caseIds(text)).not.toContain(elsewhere);
    expect(caseIds((await judge.get('/console/cases')).text)).not.toContain(colleague);
  });

  test('a filter is a plain link and stays while paging', async () => {
    const { text } = await judge.get('/console/cases?state=OPEN&number=执1&lang=zh-CN').expect(200);
    expect(text).toContain('value="执1"');
    const next = linkTo(text, '下一页') ?? linkTo(text, '清除筛选');
    expect(next).toBeDefined();
    expect(caseIds(text).length).toBeGreaterThan(10);
    const { text: one } = await judge.get('/console/cases?number=(2026)黔0112执7号').expect(200);
    expect(caseIds(one)).toHaveLength(1);
  });

  test('says why it is empty and what to do', async () => {
    const filtered = await judge.get('/console/cases?state=CLOSED&lang=zh-CN').expect(200);
    expect(filtered.text).toContain('没有符合条件的案件');
    expect(linkTo(filtered.text, '清除筛选')).toBe('/console/cases');
    const other = await signedInAs(court.app, judgeOf('黔0181').token);
    const empty = await other.get('/console/cases').expect(200);
    expectSoundPage(empty, 'zh-CN');
    expect(empty.text).toContain('还没有由您承办的案件');
  });

  test('of a supervisor names the courts below', async () => {
    const supervisor = await signedInAs(court.app, supervisorOf('黔').token);
    const { text } = await supervisor.get('/console/cases').expect(200);
    expect(caseIds(text)[0]).toBe(elsewhere);
    expect(text).toContain('都匀市人民法院');
    const own = await signedInAs(court.app, supervisorOf(COURT).token);
    expect(caseIds((await own.get('/console/cases')).text)).not.toContain(elsewhere);
  });
});

describe('a long timeline', () => {
  test('comes in parts of 200 without a gap', async () => {
    const court = await createCourt();
    const { id } = await court.open();
    for (let n = 1; n <= 205; n++) await court.pay(id, 100n, `LX-${n}`);
    const judge = await signedInAs(court.app, houseJudge().token);
    const seqs = (html: string): number[] => [...html.matchAll(/<li id="e-(\d+)"/g)].map(([, seq]) => Number(seq));

    const first = await judge.get(`/console/cases/${id}?lang=zh-CN`).expect(200);
    expect(seqs(first.text)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
    const next = linkTo(first.text, '后续记录') ?? '';
    const second = await judge.get(next).expect(200);
    expectSoundPage(second, 'zh-CN');
    expect(seqs(second.text)).toEqual([201, 202, 203, 204, 205, 206]);
    expect(linkTo(second.text, '后续记录')).toBeUndefined();
    expect(linkTo(second.text, '从头查看')).toBe(`/console/cases/${id}`);
    await court.close();
  });
});
