// The figures a court reports, each in its own unit.

import { expect, it } from 'vitest';
import { giveDirective } from '../../../registry/courts/directives.js';
import { statistics } from '../../../registry/views/statistics.js';
import { DEBT } from '../../builders/amounts.js';
import { JUDGE } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { defaulter, person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { useWorld } from '../../harness/world.js';

const world = useWorld();

it('R18: the figures count entries, comparisons, real stops, distinct persons, person-times and yuan, each in its own unit', async () => {
  const figures = () => statistics(world.owner);
  const before = await figures();
  const number = residentNumber();
  const [one, two] = [
    await world.inForce(defaulter(person('氐某', number))),
    await world.inForce(defaulter(person('氐某', number))),
  ];
  const held = await world.compare(SERVICES.planningScheme, person('氐某', number));
  await world.compare(SERVICES.taxCreditGrade, person('房某'));
  const since = async () => {
    const now = await figures();
    return {
      entries: now.entries - before.entries,
      live: now.liveEntries - before.liveEntries,
      comparisons: now.comparisons - before.comparisons,
      stops: now.interceptions - before.interceptions,
      persons: now.subjectsIntercepted - before.subjectsIntercepted,
      performed: now.performed - before.performed,
      yuan: Number(now.repaid) - Number(before.repaid),
    };
  };
  const listed = { entries: 2, live: 2, comparisons: 2, stops: 0, persons: 0, performed: 0, yuan: 0 };
  // Held is not stopped; one person in two cases is two entries and one person.
  expect(await since()).toEqual(listed);
  for (const { id } of held.interceptions)
    await world.tx((tx) => giveDirective(tx, world.ring, id, { type: 'REFUSE' }, JUDGE));
  expect(await since()).toEqual({ ...listed, stops: 2, persons: 1 });
  for (const { id } of [one, two]) await world.pay(id, DEBT);
  expect(await since()).toEqual({ ...listed, live: 0, stops: 2, persons: 1, performed: 2, yuan: 800_000 });
});
