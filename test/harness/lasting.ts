import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

/** For the file or describe that asks, or anew for each of its tests. */
export type Lasts = 'file' | 'test';

/** Something made before the tests and ended after them, behind one constant: its members are there from the hooks on, not before. */
export function lasting<T extends object>(lasts: Lasts, make: () => Promise<T>, end: (made: T) => Promise<void>): T {
  const made = {} as T;
  const [before, after] = lasts === 'file' ? [beforeAll, afterAll] : [beforeEach, afterEach];
  before(async () => {
    Object.assign(made, await make());
  });
  after(() => end(made));
  return made;
}
