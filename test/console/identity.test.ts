import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createApplication } from '../../api/application.js';
import { createLogger } from '../../api/http/logging.js';
import { createConsole } from '../../console/index.js';
import { clerkOf, departmentOf, judgeOf, supervisorOf } from '../harness/credentials.js';
import { type Browsing, expectSoundPage, OWN_FORM, signedInAs } from './browsing.js';
import { COURT, type Court, createCourt, houseJudge, PEOPLE, SECRETS } from './court.js';

/** Chinese last: the language stays until another is asked for. */
const LANGUAGES = ['en', 'zh-CN'] as const;
const [PERSON] = PEOPLE;
const OTHER_NAME = '封某金';

let court: Court;
let judge: Browsing;
let subject: string;
let interception: string;

beforeAll(async () => {
  court = await createCourt();
  const opened = await court.open({ people: 1 });
  await court.publish(opened.defaulters);
  subject = await court.subjectOf(opened.defaulters[0]?.id);
  interception = await court.doubt(opened.caseNumber, OTHER_NAME, '设立-1');
  judge = await signedInAs(court.app, houseJudge().token);
});
afterAll(() => court.close());
afterEach(() => expect(court.reported).toEqual([]));

const post = (browsing: Browsing, path: string, fields: Record<string, string>) =>
  browsing.post(path).set(OWN_FORM).type('form').send(fields);
const looks = async () =>
  (await court.pool.query('select subject, purpose from identity_access order by at, subject')).rows;
const search = { name: PERSON.name, birthDate: '1968-03-15', sex: 'female', purpose: 'identity-review' };

describe.each(LANGUAGES)('in %s', (language) => {
  const sound = async (path: string) => {
    const answer = await judge.get(`${path}?lang=${language}`).expect(200);
    expectSoundPage(answer, language);
    for (const secret of [...SECRETS, OTHER_NAME]) expect(answer.text).not.toContain(secret);
    return answer.text;
  };

  test('the queue, a doubt and the chain are sound and name nobody', async () => {
    const queue = await sound('/console/reviews');
    expect(queue).toContain(`href="/console/reviews/${interception}"`);
    const doubt = await sound(`/console/reviews/${interception}`);
    expect(doubt).toContain(language === 'en' ? 'differs' : '不一致');
    expect(doubt).toContain(`href="/console/parties/${subject}"`);
    const chain = await sound(`/console/parties/${subject}`);
    expect(chain).toContain('520112**********03');
    expect(chain).toContain('封**');
  });

  test('the search and its candidates are sound, and no address holds a name', async () => {
    await sound('/console/candidates');
    const answer = await post(judge, '/console/candidates', search).expect(303);
    const location = answer.headers.location ?? '';
    expect(location).toMatch(/^\/console\/candidates\/[0-9a-f-]{36}$/);
    const found = await sound(location);
    expect(found).toContain(`href="/console/parties/${subject}"`);
    const nobody = await post(judge, '/console/candidates', { ...search, sex: 'male' }).expect(303);
    expect(await sound(nobody.headers.location ?? '')).toContain(language === 'en' ? 'no candidate' : '没有候选人');
  });

  test('a search that may have missed somebody says so', async () => {
    const said = language === 'en' ? ['not indexed', 'most alike'] : ['未编入', '最相近'];
    const address = (await post(judge, '/console/candidates', search)).headers.location ?? '';
    for (const one of said) expect(await sound(address)).not.toContain(one);
    await court.pool.query('update subject set name_index_key = null where id = $1', [subject]);
    const early = (await post(judge, '/console/candidates', search)).headers.location ?? '';
    await court.pool.query('update subject set name_index_key = $2 where id = $1', [subject, court.ring.activeIndex]);
    expect(await sound(early)).toContain(said[0]);
    const { rows } = await court.pool.query<{ id: string }>(
      `insert into identity_search (id, actor_role, actor, court, credential, purpose, found, agreements, complete, truncated)
       select gen_random_uuid(), actor_role, actor, court, credential, purpose, found, agreements, true, true
       from identity_search where id::text = $1 returning id`,
      [address.split('/').at(-1)],
    );
    expect(await sound(`/console/candidates/${rows[0]?.id}`)).toContain(said[1]);
  });

  test('a search that lacks something says what, and keeps what was written', async () => {
    const answer = await post(judge, `/console/candidates?lang=${language}`, { name: PERSON.name }).expect(422);
    expectSoundPage(answer, language);
    for (const field of ['birthDate', 'sex', 'purpose']) expect(answer.text).toContain(`href="#${field}"`);
    expect(answer.text).toContain(`value="${PERSON.name}"`);
  });
});

describe('in full', () => {
  test('only for a purpose, by POST, and every person shown stands in the log', async () => {
    const party = `/console/parties/${subject}`;
    expect((await post(judge, party, { purpose: '' })).text).not.toContain(PERSON.number);
    expect((await post(judge, party, { purpose: 'curiosity' })).text).not.toContain(PERSON.number);
    expect((await judge.get(`${party}?purpose=audit`)).text).not.toContain(PERSON.number);
    expect(await looks()).toEqual([]);
    const full = await post(judge, party, { purpose: 'objection' }).expect(200);
    expectSoundPage(full, 'zh-CN');
    expect(full.text).toContain(PERSON.number);
    const doubt = await post(judge, `/console/reviews/${interception}`, { purpose: 'identity-review' }).expect(200);
    expect(doubt.text).toContain(OTHER_NAME);
    const found = (await post(judge, '/console/candidates', search)).headers.location ?? '';
    expect((await post(judge, found, { purpose: 'audit' })).text).toContain(PERSON.number);
    expect(await looks()).toEqual(['objection', 'identity-review', 'audit'].map((purpose) => ({ subject, purpose })));
    await judge.post(party).set({ 'Sec-Fetch-Site': 'cross-site' }).type('form').send({ purpose: 'audit' }).expect(403);
  });
});

describe('whose they are', () => {
  test('another court finds nothing, a clerk has no queue, a department is told that the pages are for courts', async () => {
    const paths = [`/console/parties/${subject}`, `/console/reviews/${interception}`];
    const stranger = await signedInAs(court.app, judgeOf('黔0102').token);
    for (const path of paths) await stranger.get(path).expect(404);
    expect((await stranger.get('/console/reviews').expect(200)).text).not.toContain(interception);
    const found = (await post(judge, '/console/candidates', search)).headers.location ?? '';
    await stranger.get(found).expect(404);
    const clerk = await signedInAs(court.app, clerkOf(COURT).token);
    await clerk.get('/console/reviews').expect(404);
    await clerk.get(paths[1] ?? '').expect(404);
    expect((await clerk.get(paths[0] ?? '').expect(200)).text).not.toContain('href="/console/reviews"');
    await clerk.get(found).expect(200);
    const department = await signedInAs(court.app, departmentOf('AIC').token);
    for (const path of [...paths, '/console/candidates', '/console/reviews', found])
      await department.get(path).expect(403);
    await post(department, '/console/candidates', search).expect(403);
    await judge.get(`/console/parties/${interception}`).expect(404);
    await judge.get('/console/parties/x').expect(404);
  });

  test('a supervisor reads a doubt of a court below and has no word on it', async () => {
    const above = await signedInAs(court.app, supervisorOf('黔01').token);
    const { text } = await above.get(`/console/reviews/${interception}?lang=zh-CN`).expect(200);
    expect(text).toContain('由承办法院的法官认定');
    expect(text).not.toContain('name="identity"');
    const word = { key: crypto.randomUUID(), identity: 'other', reason: '同号另一人' };
    await post(above, `/console/reviews/${interception}`, word).expect(404);
  });
});

describe('the court’s word', () => {
  const path = () => `/console/reviews/${interception}`;
  const decisions = async () =>
    Number((await court.pool.query('select count(*) as n from identity_decision')).rows[0].n);
  const keyOf = (html: string): string => /name="key" value="([^"]+)"/.exec(html)?.[1] ?? '';

  test('“unsure” records nothing; without a reason it is not taken; “another” once, however often the form is sent', async () => {
    const { text } = await judge.get(path());
    const key = keyOf(text);
    const unsure = await post(judge, path(), { key, identity: 'unsure', reason: '' }).expect(303);
    expect([unsure.headers.location, await decisions()]).toEqual(['/console/reviews', 0]);
    const bare = await post(judge, path(), { key, identity: 'other', reason: ' ' }).expect(422);
    expectSoundPage(bare, 'zh-CN');
    expect(bare.text).toContain('请选择认定结果，并写明理由。');
    const word = { key, identity: 'other', reason: '户籍查询为同号另一人' };
    for (let n = 0; n < 2; n++) await post(judge, path(), word).expect(303);
    expect(await decisions()).toBe(1);
    expect((await judge.get('/console/reviews')).text).not.toContain(interception);
    const after = await judge.get(`${path()}?lang=zh-CN`);
    expect(after.text).toMatch(/此前的认定.*另一人/s);
  });

  test('“another” of an exact match is refused with what to do instead', async () => {
    const { caseNumber, defaulters } = await court.open({ people: 1, judge: 2 });
    await court.publish(defaulters);
    const exact = await court.doubt(caseNumber, PERSON.name, '设立-2');
    const { text } = await judge.get(`/console/reviews/${exact}`);
    const word = { key: keyOf(text), identity: 'other', reason: '另一人' };
    const refused = await post(judge, `/console/reviews/${exact}`, word).expect(422);
    expect(refused.text).toContain('不能认定为另一人');
    expect(refused.text).toContain('另一人</textarea>');
  });
});

test('who searches too often has to wait', async () => {
  const other = await createCourt();
  const browsing = await signedInAs(other.app, houseJudge().token);
  for (let n = 0; n < 30; n++) await post(browsing, '/console/candidates', search).expect(303);
  const answer = await post(browsing, '/console/candidates', search).expect(429);
  expectSoundPage(answer, 'zh-CN');
  expect(answer.text).toContain('检索过于频繁');
  await browsing.get('/console/candidates').expect(200);
  await other.close();
});

test('neither the log nor the metrics of the api hold whom somebody sought or was shown', async () => {
  const { pool, ring } = court;
  const lines: string[] = [];
  const logger = createLogger('trace', { write: (line: string) => void lines.push(line) });
  const app = createApplication({ pool, ring, logger, console: createConsole({ pool, ring }) });
  const browsing = await signedInAs(app, houseJudge().token);
  const found = await post(browsing, '/console/candidates', search).expect(303);
  const shown = await post(browsing, found.headers.location ?? '', { purpose: 'audit' }).expect(200);
  expect(shown.text).toContain(PERSON.number);
  await post(browsing, '/console/candidates', { ...search, birthDate: 'x' }).expect(422);
  const { text: metrics } = await browsing.get('/metrics').expect(200);
  expect(lines.length).toBeGreaterThan(3);
  for (const secret of [PERSON.name, PERSON.number, '1968-03-15'])
    expect([...lines, metrics].join('\n').includes(secret)).toBe(false);
});
