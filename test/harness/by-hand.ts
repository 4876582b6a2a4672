import type { OpenedCase } from '../../registry/courts/open-case.js';
import type { DefaulterInput } from '../../registry/inputs.js';
import { escalate, expire, extend, publish, type StepResult, tell } from '../../registry/process/steps.js';
import type { World } from './world.js';

const STEPS = { publish, tell, expire, extend, escalate };

/** The process by hand: does what is due for the lives of a case until nothing is, so that a test sees one decision and its effects. */
export async function pursue(world: World, opened: { defaulters: { id: string }[] }): Promise<void> {
  for (const { id } of opened.defaulters) {
    let result: StepResult = await world.tx((tx) => tell(tx, world.ring, id));
    while (result.due !== null && result.due !== 'finish') {
      const step = STEPS[result.due];
      result = await world.tx((tx) => step(tx, world.ring, id));
    }
  }
}

/** A case against these, opened and published. */
export async function inForce(world: World, ...defaulters: DefaulterInput[]): Promise<OpenedCase> {
  const opened = await world.open(defaulters);
  await pursue(world, opened);
  return opened;
}
