// A thousand comparisons race a release over two api processes: none that began after its answer hits.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { freePort } from '../../local/machine/ports.js';
import { planProgram } from '../../local/product/programs.js';
import { createPool, inTransaction } from '../../registry/database/pool.js';
import { readKeyRing } from '../../registry/keys/key-ring.js';
import { publish } from '../../registry/process/steps.js';
import { aCase, personBody } from '../builders/bodies.js';
import { COURT } from '../builders/cases.js';
import { residentNumber } from '../builders/numbers.js';
import { SERVICES } from '../builders/services.js';
import { clerkOf, departmentOf } from '../harness/credentials.js';
import { freshDatabase } from '../harness/database.js';
import { temporaryFolder } from '../harness/servers.js';

// Two api processes and no worker: neither Temporal nor the feed of notices has a part in it.

const PARTY = personBody('封某全', residentNumber('19680808'));
/** At least so many, and at least so many of them begun after the release was answered, however long it took. */
const [COMPARISONS, AFTERWARDS] = [1_000, 300];
const AT_ONCE = 32;
let urls: string[];
let close: () => Promise<void>;
let putInForce: (defaulter: string) => Promise<void>;

beforeAll(async () => {
  const database = await freshDatabase();
  const folder = temporaryFolder('race');
  const processes = await Promise.all(
    [1, 2].map(async (nth) => {
      const port = await freePort();
      const plan = planProgram({
        name: `api-${nth}`,
        script: 'api/main.js',
        environment: {
          DATABASE_URL: database.applicationUrl,
          KEY_RING_FILE: inject('keyRingFile'),
          PORT: String(port),
          LOG_LEVEL: 'warn',
        },
        logFile: join(folder, `api-${nth}.log`),
        graceMs: 10_000,
        announces: true,
      });
      const child = plan.launch();
      await plan.ready(child);
      return { child, url: `http://127.0.0.1:${port}` };
    }),
  );
  const pool = createPool({ connectionString: database.applicationUrl, applicationName: 'test', max: 2 });
  const ring = readKeyRing(inject('keyRingFile'));
  urls = processes.map(({ url }) => url);
  putInForce = (defaulter) => inTransaction(pool, (tx) => publish(tx, ring, defaulter)).then(() => undefined);
  close = async () => {
    for (const { child } of processes) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    await pool.end();
    await database.drop();
  };
});
afterAll(() => close());

const post = async (url: string, path: string, body: unknown, token: string) => {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'idempotency-key': randomUUID(),
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};

it('none of a thousand comparisons that began after the release was answered hits, whichever process answers', async () => {
  const [first = '', second = ''] = urls;
  const clerk = clerkOf(COURT).token;
  const opened = await post(first, '/v1/cases', aCase({}, { identifiers: PARTY.identifiers }), clerk);
  expect(opened.status).toBe(201);
  await putInForce(opened.body.defaulters[0].id);
  const seen: { began: number; outcome: string }[] = [];
  let answered = Number.POSITIVE_INFINITY;
  let released: Promise<void> | undefined;
  const pay = async (): Promise<void> => {
    const repayment = { reference: 'R1', amount: '400000', receivedOn: '2019-03-01', source: 'voluntary' };
    const paid = post(first, `/v1/cases/${opened.body.id}/repayments`, repayment, clerk);
    const { status } = await paid.finally(() => {
      answered = performance.now();
    });
    expect(status).toBe(201);
  };
  let begun = 0;
  let afterwards = 0;
  const lane = async (): Promise<void> => {
    while (begun < COMPARISONS || afterwards < AFTERWARDS) {
      const nth = begun++;
      if (nth === COMPARISONS / 4) released = pay();
      const began = performance.now();
      if (began > answered) afterwards += 1;
      const url = nth % 2 === 0 ? first : second;
      const asked = { service: SERVICES.sale, reference: `竞-${nth}`, party: PARTY };
      const { status, body } = await post(url, '/v1/comparisons', asked, departmentOf('BDC').token);
      expect([nth, status]).toEqual([nth, 200]);
      seen.push({ began, outcome: body.outcome });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await released;
  const after = seen.filter(({ began }) => began > answered);
  expect(after.length).toBeGreaterThanOrEqual(AFTERWARDS);
  expect(after.filter(({ outcome }) => outcome !== 'CLEAR')).toEqual([]);
  expect(seen.filter(({ outcome }) => outcome === 'REVIEW').length).toBeGreaterThan(COMPARISONS / 10);
});
