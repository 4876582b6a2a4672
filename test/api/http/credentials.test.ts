// Who signs in: the credentials of courts, departments and the administrator, and the sessions of the console.

import { describe, expect, it } from 'vitest';
import { authenticate, ensureCredentials, identify } from '../../../registry/access/credentials.js';
import { closeSession, openSession, sessionCaller } from '../../../registry/access/sessions.js';
import { COURT } from '../../builders/cases.js';
import { useApi } from '../../harness/api.js';
import { allCredentials, departmentOf, judgeOf } from '../../harness/credentials.js';

const api = useApi();

describe('credentials', () => {
  it('are one clerk, one supervisor and two judges a court, every department, one administrator', async () => {
    const { rows } = await api.pool.query<{ courts: number; departments: number }>(
      'select (select count(*)::int from court) as courts, (select count(*)::int from department) as departments',
    );
    const [{ courts, departments } = { courts: 0, departments: 0 }] = rows;
    const of = (role: string): number => allCredentials().filter((one) => one.role === role).length;
    expect([of('clerk'), of('supervisor'), of('judge'), of('department'), of('administrator')]).toEqual([
      courts,
      courts,
      2 * courts,
      departments,
      1,
    ]);
  });

  it('that still verify are kept; lost and foreign ones are issued anew', async () => {
    const [first, ...rest] = allCredentials();
    if (!first) throw new Error('no credentials');
    const kept = await ensureCredentials(api.adminUrl, [{ ...first, token: 'of another database' }, ...rest.slice(1)]);
    expect(kept).toHaveLength(allCredentials().length);
    const tokens = new Set(allCredentials().map(({ token }) => token));
    const fresh = kept.filter(({ token }) => !tokens.has(token));
    expect(fresh).toHaveLength(2);
    for (const { token, role } of fresh) expect(await authenticate(api.pool, token)).toMatchObject({ role });
  });

  it('stand in the database as hashes only', async () => {
    const { rows } = await api.pool.query<{ text: string }>('select c::text as text from credential c');
    const all = rows.map(({ text }) => text).join('\n');
    for (const { token } of allCredentials()) expect(all).not.toContain(token);
  });

  it('say who asks, and under whose name keys are kept', async () => {
    const judge = judgeOf(COURT);
    expect(await identify(api.pool, judge.token)).toMatchObject({
      caller: { role: 'judge', court: '黔0112', judge: judge.judge, client: 'court:黔0112' },
    });
    expect(await authenticate(api.pool, departmentOf('BDC').token)).toMatchObject({ client: 'department:BDC' });
    expect(await authenticate(api.pool, '')).toBeUndefined();
  });
});

describe('a session', () => {
  it('is its credential’s until it is closed', async () => {
    const caller = await authenticate(api.pool, judgeOf(COURT).token);
    if (!caller) throw new Error('no caller');
    const { cookie, expiresAt } = await openSession(api.pool, caller.credential);
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now());
    expect(await sessionCaller(api.pool, cookie)).toEqual(caller);
    expect(await sessionCaller(api.pool, `${cookie}x`)).toBeUndefined();
    await closeSession(api.pool, cookie);
    expect(await sessionCaller(api.pool, cookie)).toBeUndefined();
  });

  it('ends with its credential', async () => {
    const caller = await authenticate(api.pool, judgeOf('黔0102').token);
    if (!caller) throw new Error('no caller');
    const { cookie } = await openSession(api.pool, caller.credential);
    await api.pool.query('update credential set revoked_at = now() where id = $1', [caller.credential]);
    expect(await sessionCaller(api.pool, cookie)).toBeUndefined();
  });
});
