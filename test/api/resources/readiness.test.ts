// Who watches over the service sees early that the holidays of a year are not loaded.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { useApi } from '../../harness/api.js';

const api = useApi();
afterEach(() => {
  vi.useRealTimers();
});

const readyOn = async (date: string): Promise<unknown> => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(`${date}T12:00:00+08:00`) });
  return (await api.get('/readyz')).body;
};

describe('/readyz', () => {
  it('says early that the holidays of a year are not loaded: serving goes on, deadlines would not', async () => {
    expect(await readyOn('2026-05-04')).toEqual({ status: 'ready', degraded: [] });
    expect(await readyOn('2199-12-20')).toEqual({ status: 'ready', degraded: ['holidays: missing'] });
  });
});
