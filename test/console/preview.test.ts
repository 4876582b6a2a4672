import { createServer } from 'node:http';
import { test } from 'vitest';
import { launchBrowser } from '../harness/browser.js';
import { createCourt, houseJudge, tellHouse } from './court.js';

test('preview', async () => {
  const court = await createCourt();
  const ids: Record<string, string> = {};
  for (const s of ['opened', 'part-paid'] as const)
    ids[s] = (await tellHouse(court, s)).id;
  const server = createServer(court.app).listen(0);
  const { port } = server.address() as { port: number };
  const browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN' });
  page.on('console', (m) => console.log('CONSOLE', m.type(), m.text()));
  const url = `http://127.0.0.1:${port}/console`;
  await page.goto(url);
  await page.screenshot({ path: '/tmp/shots/signin.png' });
  await page.fill('#token', houseJudge().token);
  await page.click('main button');
  await page.screenshot({ path: '/tmp/shots/list.png' });
  for (const [s, id] of Object.entries(ids)) {
    await page.goto(`${url}/cases/${id}`);
    await page.screenshot({ path: `/tmp/shots/case-${s}.png`, fullPage: true });
    await page.screenshot({ path: `/tmp/shots/top-${s}.png` });
  }
  await page.goto(`${url}/cases/${ids['part-paid']}?lang=en`);
  await page.screenshot({ path: `/tmp/shots/case-en.png`, fullPage: true });
  await page.goto(`${url}/cases?lang=en`);
  await page.screenshot({ path: `/tmp/shots/list-en.png`, fullPage: true });
  await page.goto(`${url}/cases/${ids['part-paid']}?lang=zh-CN`);
  await page.pdf({ path: '/tmp/shots/case.pdf', preferCSSPageSize: true });
  await page.setViewportSize({ width: 800, height: 900 });
  await page.screenshot({ path: `/tmp/shots/case-narrow.png`, fullPage: true });
  await browser.close();
  server.close();
  await court.close();
});
