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
        test: { name: 'unit', include: tests(['domain', 'ledger', 'audit']), sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: tests(['registry', 'api', 'workflows', 'worker', 'activities', 'console']),
          globalSetup: ['test/harness/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
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
