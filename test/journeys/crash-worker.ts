// A worker process made of the product's own parts, which kills itself at a named point.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { WorkflowClientInterceptor, WorkflowStartInput } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { createEnforcementActivities, type EnforcementActivities } from '../../activities/enforcement.js';
import { createPool, type Transaction } from '../../registry/database/pool.js';
import { readKeyRing } from '../../registry/keys/key-ring.js';
import { startLoops } from '../../worker/loops/case-loops.js';
import { TemporalConnection } from '../../worker/temporal/connection.js';
import { runEnforcementWorker } from '../../worker/temporal/enforcement-worker.js';
import { ENFORCEMENT_WORKER } from '../../worker/temporal/options.js';
import type { CrashWorkerEnvironment } from './crash-points.js';

const environment = (name: keyof CrashWorkerEnvironment): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};
const crashAt = process.env.CRASH_AT;
const taskQueue = environment('TASK_QUEUE');

/** Nothing after this line happens, and nothing is cleaned up. */
const crashIf = (point: string): void => {
  if (point === crashAt) process.kill(process.pid, 'SIGKILL');
};

/** The step under way, and whether it has written anything: a step with nothing to do is no place to crash. */
const doing = new AsyncLocalStorage<{ step: string; wrote: boolean }>();
const WRITES = /\binsert into (fact|notice|inbox_item)\b/;
const LOOPS: readonly [string, RegExp][] = [
  ['assign', /\bupdate notice set position\b/],
  ['settle', /\bupdate notice n set settled_at\b/],
  ['relay', /\bupdate outbox o set sent_at\b/],
];

Runtime.install({
  shutdownSignals: [],
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }), forward: {} } },
});
// Shorter than in production, so that the tests need not wait long for the server to notice a dead worker.
Object.assign(ENFORCEMENT_WORKER, { stickyQueueScheduleToStartTimeout: '1 second', workflowThreadPoolSize: 1 });

const log = pino({ name: 'crash-worker', level: process.env.LOG_LEVEL ?? 'silent' });
const ring = readKeyRing(environment('KEY_RING_FILE'));
const pool = createPool({ connectionString: environment('DATABASE_URL'), applicationName: 'crash-worker', max: 10 });
pool.on('connect', watch);
const temporal = new TemporalConnection(undefined, { interceptors: { workflow: [crashBesideSignals()] } });
const loops = startLoops({ pool, ring, temporal, taskQueue, eagerStart: true, log });
const stopping = new AbortController();
const activities = crashBesideReturns(createEnforcementActivities({ pool, ring, noticeWritten: loops.nudge }));
const lives = runEnforcementWorker({ temporal, activities, taskQueue, stopping: stopping.signal, log });
process.send?.('ready');

process.on('SIGTERM', () => void stop());
process.on('disconnect', () => process.exit(1));

async function stop(): Promise<void> {
  stopping.abort();
  await Promise.all([lives, loops.stopRelays()]);
  await loops.stopAll();
  await pool.end();
  process.exit(0);
}

/** Sees every statement of a connection, and knows by them which loop's transaction is about to be committed. */
function watch(connection: Transaction): void {
  const query = connection.query;
  let loop: string | undefined;
  let underWay: Promise<unknown>[] = [];
  const ask = async (statement: string, args: readonly unknown[]): Promise<unknown> => {
    const result: { rowCount: number | null } = await Reflect.apply(query, connection, args);
    if (result.rowCount === null || result.rowCount === 0) return result;
    const step = doing.getStore();
    // A statement is laid out over many lines.
    const plain = statement.replace(/\s+/g, ' ');
    if (step && WRITES.test(plain)) step.wrote = true;
    loop ??= LOOPS.find(([, pattern]) => pattern.test(plain))?.[0];
    return result;
  };
  const watched = async (statement: string, args: readonly unknown[]): Promise<unknown> => {
    if (statement === 'begin') [loop, underWay] = [undefined, []];
    if (statement !== 'commit') {
      const answered = ask(statement, args);
      underWay.push(answered);
      return answered;
    }
    // What was sent and not awaited says whether this step has written.
    await Promise.allSettled(underWay);
    const point = doing.getStore()?.wrote ? doing.getStore()?.step : loop;
    crashIf(`${point}:before-commit`);
    const result = await Reflect.apply(query, connection, args);
    crashIf(`${point}:after-commit`);
    return result;
  };
  Object.defineProperty(connection, 'query', {
    value: (...args: unknown[]): unknown => {
      const [statement] = args;
      if (typeof statement !== 'string' || typeof args.at(-1) === 'function')
        return Reflect.apply(query, connection, args);
      return watched(statement, args);
    },
  });
}

/** The step is done and its result on the way to the workflow, whose task is not completed yet. */
function crashBesideReturns(activities: EnforcementActivities): EnforcementActivities {
  const beside =
    <Args extends unknown[], Result>(step: keyof EnforcementActivities, run: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> => {
      const current = { step, wrote: false };
      return doing.run(current, async () => {
        const result = await run(...args);
        if (current.wrote) setImmediate(() => crashIf(`${step}:after-return`));
        return result;
      });
    };
  return {
    publish: beside('publish', activities.publish),
    expire: beside('expire', activities.expire),
    extend: beside('extend', activities.extend),
    escalate: beside('escalate', activities.escalate),
    redrive: activities.redrive,
    tell: beside('tell', activities.tell),
    finish: beside('finish', activities.finish),
    notifyJudge: beside('notifyJudge', activities.notifyJudge),
  };
}

function crashBesideSignals(): WorkflowClientInterceptor {
  const soon = <Input extends Pick<WorkflowStartInput, 'options'>>(input: Input): Input => ({
    ...input,
    options: { ...input.options, workflowTaskTimeout: msToTs('2 seconds') },
  });
  return {
    startWithDetails: async (input, next) => {
      crashIf('relay:before-start');
      const output = await next(soon(input));
      crashIf('relay:after-start');
      return output;
    },
    signal: async (input, next) => {
      crashIf('relay:before-signal');
      await next(input);
      crashIf('relay:after-signal');
    },
    signalWithStart: async (input, next) => next(soon(input)),
  };
}
