// The court sells what it has seized: docs/rules.md. The process by hand.

import { describe, expect, it } from 'vitest';
import { addDays, firstMomentAfter } from '../../../domain/calendar.js';
import type { Party } from '../../../registry/inputs.js';
import { OTHER_COURT, ofOtherCourt } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, person, today } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { useWorld } from '../../harness/world.js';

const world = useWorld();

describe('the court itself applies (a judicial auction)', () => {
  const unit = { type: 'property-unit', number: 'GB0009F1' } as const;
  const document = { number: '（2026）黔0112执协5号', madeOn: '2026-03-01' };
  const announced = async (number = document.number, untilAt = firstMomentAfter(addDays(today(), 30))) => {
    const debtor = person();
    const opened = await world.inForce(defaulter(debtor, ['LISTING', { seal: unit.number }]));
    const announcement = { document: { ...document, number }, asset: unit, untilAt };
    await world.decide(opened.id, { type: 'court-application', ...announcement });
    return debtor;
  };
  const transfer = (
    debtor: Party,
    given: { court: string; number: string } | null,
    object: typeof unit | null = unit,
  ) =>
    world.compare(SERVICES.sale, debtor, {
      ...(object ? { object } : {}),
      ...(given ? { courtApplication: given } : {}),
    });
  const named = { court: '黔0112', number: '(2026)黔0112执协5号' };

  it('passes with the document and the asset that it has recorded, and the record says why', async () => {
    const { id, outcome: answered, reasons } = await transfer(await announced(), named);
    expect([answered, reasons]).toEqual(['CLEAR', []]);
    const { rows } = await world.owner.query('select reasons from comparison where id = $1', [id]);
    expect(rows).toEqual([{ reasons: ['COURT_IS_APPLICANT'] }]);
  });

  it('a claim of the counter alone passes nothing: another document, court or asset, none, or one that is over', async () => {
    const debtor = await announced();
    for (const given of [{ ...named, number: '（2026）黔0112执协6号' }, { ...named, court: '黔0102' }, null])
      expect((await transfer(debtor, given)).outcome).toBe('REVIEW');
    expect((await transfer(debtor, named, { ...unit, number: 'GB0009F2' } as never)).outcome).toBe('REVIEW');
    expect((await transfer(debtor, named, null)).outcome).toBe('REVIEW');
    const past = await announced('（2026）黔0112执协4号', new Date(Date.now() - 1_000).toISOString());
    expect((await transfer(past, { ...named, number: '（2026）黔0112执协4号' })).outcome).toBe('REVIEW');
    // A case in which nothing was recorded, whatever the counter says.
    const stranger = person();
    await world.inForce(defaulter(stranger, ['LISTING', { seal: 'GB0009F3' }]));
    expect((await transfer(stranger, named, { ...unit, number: 'GB0009F3' } as never)).outcome).toBe('REVIEW');
  });

  it('frees nothing of another court: its seal on the same asset is its own to let go', async () => {
    const number = residentNumber();
    const debtor = person('亢某', number);
    const seals = () => defaulter(person('亢某', number), [{ seal: unit.number }]);
    const here = await world.inForce(seals());
    await world.decide(here.id, {
      type: 'court-application',
      document,
      asset: unit,
      untilAt: firstMomentAfter(today()),
    });
    const there = await world.open([seals()], ofOtherCourt());
    await world.pursue(there);
    const held = await transfer(debtor, named);
    expect(held.interceptions.map((one) => one.case.court)).toEqual([OTHER_COURT]);
  });
});
