import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LOCKS, lockKeyed, requestLock, tryLock, tryLockKeyed } from '../../../registry/database/locks.js';

const known = Object.values(LOCKS);

it('no two locks have one number or one seed', () => {
  const numbers = known.flatMap((lock) => ('number' in lock ? [lock.number] : []));
  const seeds = known.flatMap((lock) => ('seed' in lock ? [lock.seed] : []));
  expect([new Set(numbers).size, new Set(seeds).size]).toEqual([numbers.length, seeds.length]);
});

it('what processes of older versions hold keeps its number', () => {
  expect(tryLock('sequencer')).toBe('pg_try_advisory_xact_lock(4203)');
  expect(lockKeyed('dataKeys', '$1')).toBe('pg_advisory_xact_lock(hashtextextended($1, 3))');
  expect(tryLockKeyed('channel', 'd')).toBe('pg_try_advisory_xact_lock(hashtextextended(d, 4))');
  expect(requestLock({ client: 'department:BDC', key: 'k' })).toBe('-5359539423576435474');
});

it('of those that shared a seed, the ones that bear being held twice took another', () => {
  expect(tryLockKeyed('relay', 'd::text')).toBe('pg_try_advisory_xact_lock(hashtextextended(d::text, 8))');
  expect(lockKeyed('tokenKeys', '$1')).toBe('pg_advisory_xact_lock(hashtextextended($1, 9))');
});

it('are taken by their names alone', () => {
  const sources = ['registry', 'api', 'worker', 'activities', 'local', 'audit'].flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' }).map((file) => join(room, file)),
  );
  const callers = sources.filter(
    (file) => file.endsWith('.ts') && /advisory_xact_lock|advisory_lock/.test(readFileSync(file, 'utf8')),
  );
  expect(callers).toEqual([join('registry', 'database', 'locks.ts')]);
});
