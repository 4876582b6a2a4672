// Numbers sent right and wrong, in every place a client could put one: afterwards none stands in an answer, a log, a metric or a logged URL.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLogger } from '../../../api/http/logging.js';
import { residentCheck } from '../../../domain/identity/check-digits.js';
import { IDENTIFIER_TYPES } from '../../../domain/identity/identifier.js';
import { aCase } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { creditCode } from '../../builders/numbers.js';
import { SERVICES } from '../../builders/services.js';
import { useApi } from '../../harness/api.js';
import { clerkOf, departmentOf, judgeOf } from '../../harness/credentials.js';

const lines: string[] = [];
const api = useApi({
  budgets: { searches: 100_000 },
  logger: createLogger('trace', { write: (line: string) => void lines.push(line) }),
});

/** A name that is searched for, and nobody’s on record. */
const SOUGHT = '觅踪某';

const digits = (length: number) => fc.stringMatching(new RegExp(`^[1-9]\\d{${length - 1}}$`));
const resident = fc
  .tuple(
    digits(6),
    fc.integer({ min: 1940, max: 2000 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
  )
  .map(([region, year, month, day]) => {
    const body = `${region}${year}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}000`;
    return body + residentCheck(body);
  });
const credit = digits(5).map((serial) => creditCode(Number(serial)));
const broken = fc.oneof(resident, credit).map((number) => number.slice(0, -1) + (number.endsWith('1') ? '2' : '1'));
const number = fc.oneof(
  resident,
  credit,
  broken,
  digits(15),
  digits(9).map((text) => `E${text}`),
  digits(8).map((text) => `H${text}`),
);

it('no identity number of a fuzzed run stands in an error, a log, a metric or a URL', async () => {
  const [clerk, judge, department] = [clerkOf(COURT).token, judgeOf(COURT).token, departmentOf('AIC').token];
  const sent = new Set<string>();
  const answers: string[] = [];
  const keep = async (request: PromiseLike<{ text: string; headers: Record<string, string>; status: number }>) => {
    const answer = await request;
    expect(answer.status).toBeLessThan(500);
    answers.push(answer.text, JSON.stringify(answer.headers));
  };
  await fc.assert(
    fc.asyncProperty(number, number, fc.constantFrom(...IDENTIFIER_TYPES), fc.nat(6), async (one, two, type, where) => {
      sent.add(one).add(two);
      const identifiers = [{ type, number: one, ...(where === 0 ? { country: two } : {}) }];
      const party = { kind: where % 2 ? 'person' : 'organisation', name: where === 1 ? one : '赵某', identifiers };
      const business = { service: where === 2 ? one : SERVICES.companyRegistration, reference: 'R', party };
      const asked: Record<string, unknown> = { ...business, ...(where === 3 ? { [two]: one } : {}) };
      await keep(api.post('/v1/comparisons', asked, { token: department }));
      await keep(api.post('/v1/comparisons/batch', { items: [{ key: 'a', ...asked }] }, { token: department }));
      await keep(
        api.post('/v1/cases', aCase(where === 4 ? { [one]: two } : {}, { ...party, identifiers }), { token: clerk }),
      );
      const link = { relation: 'alias-number', subject: two, identifier: identifiers[0], evidence: one };
      await keep(api.post('/v1/identity-links', link, { token: judge }));
      await keep(api.post('/v1/comparisons', `{"party":"${one}`, { token: department }));
      const sought = {
        name: where % 2 ? SOUGHT : one,
        birthDate: where ? '1971-02-03' : two,
        sex: 'male',
        purpose: 'audit',
      };
      await keep(
        api.post('/v1/identity-searches', { ...sought, ...(where === 3 ? { [two]: one } : {}) }, { token: judge }),
      );
      await keep(api.post('/v1/identity-searches', `{"name":"${one}`, { token: judge }));
      await keep(api.get(`/v1/identity-searches/${one}?purpose=${two}`, judge));
      await keep(api.get(`/v1/identity-chain/${one}?purpose=${two}`, judge));
      await keep(api.get(`/v1/identity-accesses?subject=${two}`, judge));
      await keep(api.get(`/v1/${one}/${two}`, judge));
    }),
    { numRuns: 40 },
  );
  const metrics = await api.get('/metrics');
  const leaves = await api.pool.query<{ text: string }>(
    `select convert_from(leaf, 'UTF8') as text from ledger_leaf union all select detail::text from fact`,
  );
  const everything = [...answers, ...lines, metrics.text, ...leaves.rows.map((row) => row.text)]
    .join('\n')
    .toUpperCase();
  const kept = await api.pool.query<{ text: string }>(
    'select row_to_json(s)::text as text from identity_search s union all select body from idempotency',
  );
  for (const text of [everything, ...kept.rows.map((row) => row.text)]) expect(text).not.toContain(SOUGHT);
  for (const secret of sent) expect(everything.includes(secret), `found ${secret.slice(0, 4)}…`).toBe(false);
  expect([lines.length > 300, sent.size > 60]).toEqual([true, true]);
}, 60_000);
