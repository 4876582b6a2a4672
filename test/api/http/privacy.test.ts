// A day’s work of courts and departments leaves nobody’s name or number in logs and metrics.

import { expect, it } from 'vitest';
import { createLogger } from '../../../api/http/logging.js';
import { inTransaction } from '../../../registry/database/pool.js';
import { publish } from '../../../registry/process/steps.js';
import { aCase, personBody } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { OTHER_PERSON, WUDANG_PERSON } from '../../builders/numbers.js';
import { SERVICES } from '../../builders/services.js';
import { serve, useApi } from '../../harness/api.js';
import { clerkOf, departmentOf, judgeOf } from '../../harness/credentials.js';

const lines: string[] = [];
const api = useApi({ logger: createLogger('trace', { write: (line: string) => void lines.push(line) }) });

it('nobody’s name or number, no token and no address stands in logs or metrics after a day’s work', async () => {
  const [clerk, judge, department] = [clerkOf(COURT).token, judgeOf(COURT).token, departmentOf('BDC').token];
  const opened = await api.post('/v1/cases', aCase(), { token: clerk });
  await inTransaction(api.pool, (tx) => publish(tx, api.ring, opened.body.defaulters[0].id));
  const party = personBody('封某全', WUDANG_PERSON);
  const business = { service: SERVICES.sale, reference: '过户-1', party };
  await api.post('/v1/comparisons', business, { token: department });
  await api.post('/v1/comparisons', { ...business, party: { ...party, name: '赵某\u0000' } }, { token: department });
  await api.post('/v1/comparisons', `{"party":"${OTHER_PERSON}`, { token: department });
  await api.post('/v1/cases', aCase({ [WUDANG_PERSON]: OTHER_PERSON }), { token: clerk });
  await api.get(`/v1/cases?q=${WUDANG_PERSON}&who=${OTHER_PERSON}`, judge);
  await api.get(`/v1/cases/${WUDANG_PERSON}`, judge);
  await api.get(`/${WUDANG_PERSON}`, judge);
  const repayment = {
    reference: 'R1',
    amount: '400000',
    receivedOn: '2019-03-01',
    source: 'voluntary',
    payer: '封某全',
  };
  await api.post(`/v1/cases/${opened.body.id}/repayments`, repayment, { token: clerk });
  const metrics = await api.get('/metrics');
  const all = `${lines.join('')}\n${metrics.text}`;
  for (const secret of [
    '封某全',
    '赵某',
    WUDANG_PERSON,
    OTHER_PERSON,
    clerk,
    judge,
    department,
    opened.body.id,
    '?q=',
  ]) {
    expect(all.includes(secret), `found ${secret}`).toBe(false);
  }
  expect(lines.length).toBeGreaterThan(8);
  const line: unknown = JSON.parse(lines[0] ?? '');
  expect(line).toMatchObject({
    method: 'POST',
    route: '/v1/cases',
    status: 201,
    client: 'court:黔0112',
    msg: 'request',
  });
  expect(metrics.text).toContain('http_requests_total{method="POST",route="/v1/comparisons",status="200",code=""} 1');
});

it('an error nobody foresaw says nothing of what it was about, in answer and log', async () => {
  const broken = await serve({
    logger: createLogger('trace', { write: (line: string) => void lines.push(line) }),
    inspect: () => {
      throw new Error(`unexpected ${WUDANG_PERSON}`);
    },
  });
  try {
    lines.length = 0;
    const answer = await broken.get('/v1/cases', judgeOf(COURT).token);
    expect([answer.status, Object.keys(answer.body).sort()]).toEqual([
      500,
      ['code', 'status', 'title', 'traceId', 'type'],
    ]);
    expect(lines.join('')).toContain(answer.body.traceId);
    expect(answer.text + lines.join('')).not.toContain(WUDANG_PERSON);
  } finally {
    await broken.end();
  }
});
