import { randomInt, randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { inject } from 'vitest';
import { createEnforcementActivities } from '../../activities/enforcement.js';
import { residentCheck } from '../../domain/identity/check-digits.js';
import { type Identifier, parseIdentifier } from '../../domain/identity/identifier.js';
import type { Measure } from '../../domain/vocabulary.js';
import { judgeId } from '../../registry/catalogue/load-reference-data.js';
import { decide } from '../../registry/courts/decisions.js';
import { type OpenedCase, openCase } from '../../registry/courts/open-case.js';
import { registerRepayment } from '../../registry/courts/repayments.js';
import { createPool, inTransaction, type Pool, type Transaction } from '../../registry/database/pool.js';
import { acknowledge } from '../../registry/departments/acknowledgements.js';
import { type ComparisonAnswer, compare } from '../../registry/departments/comparisons.js';
import { type Notice, readNotices } from '../../registry/departments/notices.js';
import type {
  Actor,
  ComparisonInput,
  DecisionInput,
  DefaulterInput,
  OpenCaseInput,
  Party,
} from '../../registry/inputs.js';
import { type KeyRing, readKeyRing } from '../../registry/keys/key-ring.js';
import { type CaseView, caseView, type TimelineItem, timeline } from '../../registry/views/case-views.js';
import { type Loops, startLoops } from '../../worker/loops/case-loops.js';
import { TemporalConnection } from '../../worker/temporal/connection.js';
import { runEnforcementWorker } from '../../worker/temporal/enforcement-worker.js';
import { freshDatabase } from './database.js';
import { eventually } from './eventually.js';

export const COURT = '黔0112';
export const CLERK: Actor = { role: 'clerk', id: COURT };
export const JUDGE: Actor = { role: 'judge', id: judgeId(COURT, 1) };

let serial = randomInt(1_000_000);

/** A resident number with a right check digit and a sequence that is issued to nobody; `born` as YYYYMMDD, after 1959 where a test names it: no other has it. */
export function residentNumber(
  born = new Date(Date.UTC(1930, 0, 1) + (serial++ % 10_900) * 86_400_000)
    .toISOString()
    .slice(0, 10)
    .replaceAll('-', ''),
): string {
  const body = `520112${born}000`;
  return body + residentCheck(body);
}

export function identifier(number = residentNumber()): Identifier {
  const parsed = parseIdentifier({ type: 'resident-id', number }, '2026-01-01');
  if (!parsed.ok) throw new Error(parsed.code);
  return parsed.identifier;
}

export const person = (name = '甲某', number?: string): Party => ({
  kind: 'person',
  name,
  identifiers: [identifier(number)],
});

const COURT_DECISION = { number: '（2026）黔0112执1号之一', madeOn: '2026-01-05' };

export function defaulter(
  party: Party = person(),
  measures: (Measure | { seal: string })[] = ['LISTING', 'CONSUMPTION'],
): DefaulterInput {
  return {
    ...party,
    ground: 1,
    conduct: '有履行能力而拒不履行生效法律文书确定义务',
    decision: COURT_DECISION,
    measures: measures.map((measure) =>
      typeof measure === 'string'
        ? { measure, decision: COURT_DECISION }
        : { measure: 'SEAL', decision: COURT_DECISION, asset: { type: 'property-unit', number: measure.seal } },
    ),
    representatives: [],
    student: false,
  };
}

export interface World {
  /** As the application. */
  pool: Pool;
  /** As the owner of the database. */
  owner: Pool;
  ring: KeyRing;
  client: Client;
  adminUrl: string;
  taskQueue: string;
  tx<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  open(defaulters: DefaulterInput[], changes?: Partial<OpenCaseInput>): Promise<OpenedCase>;
  /** As `open`, within a transaction. */
  openIn(tx: Transaction, defaulters: DefaulterInput[], changes?: Partial<OpenCaseInput>): Promise<OpenedCase>;
  pay(caseId: string, fen: bigint, reference?: string): ReturnType<typeof registerRepayment>;
  decide(caseId: string, decision: DecisionInput): Promise<{ id: string }>;
  compare(service: string, party: Party, more?: Partial<ComparisonInput>): Promise<ComparisonAnswer>;
  view(caseId: string): Promise<CaseView>;
  facts(caseId: string): Promise<TimelineItem[]>;
  /** The kinds of the case's notices, in order. */
  kinds(caseId: string): Promise<string[]>;
  /** Why a comparison came out as it did: in the record, whatever the department was told. */
  reasons(comparison: { id: string }): Promise<string[]>;
  /** Every department (or these) reads all there is and acknowledges it. */
  acknowledgeAll(except?: string[]): Promise<void>;
  read(department: string, after?: bigint): Promise<Notice[]>;
  /** Waits until a defaulter of the case (the first) is in this state. */
  until(caseId: string, state: string, index?: number): Promise<CaseView>;
  startWorker(): void;
  stopWorker(): Promise<void>;
  close(): Promise<void>;
}

/** A database of its own with the loops and, when started, the lives' worker on the run's Temporal server. */
export async function createWorld(): Promise<World> {
  const database = await freshDatabase();
  const ring = readKeyRing(inject('keyRingFile'));
  const pool = createPool({ connectionString: database.applicationUrl, applicationName: 'test', max: 24 });
  const owner = createPool({ connectionString: database.adminUrl, applicationName: 'owner', max: 4 });
  const connection = Connection.lazy({ address: inject('temporalAddress') });
  const client = new Client({ connection });
  const log = pino({ level: 'silent' });
  const taskQueue = `test-${randomUUID()}`;
  const tx = <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> => inTransaction(pool, work);
  let running:
    | { loops: Loops; stopping: AbortController; temporal: TemporalConnection; lives: Promise<void> }
    | undefined;

  const world: World = {
    pool,
    owner,
    ring,
    client,
    adminUrl: database.adminUrl,
    taskQueue,
    tx,
    open: (defaulters, changes) => tx((t) => world.openIn(t, defaulters, changes)),
    openIn: (t, defaulters, changes = {}) =>
      openCase(
        t,
        ring,
        {
          caseNumber: `（2026）黔0112执${++serial}号`,
          court: COURT,
          judge: JUDGE.id,
          filedOn: '2026-01-05',
          basis: { number: '（2025）黔0112民初1号', issuer: '贵阳市乌当区人民法院' },
          obligationFen: 40_000_000n,
          content: '偿还借款本金',
          defaulters,
          ...changes,
        },
        CLERK,
      ),
    pay: (caseId, fen, reference = randomUUID()) =>
      tx((t) =>
        registerRepayment(
          t,
          ring,
          caseId,
          { reference, amountFen: fen, receivedOn: '2026-02-01', source: 'voluntary' },
          CLERK,
        ),
      ),
    decide: (caseId, decision) => tx((t) => decide(t, ring, caseId, decision, JUDGE)),
    compare: (service, party, more = {}) => {
      const department = service.slice(0, 3);
      return tx((t) =>
        compare(
          t,
          ring,
          department,
          { service, reference: randomUUID(), party, ...more },
          { role: 'department', id: department },
        ),
      );
    },
    view: async (caseId) => {
      const view = await caseView(pool, ring, caseId);
      if (!view) throw new Error('no such case');
      return view;
    },
    facts: async (caseId) => (await timeline(pool, caseId, 0, 10_000)).items,
    kinds: async (caseId) => {
      const { rows } = await owner.query<{ kind: string }>(
        'select kind from notice where enforcement_case = $1 order by ordering',
        [caseId],
      );
      return rows.map((row) => row.kind);
    },
    reasons: async ({ id }) => {
      const { rows } = await owner.query<{ reasons: string[] }>('select reasons from comparison where id = $1', [id]);
      return rows[0]?.reasons ?? [];
    },
    read: (department, after) => tx(async (t) => (await readNotices(t, department, after, 200)).items),
    acknowledgeAll: async (except = []) => {
      const { rows } = await pool.query<{ code: string }>('select code from department order by ordinal');
      for (const { code } of rows.filter((row) => !except.includes(row.code))) {
        await tx(async (t) => {
          const { served } = await readNotices(t, code, undefined, 200);
          let head = BigInt(served);
          for (let next = head; ; head = next) {
            next = BigInt((await readNotices(t, code, head, 200)).served);
            if (next === head) break;
          }
          if (head > 0n) await acknowledge(t, code, head, { role: 'department', id: code });
        });
      }
    },
    until: (caseId, state, index = 0) =>
      eventually(async () => {
        const view = await world.view(caseId);
        return view.defaulters[index]?.state === state && view;
      }),
    startWorker: () => {
      if (running) return;
      const temporal = new TemporalConnection({ connectionOptions: { address: inject('temporalAddress') } });
      const loops = startLoops({ pool, ring, temporal, taskQueue, eagerStart: true, log });
      const stopping = new AbortController();
      const activities = createEnforcementActivities({ pool, ring, noticeWritten: loops.nudge });
      running = {
        loops,
        stopping,
        temporal,
        lives: runEnforcementWorker({ temporal, activities, taskQueue, stopping: stopping.signal, log }),
      };
    },
    stopWorker: async () => {
      if (!running) return;
      running.stopping.abort();
      await Promise.all([running.lives, running.loops.stopAll()]);
      await running.temporal.close();
      running = undefined;
    },
    close: async () => {
      await world.stopWorker();
      await connection.close();
      await Promise.all([pool.end(), owner.end()]);
      await database.drop();
    },
  };
  return world;
}
