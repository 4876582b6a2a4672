// Every place at which a worker process can be lost between two things that both matter, by name.

const TRANSACTIONS = ['publish', 'tell', 'notifyJudge', 'finish', 'expire', 'assign', 'settle', 'relay'] as const;
const STEPS = ['publish', 'tell', 'notifyJudge', 'finish', 'expire'] as const;

export type CrashPoint =
  | `${(typeof TRANSACTIONS)[number]}:${'before-commit' | 'after-commit'}`
  | `${(typeof STEPS)[number]}:after-return`
  | `relay:${'before' | 'after'}-${'start' | 'signal'}`;

export const CRASH_POINTS: readonly CrashPoint[] = [
  ...TRANSACTIONS.flatMap((name) => [`${name}:before-commit`, `${name}:after-commit`] as const),
  ...STEPS.map((name) => `${name}:after-return` as const),
  'relay:before-start',
  'relay:after-start',
  'relay:before-signal',
  'relay:after-signal',
];

/** What a worker process of these tests is told: by its environment. */
export interface CrashWorkerEnvironment {
  DATABASE_URL: string;
  KEY_RING_FILE: string;
  TEMPORAL_ADDRESS: string;
  TASK_QUEUE: string;
  /** Where it kills itself with SIGKILL, the first time it does something there. */
  CRASH_AT?: CrashPoint;
}
