// Addresses of webhooks and the list of hosts that may be private; how retries back off.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff } from '../../domain/backoff.js';
import { parseAllowedHosts, parseEndpoint } from '../../domain/endpoint.js';

describe('the list of allowed hosts', () => {
  it('names host and port, and says which entry is wrong', () => {
    expect([...parseAllowedHosts(' 127.0.0.1:8081, Hooks.Local:443,[::1]:9000,')]).toEqual([
      '127.0.0.1:8081',
      'hooks.local:443',
      '[::1]:9000',
    ]);
    expect(parseAllowedHosts(undefined).size).toBe(0);
    for (const wrong of ['localhost', 'http://a:1', 'a:0', 'a:b', '*:80']) {
      expect(() => parseAllowedHosts(`ok:1,${wrong}`)).toThrow(wrong);
    }
  });
});

describe('an endpoint’s address', () => {
  it('is given back in its normal form', () => {
    expect(parseEndpoint('https://HOOKS.example:443/a/../b?c=1', new Set())).toEqual({
      ok: true,
      url: 'https://hooks.example/b?c=1',
    });
  });

  it('is listed with the port it really has', () => {
    const allowed = parseAllowedHosts('hooks.local:443,127.0.0.1:80');
    expect(parseEndpoint('http://127.0.0.1/', allowed).ok).toBe(true);
    expect(parseEndpoint('https://127.0.0.1/', allowed)).toMatchObject({ code: 'endpoint-host' });
    expect(parseEndpoint('http://hooks.local/', allowed)).toMatchObject({ code: 'endpoint-not-https' });
    expect(parseEndpoint(`https://a.example/${'x'.repeat(2_000)}`, allowed)).toMatchObject({ code: 'endpoint-url' });
  });
});

describe('back-off', () => {
  it('begins with seconds, never exceeds its longest, never falls below half of it, and comes apart by chance', () => {
    const settings = { firstMs: 2_000, longestMs: 7_200_000 };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, chance) => {
          const top = Math.min(2_000 * 2 ** (failures - 1), 7_200_000);
          const ms = backoff(settings, failures, chance);
          expect(ms).toBeGreaterThanOrEqual(Math.floor(top / 2));
          expect(ms).toBeLessThanOrEqual(top);
        },
      ),
    );
    expect(backoff(settings, 1, 1)).toBe(2_000);
    expect(backoff(settings, 1_000, 1)).toBe(7_200_000);
  });
});
