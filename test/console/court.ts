import express from 'express';
import { inject } from 'vitest';
import { createConsole } from '../../console/index.js';
import { withClient } from '../../local/servers/postgres-databases.js';
import { authenticate, type Credential } from '../../registry/access/credentials.js';
import { lockDefaulter } from '../../registry/case/locked-case.js';
import { judgeId } from '../../registry/catalogue/load-reference-data.js';
import { decide } from '../../registry/courts/decisions.js';
import { giveDirective } from '../../registry/courts/directives.js';
import { openCase } from '../../registry/courts/open-case.js';
import { registerRepayment } from '../../registry/courts/repayments.js';
import { createPool, inTransaction, type Transaction } from '../../registry/database/pool.js';
import { acknowledge } from '../../registry/departments/acknowledgements.js';
import { compare } from '../../registry/departments/comparisons.js';
import { giveFeedback } from '../../registry/departments/feedback.js';
import { readNotices } from '../../registry/departments/notices.js';
import { assignPositions } from '../../registry/departments/positions.js';
import type { Party } from '../../registry/inputs.js';
import { readKeyRing } from '../../registry/keys/key-ring.js';
import { searchIdentity } from '../../registry/parties/identity-searches.js';
import { notifyJudge } from '../../registry/process/notify-judge.js';
import { settle } from '../../registry/process/settle.js';
import { escalate, expire, finish, publish, tell } from '../../registry/process/steps.js';
import { DEBT } from '../builders/amounts.js';
import { CLERK, COURT, caseAgainst, departmentActor, JUDGE } from '../builders/cases.js';
import { defaulter, person, unit } from '../builders/parties.js';
import { judgeOf } from '../harness/credentials.js';
import { freshDatabase } from '../harness/database.js';

export { COURT } from '../builders/cases.js';

/** Made-up people with the story's names; nothing but a masked form of these may ever reach a page. */
export const PEOPLE = [
  { name: '封某全', number: '520112196803150003' },
  { name: '甲某', number: '52011219750822000X' },
  { name: '乙某', number: '520112197906110009' },
] as const;
const UNIT = unit('520112999999GB00001F00010001');
export const SECRETS = [...PEOPLE.flatMap(({ name, number }) => [name, number]), UNIT.number];

const party = ({ name, number }: (typeof PEOPLE)[number]): Party => person(name, number);

export type Court = Awaited<ReturnType<typeof createCourt>>;

/** A database of its own, the console on an application of its own, and what courts, departments and the process do. */
export async function createCourt() {
  const database = await freshDatabase();
  const ring = readKeyRing(inject('keyRingFile'));
  const pool = createPool({ connectionString: database.applicationUrl, applicationName: 'test', max: 8 });
  const reported: unknown[] = [];
  const app = express();
  app.use('/console', createConsole({ pool, ring, report: (error) => reported.push(error) }));
  const tx = <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> => inTransaction(pool, work);
  let serial = 0;

  const { rows } = await pool.query<{ code: string }>('select code from department order by ordinal');
  const departments = rows.map((row) => row.code);

  /** As the owner of the database: what only time does. */
  const owned = (sql: string, values: string[]): Promise<unknown> =>
    withClient(database.adminUrl, (client) => client.query(sql, values));

  async function read(code: string): Promise<bigint> {
    return tx(async (t) => BigInt((await readNotices(t, code, undefined, 200)).served));
  }

  return {
    app,
    pool,
    ring,
    reported,
    departments,
    async open({ people = 3, court = COURT, judge = 1, seal = false, obligationFen = DEBT } = {}) {
      serial += 1;
      const opened = caseAgainst(
        PEOPLE.slice(0, people).map((one, index) =>
          defaulter(party(one), ['LISTING', 'CONSUMPTION', ...(seal && index === 0 ? [{ seal: UNIT.number }] : [])]),
        ),
        {
          caseNumber: `（2026）${court}执${serial}号`,
          court,
          judge: judgeId(court, judge),
          obligationFen,
          content: `${PEOPLE[0].name}偿还借款本金`,
        },
      );
      return tx((t) => openCase(t, ring, opened, CLERK));
    },
    async publish(defaulters: readonly { id: string }[]) {
      for (const { id } of defaulters) await tx((t) => publish(t, ring, id));
      await assignPositions(pool);
    },
    /** These departments are served all there is. */
    async deliver(codes: readonly string[] = departments) {
      for (const code of codes) await read(code);
    },
    /** These departments are served all there is and acknowledge it. */
    async acknowledge(codes: readonly string[] = departments) {
      for (const code of codes) {
        const served = await read(code);
        await tx((t) => acknowledge(t, code, served, departmentActor(code)));
      }
      await settle(pool, ring);
    },
    /** The seller asks for a transfer of the house: held, the judge told, the department answers. */
    async intercept(caseNumber: string, defaulter: string) {
      const department = departmentActor('BDC');
      const input = { service: 'BDC-01', reference: 'WD-BDC-0318', party: party(PEOPLE[0]), object: UNIT };
      const answer = await tx((t) => compare(t, ring, 'BDC', input, department));
      const interception = answer.interceptions.find((one) => one.case.number === caseNumber);
      if (!interception) throw new Error(`the comparison was ${answer.outcome}`);
      await tx((t) => notifyJudge(t, ring, defaulter, [interception.id]));
      const feedback = { action: 'held', identity: 'same', at: answer.comparedAt } as const;
      await tx((t) => giveFeedback(t, ring, interception.id, feedback, department));
      await tx((t) => giveDirective(t, ring, interception.id, { type: 'PROCEEDS_TO_COURT' }, JUDGE));
      return interception.id;
    },
    /** The first person's number under this name at a counter: stopped, if anybody is. */
    async doubt(caseNumber: string, name: string, reference: string) {
      const asked = { ...party(PEOPLE[0]), name };
      const input = { service: 'AIC-01', reference, party: asked };
      const answer = await tx((t) => compare(t, ring, 'AIC', input, departmentActor('AIC')));
      const interception = answer.interceptions.find((one) => one.case.number === caseNumber);
      if (!interception) throw new Error(`the comparison was ${answer.outcome}`);
      return interception.id;
    },
    async subjectOf(defaulter: string | undefined): Promise<string> {
      return (await pool.query('select subject from defaulter where id = $1', [defaulter])).rows[0].subject;
    },
    /** A search for the first person by the judge of the house. */
    async search(): Promise<string> {
      const caller = await authenticate(pool, houseJudge().token);
      if (caller?.role !== 'judge') throw new Error('no judge');
      const sought = { name: PEOPLE[0].name, birthDate: '1968-03-15', sex: 'female', purpose: 'audit' } as const;
      return (await tx((t) => searchIdentity(t, ring, caller, JUDGE, sought))).id;
    },
    pay: (caseId: string, amountFen: bigint, reference: string) =>
      tx((t) =>
        registerRepayment(
          t,
          ring,
          caseId,
          { reference, amountFen, receivedOn: '2026-02-01', source: 'sale-proceeds', payer: PEOPLE[0].name },
          CLERK,
        ),
      ),
    endSeizure: (caseId: string, defaulter: string) =>
      tx((t) =>
        decide(t, ring, caseId, { type: 'release', ground: 'performed', measures: ['SEAL'], defaulter }, JUDGE),
      ),
    imposeExit: (caseId: string, defaulter: string) =>
      tx((t) =>
        decide(
          t,
          ring,
          caseId,
          {
            type: 'impose',
            measure: 'EXIT',
            decision: { number: '（2026）黔0112执1号之二', madeOn: '2026-02-02' },
            defaulter,
          },
          JUDGE,
        ),
      ),
    stay: (caseId: string) => tx((t) => decide(t, ring, caseId, { type: 'stay', reason: '执行异议审查' }, JUDGE)),
    async tell(defaulters: readonly { id: string }[]) {
      for (const { id } of defaulters) await tx((t) => tell(t, ring, id));
      await assignPositions(pool);
    },
    /** The term of this defaulter's listing runs out. */
    async expire(defaulter: string) {
      await owned(`update restriction set until = clock_timestamp() where defaulter = $1 and measure = 'LISTING'`, [
        defaulter,
      ]);
      await tx((t) => expire(t, ring, defaulter));
    },
    /** Every deadline of this defaulter runs out. */
    async escalate(defaulter: string) {
      await owned('update deadline set due_at = clock_timestamp() where defaulter = $1 and settled_at is null', [
        defaulter,
      ]);
      await tx((t) => escalate(t, ring, defaulter));
    },
    async finish(defaulters: readonly { id: string }[]) {
      for (const { id } of defaulters) {
        await tx(async (t) => finish(t, ring, id, (await lockDefaulter(t, ring, id)).defaulter.lastSignalSeq));
      }
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

/** The house's case from listing to the last acknowledgement, as far as `until`. */
export async function tellHouse(court: Court, until: 'opened' | 'published' | 'part-paid' | 'released' | 'closed') {
  const opened = await court.open({ seal: true });
  const [seller] = opened.defaulters;
  if (!seller) throw new Error('no defaulter');
  if (until === 'opened') return opened;
  await court.publish(opened.defaulters);
  await court.deliver(court.departments.slice(0, 34));
  await court.acknowledge(court.departments.slice(0, 31));
  if (until === 'published') return opened;
  await court.acknowledge();
  await court.intercept(opened.caseNumber, seller.id);
  await court.pay(opened.id, 14_640_000n, 'LX-1');
  if (until === 'part-paid') return opened;
  await court.pay(opened.id, 25_860_000n, 'LX-2');
  await court.endSeizure(opened.id, seller.id);
  await court.tell(opened.defaulters);
  await court.deliver(court.departments.slice(0, 20));
  await court.acknowledge(court.departments.slice(0, 12));
  if (until === 'released') return opened;
  await court.acknowledge();
  await court.finish(opened.defaulters);
  return opened;
}

export const houseJudge = (): Extract<Credential, { role: 'judge' }> => judgeOf(COURT);
