import { afterAll, beforeAll } from 'vitest';
import { creditCodeCheck, organisationCheck } from '../../../domain/identity/check-digits.js';
import { type IdentifierType, type PartyKind, parseIdentifier } from '../../../domain/identity/identifier.js';
import type { DefaulterInput, Party } from '../../../registry/inputs.js';
import { identityChain } from '../../../registry/parties/identity-chain.js';
import { type LinkInput, makeLink, revokeLink } from '../../../registry/parties/identity-links.js';
import { subjectOf } from '../../../registry/parties/subjects.js';
import * as byHand from '../../harness/by-hand.js';
import { COURT, createWorld, JUDGE, type World } from '../../harness/world.js';

/** A world with a court that links identities, one for each file of tests that takes this in. */
export let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

export const EVIDENCE = 'ab'.repeat(32);
let serial = 500;
export const creditCode = (prefix = '91520112'): string => {
  serial += 1;
  const code = `PDY${String(serial).padStart(5, '0')}`;
  const body = prefix + code + organisationCheck(code);
  return body + creditCodeCheck(body);
};
export const party = (kind: PartyKind, name: string, ...documents: [IdentifierType, string, string?][]): Party => ({
  kind,
  name,
  identifiers: documents.map(([type, number, country]) => {
    const parsed = parseIdentifier({ type, number, country }, '2026-11-25');
    if (!parsed.ok) throw new Error(`${type}: ${parsed.code}`);
    return parsed.identifier;
  }),
});
export const documentOf = ({ identifiers: [first] }: Party) => {
  if (!first) throw new Error('no document');
  return first;
};
export const inForce = (...defaulters: DefaulterInput[]) => byHand.inForce(world, ...defaulters);
export const subject = (of: Party) => world.tx(async (tx) => (await subjectOf(tx, world.ring, of)).subject);
export type Terms = 'evidence' | 'subject';
export type Said = LinkInput extends infer L ? (L extends LinkInput ? Omit<L, Terms> : never) : never;
export const link = (from: string, said: Said) =>
  world.tx((tx) => makeLink(tx, world.ring, { ...said, subject: from, evidence: EVIDENCE }, COURT, JUDGE));
export const revoke = (id: string) => world.tx((tx) => revokeLink(tx, world.ring, id, {}, COURT, JUDGE));
export const chainOf = async (id: string) => {
  const found = await identityChain(world.pool, world.ring, id, { unmasked: true });
  if (!found) throw new Error('no such subject');
  return found;
};
export const compare = (service: string, asked: Party) => world.compare(service, asked);
/** Statements that wait for a lock. */
export const waiting = async () =>
  (
    await world.owner.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
  ).rowCount ?? 0;
export const outcome = async (service: string, asked: Party) => (await compare(service, asked)).outcome;
