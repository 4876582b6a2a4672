import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browsing, expectSoundPage, matrixCells, signedInAs, tableRows, textOf } from './browsing.js';
import { type Court, createCourt, houseJudge, SECRETS, tellHouse } from './court.js';

const LANGUAGES = ['zh-CN', 'en'] as const;

interface State {
  until: Parameters<typeof tellHouse>[1];
  phase: 'publish' | 'release';
  /** Departments that acknowledged the publish and the release. */
  published: number;
  released: number;
  delivered: number;
  interceptions: number;
  percent: string;
  stage: string;
}

/** The states a case passes through, each as a judge meets it. */
const STATES: State[] = [
  {
    until: 'opened',
    phase: 'publish',
    published: 0,
    released: 0,
    delivered: 0,
    interceptions: 0,
    percent: '0.0 %',
    stage: '列入',
  },
  {
    until: 'published',
    phase: 'publish',
    published: 31,
    released: 0,
    delivered: 34,
    interceptions: 0,
    percent: '0.0 %',
    stage: '推送',
  },
  {
    until: 'part-paid',
    phase: 'publish',
    published: 36,
    released: 0,
    delivered: 36,
    interceptions: 1,
    percent: '36.6 %',
    stage: '部分履行',
  },
  {
    until: 'released',
    phase: 'release',
    published: 36,
    released: 12,
    delivered: 20,
    interceptions: 1,
    percent: '100.0 %',
    stage: '解除',
  },
  {
    until: 'closed',
    phase: 'release',
    published: 36,
    released: 36,
    delivered: 36,
    interceptions: 1,
    percent: '100.0 %',
    stage: '全部确认',
  },
];

describe.each(STATES)('the case when $until', (state) => {
  let court: Court;
  let judge: Browsing;
  let path: string;

  beforeAll(async () => {
    court = await createCourt();
    path = `/console/cases/${(await tellHouse(court, state.until)).id}`;
    judge = await signedInAs(court.app, houseJudge().token);
  });
  afterAll(() => court.close());

  test.each(LANGUAGES)('its page in %s is sound and names nobody', async (language) => {
    const answer = await judge.get(`${path}?lang=${language}`).expect(200);
    expectSoundPage(answer, language);
    for (const secret of SECRETS) expect(answer.text).not.toContain(secret);
    expect(answer.text).toContain('封**');
    expect(answer.text).toContain(`${state.percent}</meter>`);
    expect(answer.text).toContain(language === 'en' ? 'Timeline' : '时间线');
  });

  test.each(LANGUAGES)('the list of cases in %s is sound and names nobody', async (language) => {
    const answer = await judge.get(`/console/cases?lang=${language}`).expect(200);
    expectSoundPage(answer, language);
    for (const secret of SECRETS) expect(answer.text).not.toContain(secret);
    expect(answer.text).toContain(path);
    expect(answer.text).toContain(state.percent);
  });

  test('header, stages, matrix and table count the same', async () => {
    const { text: html } = await judge.get(`${path}?lang=zh-CN`).expect(200);
    const rows = tableRows(html);
    const cells = matrixCells(html);
    expect(cells.map((cell) => cell.department)).toEqual(court.departments);
    expect(rows.map((row) => row.department)).toEqual(court.departments);

    expect(rows.filter((row) => row.acknowledged)).toHaveLength(state.published);
    expect(rows.filter((row) => row.releaseAcknowledged)).toHaveLength(state.released);
    expect(textOf(html, 'data-count="publish"')).toBe(`${state.published} / 36`);
    expect(textOf(html, 'data-count="release"')).toBe(`${state.released} / 36`);
    expect(textOf(html, 'data-count="interceptions"')).toBe(`${state.interceptions} 次`);
    expect(rows.reduce((sum, row) => sum + row.interceptions, 0)).toBe(state.interceptions);

    const release = state.phase === 'release';
    expect(html).toContain(release ? '解除阶段' : '推送阶段');
    for (const [index, row] of rows.entries()) {
      const [delivered, acknowledged] = release
        ? [row.releaseDelivered, row.releaseAcknowledged]
        : [row.delivered, row.acknowledged];
      expect(cells[index]?.state).toBe(acknowledged ? 'acknowledged' : delivered ? 'delivered' : 'none');
      expect(cells[index]?.interceptions).toBe(row.interceptions);
    }
    const acknowledged = release ? state.released : state.published;
    expect(textOf(html, 'data-legend="acknowledged"')).toBe(String(acknowledged));
    expect(textOf(html, 'data-legend="delivered"')).toBe(String(state.delivered - acknowledged));
    expect(textOf(html, 'data-legend="none"')).toBe(String(36 - state.delivered));
    expect(textOf(html, 'data-legend="intercepted"')).toBe(String(state.interceptions));
  });

  test('the rail says which stage is reached', async () => {
    const { text: html } = await judge.get(`${path}?lang=zh-CN`).expect(200);
    expect(html.match(/aria-current="step"/g)).toHaveLength(1);
    expect(/aria-current="step".*?stage-name">([^<]*)</s.exec(html)?.[1]).toBe(state.stage);
  });

  test('every fact of the case stands on the timeline with its number and its receipt', async () => {
    const { text: html } = await judge.get(path).expect(200);
    const { rows } = await court.pool.query<{ seq: number; id: string }>(
      'select f.seq, f.id from fact f join enforcement_case c on c.id = f.enforcement_case where c.id = $1 order by seq',
      [path.split('/').at(-1)],
    );
    const items = [...html.matchAll(/<li id="e-(\d+)".*?<code>([^<]*)<\/code>/gs)].map(([, seq, id]) => ({
      seq: Number(seq),
      id,
    }));
    expect(items).toEqual(rows);
  });
});

describe('what the cells of the matrix are called', () => {
  let court: Court;
  let judge: Browsing;
  let path: string;

  beforeAll(async () => {
    court = await createCourt();
    path = `/console/cases/${(await tellHouse(court, 'part-paid')).id}`;
    judge = await signedInAs(court.app, houseJudge().token);
  });
  afterAll(() => court.close());

  test('the department, what it knows, and what it stopped, in both languages', async () => {
    const zh = matrixCells((await judge.get(`${path}?lang=zh-CN`)).text);
    expect(zh[0]?.name).toBe('贵阳市不动产登记中心：已确认，拦截 1 次');
    expect(zh[1]?.name).toBe('贵阳市教育局：已确认');
    const en = matrixCells((await judge.get(`${path}?lang=en`)).text);
    expect(en[0]?.name).toBe('Guiyang Real Estate Registration Centre: acknowledged, 1 interception');
  });

  test('a further notice to all departments is counted anew', async () => {
    const id = path.split('/').at(-1) ?? '';
    const { rows } = await court.pool.query<{ id: string }>(
      'select id from defaulter where enforcement_case = $1 order by ordinal',
      [id],
    );
    await court.imposeExit(id, rows[0]?.id ?? '');
    await court.publish(rows.slice(0, 1));
    await court.acknowledge(court.departments.slice(0, 5));
    const { text: html } = await judge.get(path);
    expect(textOf(html, 'data-count="publish"')).toBe('5 / 36');
    expect(matrixCells(html).filter((cell) => cell.state === 'acknowledged')).toHaveLength(5);
  });
});
