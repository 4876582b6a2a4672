// A judge uses the console in a real browser, in both languages, with a keyboard, on small screens, and with axe watching.

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Court, createCourt, houseJudge, tellHouse } from '../console/court.js';
import { launchBrowser } from '../harness/browser.js';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let court: Court;
let server: Server;
let browser: Browser;
let url: string;
let casePath: string;
let allPaths: string[];
let identityPaths: string[];
let partyPath: string;

beforeAll(async () => {
  court = await createCourt();
  casePath = `/cases/${(await tellHouse(court, 'part-paid')).id}`;
  allPaths = [casePath];
  for (const until of ['released', 'published'] as const) allPaths.push(`/cases/${(await tellHouse(court, until)).id}`);
  allPaths.push(`/cases/${(await court.open({ people: 1, obligationFen: 0n })).id}`);
  const { caseNumber, defaulters } = await court.open({ people: 1 });
  await court.publish(defaulters);
  const doubt = await court.doubt(caseNumber, '封某金', '设立-1');
  partyPath = `/parties/${await court.subjectOf(defaulters[0]?.id)}`;
  identityPaths = ['/reviews', `/reviews/${doubt}`, partyPath, '/candidates', `/candidates/${await court.search()}`];
  server = createServer(court.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://127.0.0.1:${address.port}/console`;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await new Promise((resolve) => server?.close(resolve));
  await court?.close();
});

/** A window of an office in Guiyang; `complaints` holds everything the browser finds wrong. */
async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    viewport: { width: 1366, height: 768 },
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => {
    // A page that is left before its icon came is no fault.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()}`);
  });
  await page.exposeFunction('complain', (complaint: string) => complaints.push(complaint));
  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) => complain(event.violatedDirective))`);
  return { page, complaints };
}

async function signIn(page: Page, path = ''): Promise<void> {
  await page.goto(`${url}${path}`);
  await page.locator('#token').fill(houseJudge().token);
  await page.locator('main button[type=submit]').click();
  await page.locator('form[action="/console/sign-out"]').waitFor();
  await page.waitForLoadState();
}

/** What axe finds wrong, each with the place. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(
    `axe.run(document, { runOnly: { type: 'tag', values: ${JSON.stringify(TAGS)} } })
       .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' ' + target)))`,
  );
}

describe.each(['zh-CN', 'en'] as const)('in %s', (language) => {
  test('sign-in, list and case page are accessible, and the browser has nothing to complain of', async () => {
    const { page, complaints } = await open();
    await page.goto(`${url}?lang=${language}`);
    expect(new URL(page.url()).pathname).toBe('/console/sign-in');
    expect(await page.locator('html').getAttribute('lang')).toBe(language);
    expect(await violations(page)).toEqual([]);
    await signIn(page);
    expect(new URL(page.url()).pathname).toBe('/console/cases');
    expect(await violations(page)).toEqual([]);
    for (const path of allPaths) {
      await page.locator(`a[href="/console${path}"]`).click();
      await page.locator('#timeline').waitFor();
      await page.waitForLoadState();
      expect(await violations(page)).toEqual([]);
      await page.goBack();
    }
    for (const path of identityPaths) {
      await page.goto(`${url}${path}`);
      expect(await violations(page), path).toEqual([]);
    }
    await page.goto(`${url}${partyPath}`);
    await page.locator('#reveal-purpose').selectOption('audit');
    await page.locator('main button[type=submit]').first().click();
    await page.getByRole('status').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe.each(['zh-CN', 'en'] as const)('what went wrong, in %s,', (language) => {
  test('is said accessibly', async () => {
    const { page } = await open();
    await page.goto(`${url}/sign-in?lang=${language}`);
    await page.locator('#token').fill('wrong');
    await page.locator('main button[type=submit]').click();
    await page.getByRole('alert').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.goto(`${url}/nowhere`);
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });
});

describe('the case page', () => {
  test('shows the matrix as six rows of six cells of one height, and leads from a cell to its row', async () => {
    const { page } = await open();
    await signIn(page, casePath);
    const boxes: { x: number; y: number; height: number }[] = [];
    for (const cell of await page.locator('.cell').all()) {
      const box = await cell.boundingBox();
      if (box) boxes.push({ x: Math.round(box.x), y: Math.round(box.y), height: Math.round(box.height) });
    }
    expect(boxes).toHaveLength(36);
    expect(new Set(boxes.map((box) => box.height)).size).toBe(1);
    expect(new Set(boxes.map((box) => box.x)).size).toBe(6);
    expect(new Set(boxes.map((box) => box.y)).size).toBe(6);
    await page.getByRole('link', { name: '不动产 贵阳市不动产登记中心：已确认，拦截 1 次', exact: true }).click();
    expect(new URL(page.url()).hash).toBe('#d-BDC');
    expect(await page.locator('tr:target').textContent()).toContain('贵阳市不动产登记中心');
    await page.context().close();
  });

  test('works without JavaScript and by keyboard alone', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    await page.goto(`${url}${casePath}`);
    await page.locator('#token').focus();
    await page.keyboard.insertText(houseJudge().token);
    await page.keyboard.press('Enter');
    await page.locator('#timeline').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/console${casePath}`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#main$/);
    await page.context().close();
  });

  test('changes language in place and stays there', async () => {
    const { page } = await open();
    await signIn(page, casePath);
    await page.getByRole('link', { name: 'English' }).click();
    expect(await page.getByRole('heading', { name: 'Timeline' }).count()).toBe(1);
    await page.goto(`${url}/cases`);
    expect(await page.getByRole('heading', { name: 'My cases' }).count()).toBe(1);
    await page.context().close();
  });

  test.each([
    ['on paper', { media: 'print' }],
    ['in forced colours', { forcedColors: 'active' }],
    ['with reduced motion', { reducedMotion: 'reduce' }],
  ] as const)('%s still shows everything', async (_name, media) => {
    const { page, complaints } = await open();
    await signIn(page, casePath);
    await page.emulateMedia(media);
    for (const id of ['#timeline', '#departments', '#defaulters', '#d-BDC', '#d-ORG']) {
      expect(await page.locator(id).isVisible()).toBe(true);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('prints on A4 without what only a screen can do', async () => {
    const { page } = await open();
    await signIn(page, casePath);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    // A4 in points.
    expect(pdf).toMatch(/\/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
    await page.emulateMedia({ media: 'print' });
    for (const shown of ['form[action="/console/sign-out"]', '.masthead-nav', '.masthead-language']) {
      expect(await page.locator(shown).isVisible()).toBe(false);
    }
    await page.context().close();
  });

  test('fits a narrow window without scrolling sideways', async () => {
    const { page } = await open({ viewport: { width: 800, height: 900 } });
    await signIn(page, casePath);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(800);
    await page.context().close();
  });
});
