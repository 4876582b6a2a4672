import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { inject } from 'vitest';
import { createEnforcementActivities } from '../../activities/enforcement.js';
import { decide } from '../../registry/courts/decisions.js';
import { type OpenedCase, openCase } from '../../registry/courts/open-case.js';
import { registerRepayment } from '../../registry/courts/repayments.js';
import { createPool, inTransaction, type Pool, type Transaction } from '../../registry/database/pool.js';
import { acknowledge } from '../../registry/departments/acknowledgements.js';
import { type ComparisonAnswer, compare } from '../../registry/departments/comparisons.js';
import { type Notice, readNotices } from '../../registry/departments/notices.js';
import type { ComparisonInput, DecisionInput, DefaulterInput, OpenCaseInput, Party } from '../../registry/inputs.js';
import { type KeyRing, readKeyRing } from '../../registry/keys/key-ring.js';
import { escalate, expire, extend, publish, type StepResult, tell } from '../../registry/process/steps.js';
import { type CaseView, caseView } from '../../registry/views/case-views.js';
import { type TimelineItem, timeline } from '../../registry/views/timeline.js';
import { type Loops, startLoops } from '../../worker/loops/case-loops.js';
import { TemporalConnection } from '../../worker/temporal/connection.js';
import { runEnforcementWorker } from '../../worker/temporal/enforcement-worker.js';
import { CLERK, caseAgainst, departmentActor, JUDGE } from '../builders/cases.js';
import { freshDatabase } from './database.js';
import { eventually } from './eventually.js';
import { type Lasts, lasting } from './lasting.js';

/** The defaulters of a case that was opened. */
export interface Opened {
  defaulters: readonly { id: string }[];
}

/** The life of the first defaulter of a case. */
export const lifeOf = ({ defaulters: [first] }: Opened): string => demand(first).id;

/** The first stop of a comparison. */
export const interceptionOf = ({ interceptions: [first] }: Pick<ComparisonAnswer, 'interceptions'>): string =>
  demand(first).id;

function demand<T>(first: T | undefined): T {
  if (first === undefined) throw new Error('there is none');
  return first;
}

/** What a world stands on. */
interface Ground {
  /** As the application. */
  pool: Pool;
  /** As the owner of the database. */
  owner: Pool;
  ring: KeyRing;
  client: Client;
  adminUrl: string;
  taskQueue: string;
  tx<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** What courts do, as the clerk and the first judge of Wudang. */
interface CourtActs {
  open(defaulters: DefaulterInput[], changes?: Partial<OpenCaseInput>): Promise<OpenedCase>;
  /** As `open`, within a transaction. */
  openIn(tx: Transaction, defaulters: DefaulterInput[], changes?: Partial<OpenCaseInput>): Promise<OpenedCase>;
  pay(caseId: string, fen: bigint, reference?: string): ReturnType<typeof registerRepayment>;
  decide(caseId: string, decision: DecisionInput): Promise<{ id: string }>;
}

/** The process by hand, so that a test sees one decision and its effects: no worker runs. */
interface ByHand {
  /** Does what is due for the lives of a case until nothing is. */
  pursue(opened: Opened): Promise<void>;
  /** A case against these, opened and published. */
  inForce(...defaulters: DefaulterInput[]): Promise<OpenedCase>;
}

/** What departments do. */
interface DepartmentActs {
  compare(service: string, party: Party, more?: Partial<ComparisonInput>): Promise<ComparisonAnswer>;
  outcome(service: string, party: Party, more?: Partial<ComparisonInput>): Promise<ComparisonAnswer['outcome']>;
  /** Every department (or these) reads all there is and acknowledges it. */
  acknowledgeAll(except?: string[]): Promise<void>;
  read(department: string, after?: bigint): Promise<Notice[]>;
}

/** What stands in the record. */
interface CaseRecord {
  view(caseId: string): Promise<CaseView>;
  /** Of the first defaulter. */
  state(caseId: string): Promise<string | undefined>;
  facts(caseId: string): Promise<TimelineItem[]>;
  /** The kinds of the case's notices, in order. */
  kinds(caseId: string): Promise<string[]>;
  /** Why a comparison came out as it did: in the record, whatever the department was told. */
  reasons(comparison: { id: string }): Promise<string[]>;
  /** Compares, and gives the `reasons`. */
  recorded(service: string, party: Party): Promise<string[]>;
  /** Waits until a defaulter of the case (the first) is in this state. */
  until(caseId: string, state: string, index?: number): Promise<CaseView>;
}

interface Workers {
  startWorker(): void;
  stopWorker(): Promise<void>;
}

export interface World extends Ground, CourtActs, ByHand, DepartmentActs, CaseRecord, Workers {
  close(): Promise<void>;
}

/** A world for the file that calls this at its top, or a new one for each of its tests. */
export const useWorld = (lasts: Lasts = 'file'): World => lasting(lasts, createWorld, (world) => world.close());

/** A database of its own with the loops and, when started, the lives' worker on the run's Temporal server. */
export async function createWorld(): Promise<World> {
  const database = await freshDatabase();
  const pool = createPool({ connectionString: database.applicationUrl, applicationName: 'test', max: 24 });
  const owner = createPool({ connectionString: database.adminUrl, applicationName: 'owner', max: 4 });
  const connection = Connection.lazy({ address: inject('temporalAddress') });
  const ground: Ground = {
    pool,
    owner,
    ring: readKeyRing(inject('keyRingFile')),
    client: new Client({ connection }),
    adminUrl: database.adminUrl,
    taskQueue: `test-${randomUUID()}`,
    tx: (work) => inTransaction(pool, work),
  };
  const courts = courtActs(ground);
  const departments = departmentActs(ground);
  const workers = workersOf(ground);
  return {
    ...ground,
    ...courts,
    ...byHand(ground, courts),
    ...departments,
    ...record(ground, departments),
    ...workers,
    close: async () => {
      await workers.stopWorker();
      await connection.close();
      await Promise.all([pool.end(), owner.end()]);
      await database.drop();
    },
  };
}

function courtActs({ tx, ring }: Ground): CourtActs {
  const openIn: CourtActs['openIn'] = (t, defaulters, changes) =>
    openCase(t, ring, caseAgainst(defaulters, changes), CLERK);
  return {
    openIn,
    open: (defaulters, changes) => tx((t) => openIn(t, defaulters, changes)),
    pay: (caseId, amountFen, reference = randomUUID()) => {
      const repayment = { reference, amountFen, receivedOn: '2026-02-01', source: 'voluntary' } as const;
      return tx((t) => registerRepayment(t, ring, caseId, repayment, CLERK));
    },
    decide: (caseId, decision) => tx((t) => decide(t, ring, caseId, decision, JUDGE)),
  };
}

const STEPS = { publish, tell, expire, extend, escalate };

function byHand({ tx, ring }: Ground, { open }: CourtActs): ByHand {
  const pursue: ByHand['pursue'] = async ({ defaulters }) => {
    for (const { id } of defaulters) {
      let result: StepResult = await tx((t) => tell(t, ring, id));
      while (result.due !== null && result.due !== 'finish') {
        const step = STEPS[result.due];
        result = await tx((t) => step(t, ring, id));
      }
    }
  };
  return {
    pursue,
    inForce: async (...defaulters) => {
      const opened = await open(defaulters);
      await pursue(opened);
      return opened;
    },
  };
}

function departmentActs({ tx, ring, pool }: Ground): DepartmentActs {
  const ask: DepartmentActs['compare'] = (service, party, more = {}) => {
    const department = service.slice(0, 3);
    const input = { service, reference: randomUUID(), party, ...more };
    return tx((t) => compare(t, ring, department, input, departmentActor(department)));
  };
  return {
    compare: ask,
    outcome: async (service, party, more) => (await ask(service, party, more)).outcome,
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
          if (head > 0n) await acknowledge(t, code, head, departmentActor(code));
        });
      }
    },
  };
}

function record({ pool, owner, ring }: Ground, departments: DepartmentActs): CaseRecord {
  const view: CaseRecord['view'] = async (caseId) => {
    const found = await caseView(pool, ring, caseId);
    if (!found) throw new Error('no such case');
    return found;
  };
  const reasons: CaseRecord['reasons'] = async ({ id }) => {
    const { rows } = await owner.query<{ reasons: string[] }>('select reasons from comparison where id = $1', [id]);
    return rows[0]?.reasons ?? [];
  };
  return {
    view,
    state: async (caseId) => (await view(caseId)).defaulters[0]?.state,
    facts: async (caseId) => (await timeline(pool, caseId, 0, 10_000)).items,
    kinds: async (caseId) => {
      const { rows } = await owner.query<{ kind: string }>(
        'select kind from notice where enforcement_case = $1 order by ordering',
        [caseId],
      );
      return rows.map((row) => row.kind);
    },
    reasons,
    recorded: async (service, party) => reasons(await departments.compare(service, party)),
    until: (caseId, state, index = 0) =>
      eventually(async () => {
        const found = await view(caseId);
        return found.defaulters[index]?.state === state && found;
      }),
  };
}

function workersOf({ pool, ring, taskQueue }: Ground): Workers {
  const log = pino({ level: 'silent' });
  let running:
    | { loops: Loops; stopping: AbortController; temporal: TemporalConnection; lives: Promise<void> }
    | undefined;
  return {
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
  };
}
