// The product serves on while Temporal is away, and comes back when PostgreSQL was killed.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonAnswer } from '../../registry/departments/comparisons.js';
import type { CaseView } from '../../registry/views/case-views.js';
import { personBody } from '../builders/bodies.js';
import { COURT, JUDGE } from '../builders/cases.js';
import { residentNumber } from '../builders/numbers.js';
import { SERVICES } from '../builders/services.js';
import { eventually } from '../harness/eventually.js';
import { type StartedProduct, startProduct } from '../harness/product.js';

let product: StartedProduct;
beforeAll(async () => {
  product = await startProduct();
}, 120_000);
afterAll(() => product?.remove());

interface Answer<T> {
  status: number;
  retryAfter: string | null;
  body: T;
}

const tokenOf = (role: string, scope: string): string => {
  const found = product.credentials().find((one) => one.role === role && Object.values(one).includes(scope));
  if (!found) throw new Error(`no credential of ${role}`);
  return found.token;
};

async function call<T>(
  method: 'GET' | 'POST',
  path: string,
  token: string,
  body?: unknown,
  key: string = randomUUID(),
): Promise<Answer<T>> {
  const answer = await fetch(product.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'idempotency-key': key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: (await answer.json()) as T };
}

const decision = { number: '（2026）黔0112执1号之一', madeOn: '2026-01-05' };
const party = (number: string) => personBody('甲某', number);
let serial = 9_000;
const newCase = (number: string) => ({
  caseNumber: `（2026）黔0112执${serial++}号`,
  court: COURT,
  judge: JUDGE.id,
  filedOn: '2026-01-05',
  basis: { number: '（2025）黔0112民初1号', issuer: '贵阳市乌当区人民法院' },
  obligation: { amount: '1000.00', content: '偿还借款' },
  defaulters: [{ ...party(number), ground: 1, conduct: '拒不履行', decision, measures: ['LISTING', 'CONSUMPTION'] }],
});

const open = (number: string, key?: string) =>
  call<CaseView>('POST', '/v1/cases', tokenOf('clerk', COURT), newCase(number), key);
const view = (id: string) => call<CaseView>('GET', `/v1/cases/${id}`, tokenOf('clerk', COURT));
const compare = (number: string) =>
  call<ComparisonAnswer>('POST', '/v1/comparisons', tokenOf('department', 'AIC'), {
    service: SERVICES.companyRegistration,
    reference: randomUUID(),
    party: party(number),
  });
const pay = (id: string, amount: string, reference: string = randomUUID()) =>
  call<{ outstanding: string }>('POST', `/v1/cases/${id}/repayments`, tokenOf('clerk', COURT), {
    reference,
    amount,
    receivedOn: '2026-02-01',
    source: 'voluntary',
  });
const inState = (id: string, state: string) =>
  eventually(async () => (await view(id)).body.defaulters[0]?.state === state, 60_000);

describe('Temporal is away', () => {
  it('courts and departments are answered, the freed are free, and the lives go on when it is back', async () => {
    const [paid, kept, unpublished] = [residentNumber(), residentNumber(), residentNumber()];
    const [one, two] = [await open(paid), await open(kept)];
    await inState(one.body.id, 'IN_FORCE');
    await inState(two.body.id, 'IN_FORCE');
    const { pid } = product.run().temporal;
    if (pid === null) throw new Error('no embedded Temporal');
    process.kill(pid, 'SIGSTOP');
    try {
      const [late, hit] = await Promise.all([open(unpublished), compare(kept)]);
      expect([late.status, hit.status, hit.body.outcome]).toEqual([201, 200, 'INTERCEPT']);
      expect((await pay(one.body.id, '1000.00')).status).toBe(201);
      expect((await compare(paid)).body.outcome).toBe('CLEAR');
      expect((await pay(late.body.id, '1000.00')).status).toBe(201);
      expect((await view(late.body.id)).body.defaulters[0]?.restrictions.every((r) => r.inForceAt === undefined)).toBe(
        true,
      );
      process.kill(pid, 'SIGCONT');
      await inState(late.body.id, 'RELEASED');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await inState(one.body.id, 'RELEASED');
    const inbox = await eventually(async () => {
      const { body } = await call<{ items: { kind: string; case: string }[] }>(
        'GET',
        '/v1/inbox',
        tokenOf('judge', JUDGE.id),
      );
      return body.items.find((item) => item.case === two.body.id);
    });
    expect(inbox.kind).toBe('interception');
  }, 120_000);
});

describe('PostgreSQL is killed', () => {
  it('answers 503 with Retry-After and never 500, loses nothing it answered, and recovers by itself', async () => {
    const number = residentNumber();
    const opened = await open(number);
    await inState(opened.body.id, 'IN_FORCE');
    const statuses = new Set<number>();
    const answered: string[] = [];
    let refused: Answer<unknown> | undefined;
    let finished = false;
    const paying = (async () => {
      for (let i = 0; !finished || answered.length === 0; i++) {
        const answer = await pay(opened.body.id, '0.01', `p-${i}`);
        statuses.add(answer.status);
        if (answer.status === 201) answered.push(`p-${i}`);
        if (answer.status === 503) refused = answer;
      }
    })();
    let killed: number | null = null;
    for (let round = 0; round < 2; round++) {
      const before = answered.length;
      await eventually(() => answered.length > before + 5, 60_000);
      // It answers again before its new number is written down.
      const pid = await eventually(() => {
        const { postgres } = product.run();
        return postgres.pid !== killed && (postgres.pid ?? undefined);
      }, 60_000);
      refused = undefined;
      process.kill(pid, 'SIGKILL');
      killed = pid;
      await eventually(() => refused !== undefined, 60_000);
    }
    const after = answered.length;
    await eventually(() => answered.length > after + 5, 60_000);
    finished = true;
    await paying;
    expect([...statuses].sort()).toEqual([201, 503]);
    expect(Number(refused?.retryAfter)).toBeGreaterThan(0);
    const timeline: { type: string; detail: { repayment?: string } }[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await call<{ items: typeof timeline; next?: string }>(
        'GET',
        `/v1/cases/${opened.body.id}/timeline?limit=200${cursor}`,
        tokenOf('clerk', COURT),
      );
      timeline.push(...body.items);
      if (!body.next) break;
      cursor = `&cursor=${encodeURIComponent(body.next)}`;
    }
    const recorded = timeline.filter((fact) => fact.type === 'repayment').length;
    expect(recorded).toBeGreaterThanOrEqual(answered.length);
    const owed = Number((await view(opened.body.id)).body.outstanding);
    expect(Math.round((1000 - owed) * 100)).toBe(recorded);
  }, 180_000);
});
