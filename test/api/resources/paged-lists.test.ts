// Lists of cases and of the inbox, page by page: each item once, in order, to whom it belongs.

import { beforeAll, describe, expect, it } from 'vitest';
import { raise } from '../../../registry/case/inbox.js';
import { inTransaction } from '../../../registry/database/pool.js';
import { aCase } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { useApi } from '../../harness/api.js';
import { clerkOf, judgeOf, supervisorOf } from '../../harness/credentials.js';

const api = useApi();
const cases: string[] = [];
beforeAll(async () => {
  for (let n = 0; n < 7; n++)
    cases.push((await api.post('/v1/cases', aCase(), { token: clerkOf(COURT).token })).body.id);
});

async function walk<T = { id: string }>(path: string, token: string): Promise<T[]> {
  const items: T[] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const joint = path.includes('?') ? '&' : '?';
    const page = await api.get(next === '' ? path : `${path}${joint}cursor=${encodeURIComponent(next)}`, token);
    expect(page.status, page.text).toBe(200);
    items.push(...page.body.items);
    next = page.body.next;
  }
  return items;
}

describe('lists', () => {
  it('give every case once, newest first, whatever the size of a page', async () => {
    for (const limit of [1, 3, 7, 500]) {
      const found = await walk(`/v1/cases?limit=${limit}`, clerkOf(COURT).token);
      expect(found.map(({ id }) => id)).toEqual([...cases].reverse());
    }
  });

  it('filter by state, judge and part of the number, however it is typed', async () => {
    const token = clerkOf(COURT).token;
    const [first] = cases;
    const { caseNumber } = (await api.get(`/v1/cases/${first}`, token)).body;
    const typed = caseNumber.replace('（', '(').replace('）', ') ');
    const found = await walk(
      `/v1/cases?q=${encodeURIComponent(typed)}&state=OPEN&judge=${encodeURIComponent('黔0112-J1')}`,
      token,
    );
    expect(found.map(({ id }) => id)).toEqual([first]);
    expect(await walk('/v1/cases?state=CLOSED', token)).toEqual([]);
    expect(await walk('/v1/cases?q=%25', token)).toEqual([]);
  });

  it('refuse a cursor that was altered, made for another filter, or another’s', async () => {
    const { next } = (await api.get('/v1/cases?limit=2', clerkOf(COURT).token)).body;
    const altered = `${next.slice(0, -3)}${next.at(-3) === 'A' ? 'B' : 'A'}${next.slice(-2)}`;
    const asked: [string, string][] = [
      [`/v1/cases?limit=2&cursor=${altered}`, clerkOf(COURT).token],
      [`/v1/cases?state=OPEN&cursor=${next}`, clerkOf(COURT).token],
      [`/v1/cases?cursor=${next}`, supervisorOf('黔01').token],
      [`/v1/cases/${cases[0]}/timeline?cursor=${next}`, clerkOf(COURT).token],
      ['/v1/cases?cursor=', clerkOf(COURT).token],
      ['/v1/cases?cursor=%00', clerkOf(COURT).token],
      [`/v1/services?cursor=${next}`, clerkOf(COURT).token],
    ];
    for (const [path, token] of asked) {
      const answer = await api.get(path, token);
      expect([path, answer.status, answer.body.errors]).toMatchObject([
        path,
        422,
        [{ pointer: '/cursor', code: 'invalid-cursor' }],
      ]);
    }
  });

  it('refuse filters that are none', async () => {
    for (const query of [
      'state=HALF',
      'limit=0',
      'limit=-1',
      'limit=ten',
      'colour=red',
      'q=%00',
      'judge=',
      `q=${'x'.repeat(65)}`,
    ]) {
      expect([query, (await api.get(`/v1/cases?${query}`, clerkOf(COURT).token)).status]).toEqual([query, 422]);
    }
  });

  it('a timeline is gap-free over its pages', async () => {
    const [id = ''] = cases;
    for (const amount of ['1', '2', '3']) {
      const repayment = { reference: `R${amount}`, amount, receivedOn: '2019-03-01', source: 'voluntary' };
      await api.post(`/v1/cases/${id}/repayments`, repayment, { token: clerkOf(COURT).token });
    }
    const items = await walk<{
      seq: number;
      type: string;
    }>(`/v1/cases/${id}/timeline?limit=2`, judgeOf(COURT).token);
    expect(items.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(items.map(({ type }) => type)).toEqual(['case-opened', 'repayment', 'repayment', 'repayment']);
  });

  it('catalogues are open to all, whole or in pages', async () => {
    expect((await api.get('/v1/departments')).body.items).toHaveLength(36);
    const services = await walk('/v1/services?limit=40', clerkOf(COURT).token);
    expect(services.length).toBe((await api.get('/v1/services')).body.items.length);
    expect((await api.get('/v1/courts')).body.items.length).toBeGreaterThan(10);
    expect((await api.get('/v1/statistics')).body).toMatchObject({ entries: 7, repaid: '6.00' });
  });
});

describe('the inbox', () => {
  it('is the judge’s of the case and the supervisor’s; reading it is a fact, once', async () => {
    const [enforcementCase = ''] = cases;
    await inTransaction(api.pool, (tx) =>
      raise(tx, { key: 'test', kind: 'decide-restriction', enforcementCase, at: Date.now() }),
    );
    const judge = judgeOf(COURT).token;
    const [item] = (await api.get('/v1/inbox', judge)).body.items;
    expect(item).toMatchObject({ kind: 'decide-restriction', case: enforcementCase });
    expect((await api.get('/v1/inbox', judgeOf(COURT, 1).token)).body.items).toEqual([]);
    expect((await api.get('/v1/inbox', supervisorOf('黔01').token)).body.items).toHaveLength(1);
    const read = (token: string) => api.post(`/v1/inbox/${item.id}/read`, '', { token });
    expect((await read(judgeOf('黔0102').token)).status).toBe(404);
    const first = await read(judge);
    expect([first.status, typeof first.body.readAt]).toEqual([200, 'string']);
    expect((await read(judge)).body.readAt).toBe(first.body.readAt);
    const facts = await walk<{ type: string }>(`/v1/cases/${enforcementCase}/timeline`, judge);
    expect(facts.filter(({ type }) => type === 'read')).toHaveLength(1);
  });
});
