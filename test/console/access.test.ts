import express from 'express';
import { pino } from 'pino';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createApplication } from '../../api/application.js';
import { createConsole } from '../../console/index.js';
import { createPool } from '../../registry/database/pool.js';
import { administrator, clerkOf, departmentOf, judgeOf, supervisorOf } from '../harness/credentials.js';
import { expectSoundPage, OWN_FORM, signedInAs } from './browsing.js';
import { COURT, type Court, createCourt, houseJudge } from './court.js';

let court: Court;
let casePath: string;

beforeAll(async () => {
  court = await createCourt();
  casePath = `/console/cases/${(await court.open()).id}`;
});
afterAll(() => court.close());
afterEach(() => expect(court.reported).toEqual([]));

const post = (path: string) => request(court.app).post(path).type('form');

describe('signing in', () => {
  test.each(['zh-CN', 'en'] as const)('the form in %s', async (language) => {
    const answer = await request(court.app).get(`/console/sign-in?lang=${language}`).expect(200);
    expectSoundPage(answer, language);
    expect(answer.text).toContain('name="token"');
  });

  test('leads to the list with a cookie no script can read', async () => {
    const answer = await post('/console/sign-in').set(OWN_FORM).send({ token: houseJudge().token }).expect(303);
    expect(answer.headers.location).toBe('/console/cases');
    const [cookie = ''] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^console-session=[\w-]{43}; Path=\/console; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
    expect(answer.text).not.toContain(houseJudge().token);
  });

  test('under HTTPS the cookie is Secure, also where a proxy ends TLS', async () => {
    const answer = await post('/console/sign-in')
      .set({ Host: 'console.example', Origin: 'https://console.example' })
      .send({ token: houseJudge().token })
      .expect(303);
    expect(answer.headers['set-cookie']?.[0]).toMatch(/; Secure/);
  });

  test.each([
    ['', '请填写访问令牌'],
    ['   ', '请填写访问令牌'],
    ['no-such-token', '令牌无效'],
    ['\u0000', '令牌无效'],
  ])('the token %j is refused with what to do', async (token, message) => {
    const answer = await post('/console/sign-in').set(OWN_FORM).send({ token }).expect(422);
    expectSoundPage(answer, 'zh-CN');
    expect(answer.text).toContain(message);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('who is not signed in is asked to and comes back to where they were going', async () => {
    const asked = await request(court.app).get(`${casePath}?after=7`).expect(303);
    const location = asked.headers.location ?? '';
    expect(location).toMatch(/^\/console\/sign-in\?next=/);
    const next = new URL(location, 'http://console').searchParams.get('next') ?? '';
    expect(next).toBe(`${casePath}?after=7`);
    const form = await request(court.app).get(location).expect(200);
    expect(form.text).toContain(`name="next" value="${next}"`);
    const answer = await post('/console/sign-in').set(OWN_FORM).send({ token: houseJudge().token, next });
    expect(answer.headers.location).toBe(next);
  });

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/console//evil.example',
    '/console/../v1/cases',
    '/consoleevil',
    'javascript:alert(1)',
    '/console/cases\r\nX: y',
    '/v1/cases',
  ])('never leads away to %j', async (next) => {
    const form = await request(court.app).get(`/console/sign-in?${new URLSearchParams({ next })}`);
    expect(form.text).toContain('name="next" value="/console/cases"');
    const answer = await post('/console/sign-in').set(OWN_FORM).send({ token: houseJudge().token, next });
    expect(answer.headers.location).toBe('/console/cases');
    const judge = await signedInAs(court.app, houseJudge().token);
    const again = await judge.get(`/console/sign-in?${new URLSearchParams({ next })}`).expect(303);
    expect(again.headers.location).toBe('/console/cases');
  });

  test('signing out ends the session itself, not only the cookie', async () => {
    const signedIn = await post('/console/sign-in').set(OWN_FORM).send({ token: houseJudge().token });
    const cookie = (signedIn.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
    await request(court.app).get('/console/cases').set('Cookie', cookie).expect(200);
    const out = await request(court.app).post('/console/sign-out').set(OWN_FORM).set('Cookie', cookie).expect(303);
    expect(out.headers.location).toBe('/console/sign-in');
    await request(court.app).get('/console/cases').set('Cookie', cookie).expect(303);
  });

  test('a revoked credential ends its sessions', async () => {
    const other = await createCourt();
    const judge = await signedInAs(other.app, houseJudge().token);
    await judge.get('/console/cases').expect(200);
    await other.pool.query('update credential set revoked_at = now() where judge = $1', [houseJudge().judge]);
    await judge.get('/console/cases').expect(303);
    await other.close();
  });

  test('who fails too often has to wait; who succeeds has not', async () => {
    const app = express().use('/console', createConsole({ pool: court.pool, ring: court.ring }));
    const attempt = (token: string) => request(app).post('/console/sign-in').set(OWN_FORM).type('form').send({ token });
    for (let n = 0; n < 40; n++) await attempt(houseJudge().token).expect(303);
    for (let n = 0; n < 30; n++) await attempt('wrong').expect(422);
    const answer = await attempt('wrong').expect(429);
    expectSoundPage(answer, 'zh-CN');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('forms from elsewhere', () => {
  const origins: [string, Record<string, string>, number][] = [
    ['no word about where it comes from', {}, 403],
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a sister site', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['an address typed by hand', { 'Sec-Fetch-Site': 'none' }, 403],
    ['another origin', { Host: 'console.example', Origin: 'http://evil.example' }, 403],
    ['an opaque origin', { Host: 'console.example', Origin: 'null' }, 403],
    [
      'another site with our origin forged',
      { 'Sec-Fetch-Site': 'cross-site', Host: 'a.example', Origin: 'http://a.example' },
      403,
    ],
    ['our own page', OWN_FORM, 303],
    ['our own page in an older browser', { Host: 'console.example', Origin: 'http://console.example' }, 303],
  ];
  test.each(origins)('%s', async (_name, headers, status) => {
    const signIn = await post('/console/sign-in').set(headers).send({ token: houseJudge().token }).expect(status);
    if (status === 403) expectSoundPage(signIn, 'zh-CN');
    await post('/console/sign-out').set(headers).expect(status);
  });
});

describe('whose cases a reader sees', () => {
  const readers: [string, () => { token: string }, number][] = [
    ['the judge of the case', () => houseJudge(), 200],
    ['the other judge of the court', () => judgeOf(COURT, 1), 200],
    ['a clerk of the court', () => clerkOf(COURT), 200],
    ['its supervisor', () => supervisorOf(COURT), 200],
    ['the supervisor of the court above', () => supervisorOf('黔01'), 200],
    ['the supervisor of the province', () => supervisorOf('黔'), 200],
    ['a judge of the court above', () => judgeOf('黔01'), 404],
    ['the supervisor of another prefecture', () => supervisorOf('黔27'), 404],
    ['a judge of another court', () => judgeOf('黔2701'), 404],
    ['a department', () => departmentOf('BDC'), 403],
    ['the administrator', () => administrator(), 403],
  ];
  test.each(readers)('%s', async (_name, credential, status) => {
    const browsing = await signedInAs(court.app, credential().token);
    const answer = await browsing.get(casePath).expect(status);
    expectSoundPage(answer, 'zh-CN');
    const list = await browsing.get('/console/cases?whose=court').expect(status === 403 ? 403 : 200);
    expect(list.text.includes(casePath)).toBe(status === 200);
  });

  test.each(['zh-CN', 'en'] as const)('departments are told in %s that the pages are for courts', async (language) => {
    const department = await signedInAs(court.app, departmentOf('BDC').token);
    const answer = await department.get(`/console/cases?lang=${language}`).expect(403);
    expectSoundPage(answer, language);
    expect(answer.text).toContain(language === 'en' ? 'the console is for courts' : '本版控制台供法院使用');
  });
});

describe('addresses that lead nowhere', () => {
  test.each([
    ['/console/cases/01890a5d-ac96-774b-bcce-b302099a8057', 404],
    ['/console/cases/not-an-id', 404],
    ['/console/cases/%E0%A4%A', 400],
    ['/console/nowhere', 404],
    ['/console/assets/secret.css', 404],
    ['/console/assets/..%2Findex.tsx', 404],
    ['/console/cases?state=HALF', 404],
    ['/console/cases?at=2026-02-30+00%3A00%3A00%2B00&id=01890a5d-ac96-774b-bcce-b302099a8057', 404],
    ['/console/cases?at=yesterday&id=1', 404],
    ['/console/cases?id=01890a5d-ac96-774b-bcce-b302099a8057', 404],
    ['/console/cases?number=%00', 404],
    [`/console/cases?number=${'1'.repeat(65)}`, 404],
  ])('%s', async (path, status) => {
    const judge = await signedInAs(court.app, houseJudge().token);
    for (const language of ['zh-CN', 'en'] as const) {
      const answer = await judge.get(`${path}${path.includes('?') ? '&' : '?'}lang=${language}`).expect(status);
      expectSoundPage(answer, language);
    }
  });

  test.each(['-1', 'x', '1e3', '99999999999', ''])('a timeline from %j', async (after) => {
    const judge = await signedInAs(court.app, houseJudge().token);
    expectSoundPage(await judge.get(`${casePath}?after=${after}`).expect(404), 'zh-CN');
  });
});

test('the language stays until another is asked for', async () => {
  const judge = await signedInAs(court.app, houseJudge().token);
  const language = async (path: string) => /<html lang="([^"]+)"/.exec((await judge.get(path)).text)?.[1];
  expect(await language('/console/cases')).toBe('zh-CN');
  expect(await language('/console/cases?lang=en')).toBe('en');
  expect(await language(casePath)).toBe('en');
  expect(await language('/console/cases?lang=fr')).toBe('en');
  expect(await language('/console/cases?lang=zh-CN')).toBe('zh-CN');
  const english = await judge.get(`${casePath}?after=0`);
  expect(english.text).toContain(`href="${casePath}?after=0&amp;lang=en"`);
});

test('served by the api its own headers win, and / leads to it', async () => {
  const { pool, ring } = court;
  const pages = createConsole({ pool, ring });
  const app = createApplication({ pool, ring, logger: pino({ level: 'silent' }), console: pages });
  expect((await request(app).get('/').expect(303)).headers.location).toBe('/console');
  expect((await request(app).get('/console').expect(303)).headers.location).toBe('/console/cases');
  expectSoundPage(await request(app).get('/console/sign-in').expect(200), 'zh-CN');
  expectSoundPage(await request(app).get('/console/nowhere').expect(404), 'zh-CN');
  const judge = await signedInAs(app, houseJudge().token);
  expectSoundPage(await judge.get(casePath).expect(200), 'zh-CN');
});

test('assets may be kept for ever under the address of their content only', async () => {
  const { text } = await request(court.app).get('/console/sign-in');
  const addresses = [...text.matchAll(/(?:href)="(\/console\/assets\/[^"]+)"/g)].map(([, address = '']) => address);
  expect(addresses.length).toBeGreaterThanOrEqual(4);
  for (const address of addresses) {
    const answer = await request(court.app).get(address).expect(200);
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const [path = ''] = address.split('?');
    expect((await request(court.app).get(`${path}?v=old`).expect(200)).headers['cache-control']).toBe('no-store');
  }
});

describe('when something is broken', () => {
  test.each(['zh-CN', 'en'] as const)('PostgreSQL is away: 503 in %s, and when to try again', async (language) => {
    const pool = createPool({ connectionString: 'postgres://nobody@127.0.0.1:1/none', applicationName: 'test' });
    const app = express().use('/console', createConsole({ pool, ring: court.ring }));
    const cookie = 'console-session=anything';
    const answer = await request(app).get(`${casePath}?lang=${language}`).set('Cookie', cookie).expect(503);
    expectSoundPage(answer, language);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.text).toContain(`href="${casePath}?lang=${language}"`);
    const signIn = await request(app).post('/console/sign-in').set(OWN_FORM).type('form').send({ token: 'x' });
    expect(signIn.status).toBe(503);
    await request(app).get('/console/sign-in').expect(200);
    await pool.end();
  });

  test.each(['zh-CN', 'en'] as const)(
    'an error nobody foresaw: 500 in %s, reported, with nothing inside',
    async (language) => {
      const reported: unknown[] = [];
      const ring = { ...court.ring, keys: new Map<string, Buffer>() };
      const report = (error: unknown): number => reported.push(error);
      const app = express().use('/console', createConsole({ pool: court.pool, ring, report }));
      const judge = await signedInAs(app, houseJudge().token);
      const answer = await judge.get(`${casePath}?lang=${language}`).expect(500);
      expectSoundPage(answer, language);
      expect(answer.text).not.toMatch(/key ring|Error|at /);
      expect(reported).toHaveLength(1);
    },
  );

  test('a form too large to be ours', async () => {
    const answer = await post('/console/sign-in')
      .set(OWN_FORM)
      .send({ token: 'x'.repeat(10_000) })
      .expect(413);
    expectSoundPage(answer, 'zh-CN');
  });
});
