import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// One after the other: the unit tests need no server and say first what is wrong; the journeys start whole products
// and must not compete for two cores. Forks because the Temporal SDK is a native addon with one runtime per process.
const tests = (rooms: string[]): string[] => rooms.map((room) => `test/${room}/**/*.test.{ts,tsx}`);

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: tests(['domain', 'ledger', 'audit', 'house']), sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: tests(['registry', 'api', 'workflows', 'worker', 'activities', 'console']),
          globalSetup: ['test/harness/global-setup.ts'],
          setupFiles: ['test/harness/any-year.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // A file may take some forty of PostgreSQL's 200 connections.
          maxWorkers: Math.min(4, Math.max(1, availableParallelism() - 1)),
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'recording',
          include: ['test/workflows/*.recording.ts'],
          globalSetup: ['test/harness/global-setup.ts'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'journeys',
          include: tests(['journeys', 'local']),
          globalSetup: ['test/harness/build.ts', 'test/harness/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
