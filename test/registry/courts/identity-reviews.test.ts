// A counter stops somebody under another name: the court says whether it is the defaulter, and what follows for both.

import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../domain/calendar.js';
import { decideIdentity, type IdentityDecisionInput } from '../../../registry/courts/identity-decisions.js';
import { explain, reviewQueue } from '../../../registry/courts/identity-reviews.js';
import { sqlState } from '../../../registry/database/pool.js';
import { giveFeedback } from '../../../registry/departments/feedback.js';
import type { Party } from '../../../registry/inputs.js';
import { revokeException } from '../../../registry/parties/identity-exceptions.js';
import { COURT, departmentActor, JUDGE } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, identifier, person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { useWorld } from '../../harness/world.js';

const world = useWorld();

const AIC = departmentActor('AIC');
const listed = (party: Party) => world.inForce(defaulter(party));
const stop = async (asked: Party, reference?: string) => {
  const answer = await world.compare(SERVICES.companyRegistration, asked, reference ? { reference } : {});
  const [first] = answer.interceptions;
  if (!first) throw new Error(`not stopped: ${answer.outcome}`);
  return first.id;
};
const say = (interception: string, input: IdentityDecisionInput) =>
  world.tx((tx) => decideIdentity(tx, world.ring, interception, input, COURT, JUDGE));
const other = (interception: string, more: Partial<IdentityDecisionInput> = {}) =>
  say(interception, { identity: 'other', reason: '经核对为同号另一人', ...more });
const recorded = (asked: Party, service: string = SERVICES.companyRegistration) => world.recorded(service, asked);
const queue = async () =>
  (await reviewQueue(world.pool, [COURT], { limit: 200 })).items.map((item) => item.interception);

describe('“not this person”', () => {
  it('suppresses repeats of that pair alone, at every department: the defaulter and any other name are met as before', async () => {
    const number = residentNumber();
    await listed(person('封某全', number));
    const held = await stop(person('封某金', number), 'A-1');
    expect(await queue()).toContain(held);
    const { exception } = await other(held);
    expect(exception).toBeDefined();
    expect(await queue()).not.toContain(held);
    // The business itself goes on, and so does every later one of theirs.
    expect(await world.outcome(SERVICES.companyRegistration, person('封某金', number), { reference: 'A-1' })).toBe(
      'CLEAR',
    );
    expect(await recorded(person('封某金', number))).toEqual(['NOT_THIS_PERSON']);
    expect(await recorded(person('封 某 金', number), SERVICES.planningScheme)).toEqual(['NOT_THIS_PERSON']);
    expect(await world.outcome(SERVICES.companyRegistration, person('封某全', number))).toBe('INTERCEPT');
    expect(await world.outcome(SERVICES.companyRegistration, person('封某银', number))).toBe('REVIEW');
  });

  it('is told to the department as a directive, and stands in the subject’s chain with a leaf', async () => {
    const number = residentNumber();
    const opened = await listed(person('何某', number));
    const { id } = await other(await stop(person('何某某', number)));
    expect(await world.kinds(opened.id)).toEqual(['PUBLISH', 'DIRECTIVE']);
    const leaf = await world.owner.query<{ leaf: Buffer }>('select leaf from ledger_leaf where business_key = $1', [
      `identity.decided:${id}`,
    ]);
    expect(leaf.rows[0]?.leaf.toString('utf8')).not.toMatch(/何|520112/);
  });

  it('ends by itself, within a year; what was said cannot be taken out', async () => {
    const number = residentNumber();
    await listed(person('徐某', number));
    const held = await stop(person('徐某某', number));
    await expect(other(held, { expiresAt: new Date(Date.now() + 400 * DAY_MS).toISOString() })).rejects.toMatchObject({
      errors: [{ pointer: '/expiresAt', code: 'exception-too-long' }],
    });
    await expect(other(held, { expiresAt: new Date(Date.now() - DAY_MS).toISOString() })).rejects.toMatchObject({
      code: 'invalid',
    });
    const { exception } = await other(held, { expiresAt: new Date(Date.now() + DAY_MS).toISOString() });
    expect(await recorded(person('徐某某', number))).toEqual(['NOT_THIS_PERSON']);
    await world.owner.query(
      `update identity_exception set made_at = made_at - interval '2 days', expires_at = clock_timestamp() where id = $1`,
      [exception],
    );
    expect(await world.outcome(SERVICES.companyRegistration, person('徐某某', number))).toBe('REVIEW');
    expect(await world.owner.query('delete from identity_exception').then(() => 'deleted', sqlState)).toBe('42501');
  });

  it('is forgotten by a counter-fact, once', async () => {
    const number = residentNumber();
    await listed(person('陈某', number));
    const { exception = '' } = await other(await stop(person('陈某某', number)));
    const revoke = () => world.tx((tx) => revokeException(tx, world.ring, exception, COURT, JUDGE));
    await revoke();
    expect(await world.outcome(SERVICES.companyRegistration, person('陈某某', number))).toBe('REVIEW');
    await expect(revoke()).rejects.toMatchObject({ code: 'state-conflict' });
  });

  it('is refused where number and name agree: that is the listing’s own fault, and has remedies of its own', async () => {
    const debtor = person('赵某');
    await listed(debtor);
    await expect(other(await stop(debtor))).rejects.toMatchObject({
      code: 'state-conflict',
      errors: [{ pointer: '/identity', code: 'exact-match' }],
    });
    expect(await world.outcome(SERVICES.companyRegistration, debtor)).toBe('INTERCEPT');
  });

  it('of a number in 15 digits holds for that form alone: the 18 digits decide as ever', async () => {
    const number = residentNumber('19650307');
    await listed(person('钱某', number));
    const fifteen = { ...person('钱某'), identifiers: [identifier(number.slice(0, 6) + number.slice(8, 17))] };
    expect((await world.compare(SERVICES.companyRegistration, fifteen)).reasons).toEqual(['ID_15_DIGIT']);
    await other(await stop(fifteen));
    expect(await recorded(fifteen)).toEqual(['NOT_THIS_PERSON']);
    expect(await world.outcome(SERVICES.companyRegistration, person('钱某', number))).toBe('INTERCEPT');
  });
});

describe('15 digits in the listing', () => {
  it('are weak evidence on that side too: the 18 digits at the counter go to a human', async () => {
    const number = residentNumber('19650409');
    const fifteen = identifier(number.slice(0, 6) + number.slice(8, 17));
    await listed({ ...person('孙某'), identifiers: [fifteen] });
    expect(await world.compare(SERVICES.companyRegistration, person('孙某', number))).toMatchObject({
      outcome: 'REVIEW',
      reasons: ['ID_15_DIGIT'],
    });
    expect(await world.outcome(SERVICES.companyRegistration, person('孙某'))).toBe('CLEAR');
  });
});

describe('the queue of doubts', () => {
  it('explains a match by fields that agree and that do not, masked unless it is asked for in full', async () => {
    const number = residentNumber();
    await listed(person('李某全', number));
    const held = await stop(person('李某金', number));
    const masked = await explain(world.pool, world.ring, held, { unmasked: false });
    expect(masked).toMatchObject({ equal: ['number'], conflicting: ['name'], reasons: ['ID_EXACT_NAME_DIFFERS'] });
    expect(JSON.stringify(masked)).not.toContain('李某');
    expect(JSON.stringify(masked)).not.toContain(number);
    const full = await explain(world.pool, world.ring, held, { unmasked: true });
    expect(full).toMatchObject({
      asked: { name: '李某金', identifiers: [{ number }] },
      recorded: { name: '李某全', identifiers: [{ number }] },
    });
  });

  it('takes what a department doubts, and closes it by the court’s word; “same” leaves the hold as it is', async () => {
    const debtor = person('周某');
    await listed(debtor);
    const held = await stop(debtor, 'same-1');
    const feedback = { action: 'held' as const, at: new Date().toISOString() };
    expect(await queue()).not.toContain(held);
    await world.tx((tx) => giveFeedback(tx, world.ring, held, { ...feedback, identity: 'unsure' }, AIC));
    expect(await queue()).toContain(held);
    await say(held, { identity: 'same', reason: '照片一致' });
    expect(await queue()).not.toContain(held);
    expect(await world.outcome(SERVICES.companyRegistration, debtor, { reference: 'same-1' })).toBe('INTERCEPT');
  });

  it('“same” at the counter ties the department’s own record to the subject, once; a record of somebody else goes to the judge', async () => {
    const [one, two] = [person('吴某'), person('郑某')];
    const cases = [await listed(one), await listed(two)];
    const confirm = async (asked: Party, localReference: string) => {
      const held = await stop(asked);
      const input = {
        action: 'refused' as const,
        identity: 'same' as const,
        localReference,
        at: new Date().toISOString(),
      };
      await world.tx((tx) => giveFeedback(tx, world.ring, held, input, AIC));
    };
    await confirm(one, 'AIC-KH-77');
    await confirm(one, 'aic kh 77');
    await confirm(two, 'AIC-KH-77');
    const { rows } = await world.owner.query<{ subject: string; evidence: Buffer; sealed: string }>(
      `select l.subject, l.evidence, encode(l.reference_sealed, 'escape') as sealed from identity_link l where l.relation = 'local-reference'`,
    );
    const subject = (await world.view(cases[0]?.id ?? '')).defaulters[0]?.subject;
    expect(rows.map((row) => row.subject)).toEqual([subject]);
    expect(rows[0]?.sealed).not.toContain('KH-77');
    // Its evidence is the leaf of the feedback that confirmed it.
    const leaf = await world.owner.query(
      `select 1 from ledger_leaf where leaf_hash = $1 and business_key like 'feedback:%'`,
      [rows[0]?.evidence],
    );
    expect(leaf.rowCount).toBe(1);
    const inbox = await world.owner.query(
      `select 1 from inbox_item where enforcement_case = $1 and key like 'identity:%'`,
      [cases[1]?.id],
    );
    expect(inbox.rowCount).toBe(1);
  });
});

it('the answer says how many cases remain once this one has ended', async () => {
  const number = residentNumber();
  await listed(person('王某', number));
  expect(
    (await world.compare(SERVICES.companyRegistration, person('王某', number))).interceptions.map(
      (one) => one.remaining,
    ),
  ).toEqual([0]);
  await listed(person('王某', number));
  expect(
    (await world.compare(SERVICES.companyRegistration, person('王某', number))).interceptions.map(
      (one) => one.remaining,
    ),
  ).toEqual([1, 1]);
});
