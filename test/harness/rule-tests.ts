import { afterAll, beforeAll } from 'vitest';
import { shanghaiDate } from '../../domain/calendar.js';
import { creditCodeCheck, organisationCheck } from '../../domain/identity/check-digits.js';
import { type IdentifierType, type PartyKind, parseIdentifier } from '../../domain/identity/identifier.js';
import type { OpenedCase } from '../../registry/courts/open-case.js';
import type { DefaulterInput, Party } from '../../registry/inputs.js';
import * as byHand from './by-hand.js';
import { createWorld, type World } from './world.js';

export const today = (): string => shanghaiDate(Date.now());

export const party = (kind: PartyKind, name: string, ...documents: [IdentifierType, string, string?][]): Party => ({
  kind,
  name,
  identifiers: documents.map(([type, number, country]) => {
    const parsed = parseIdentifier({ type, number, country }, today());
    if (!parsed.ok) throw new Error(`${type}: ${parsed.code}`);
    return parsed.identifier;
  }),
});

/** An organisation code of the range kept for private use, and the unified social credit code around it. */
export const organisationCode = (serial: number): string => {
  const body = `PDY${String(serial).padStart(5, '0')}`;
  return body + organisationCheck(body);
};
export const creditCode = (serial: number, prefix = '91520112'): string => {
  const body = prefix + organisationCode(serial);
  return body + creditCodeCheck(body);
};
export const organisation = (name: string, uscc: string): Party => party('organisation', name, ['uscc', uscc]);

/** What tests of the handbook's rules need, on a world of its own for the file, with the process by hand. */
export interface RuleTests {
  world(): World;
  /** Does what is due for the lives of a case. */
  pursue(opened: { defaulters: { id: string }[] }): Promise<void>;
  /** A case against them, published. */
  inForce(...defaulters: DefaulterInput[]): Promise<OpenedCase>;
  outcome(service: string, asked: Party): Promise<string>;
  /** Why a comparison came out as it did. */
  recorded(service: string, asked: Party): Promise<string[]>;
  /** Of the first defaulter. */
  state(caseId: string): Promise<string | undefined>;
}

export function useRules(): RuleTests {
  let world: World | undefined;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world?.close());
  const theWorld = (): World => {
    if (!world) throw new Error('used before it was set up');
    return world;
  };
  const pursue: RuleTests['pursue'] = (opened) => byHand.pursue(theWorld(), opened);
  return {
    world: theWorld,
    pursue,
    inForce: async (...defaulters) => {
      const opened = await theWorld().open(defaulters);
      await pursue(opened);
      return opened;
    },
    outcome: async (service, asked) => (await theWorld().compare(service, asked)).outcome,
    recorded: async (service, asked) => theWorld().reasons(await theWorld().compare(service, asked)),
    state: async (caseId) => (await theWorld().view(caseId)).defaulters[0]?.state,
  };
}
