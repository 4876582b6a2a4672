// Court staff look for people by name, birth date and sex; who was shown in full is logged.

import { beforeAll, describe, expect, it } from 'vitest';
import { aCase } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { serve, useApi } from '../../harness/api.js';
import { administrator, clerkOf, departmentOf, judgeOf, supervisorOf } from '../../harness/credentials.js';

const NUMBER = residentNumber('19610203');
const api = useApi();
let subject: string;

beforeAll(async () => {
  const identifiers = [{ type: 'resident-id', number: NUMBER }];
  const opened = await api.post('/v1/cases', aCase({}, { identifiers }), { token: clerkOf(COURT).token });
  subject = (await api.get(`/v1/cases/${opened.body.id}`, judgeOf(COURT).token)).body.defaulters[0].subject;
});

const SOUGHT = { name: '封某全', birthDate: '1961-02-03', sex: 'female', purpose: 'identity-review' };
const search = (token: string, body: object = SOUGHT, key?: string) =>
  api.post('/v1/identity-searches', body, { token, ...(key ? { key } : {}) });

describe('a search for candidates', () => {
  it('answers ids and how far they agree, once per key; who they are is masked until it is asked for, and then logged', async () => {
    const clerk = clerkOf(COURT).token;
    const made = await search(clerk, SOUGHT, 'search-1');
    expect([made.status, made.body], made.text).toMatchObject([
      201,
      { items: [{ subject, agreement: 'name' }], complete: true, truncated: false },
    ]);
    expect(made.text).not.toContain('封');
    const again = await search(clerk, SOUGHT, 'search-1');
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([made.text, 'true']);
    const location = made.headers.location ?? '';
    const masked = await api.get(location, clerk);
    expect(masked.body).toMatchObject({
      masked: true,
      complete: true,
      truncated: false,
      items: [{ subject, name: '封**', listings: [{ court: COURT }] }],
    });
    expect(masked.text).not.toContain(NUMBER);
    const looks = `/v1/identity-accesses?subject=${subject}`;
    const judge = judgeOf(COURT).token;
    expect((await api.get(looks, judge)).body.items).toEqual([]);
    const full = await api.get(`${location}?purpose=identity-review`, clerk);
    expect(full.body).toMatchObject({ masked: false, items: [{ name: '封某全', identifiers: [{ number: NUMBER }] }] });
    expect((await api.get(looks, judge)).body.items).toMatchObject([
      { subject, by: `clerk:${COURT}`, purpose: 'identity-review' },
    ]);
    const log = await api.get('/v1/identity-searches', supervisorOf('黔01').token);
    expect(log.body.items).toMatchObject([
      { id: made.body.id, by: `clerk:${COURT}`, purpose: 'identity-review', found: [{ subject }] },
    ]);
  });

  it('is for court staff alone, and for those of the court: a department learns nothing, not even that it exists', async () => {
    const made = await search(judgeOf(COURT).token);
    for (const { token } of [departmentOf('AIC'), administrator()]) {
      expect((await search(token)).status).toBe(404);
      for (const path of ['/v1/identity-searches', `/v1/identity-searches/${made.body.id}`])
        expect([path, (await api.get(path, token)).status]).toEqual([path, 404]);
    }
    expect((await api.get('/v1/identity-searches', clerkOf(COURT).token)).status).toBe(404);
    expect((await api.get(`/v1/identity-searches/${made.body.id}`, judgeOf('黔0102').token)).status).toBe(404);
    expect((await search(judgeOf('黔0102').token)).body.items).toEqual([]);
    expect((await search(supervisorOf('黔01').token)).body.items).toEqual([{ subject, agreement: 'name' }]);
  });

  it.each([
    ['birthDate', 'required'],
    ['sex', 'required'],
    ['name', 'required'],
    ['purpose', 'required'],
  ])('without %s is refused: a name alone brings up nobody', async (member, code) => {
    const answer = await search(judgeOf(COURT).token, { ...SOUGHT, [member]: undefined });
    expect([answer.status, answer.body.errors]).toMatchObject([422, [{ pointer: `/${member}`, code }]]);
    expect(answer.text).not.toContain('封');
  });

  it('is rare: a court that searches too often is told when to go on', async () => {
    const tight = await serve({ budgets: { searches: 2 } });
    const ask = () => tight.post('/v1/identity-searches', SOUGHT, { token: judgeOf(COURT).token });
    expect([(await ask()).status, (await ask()).status]).toEqual([201, 201]);
    const refused = await ask();
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '60']);
    expect((await tight.get('/v1/cases', judgeOf(COURT).token)).status).toBe(200);
    await tight.end();
  });
});
