import type { Transaction } from '../../registry/database/pool.js';
import type { Party } from '../../registry/inputs.js';
import { type IdentityChain, identityChain } from '../../registry/parties/identity-chain.js';
import { type LinkInput, makeLink, revokeLink } from '../../registry/parties/identity-links.js';
import { subjectOf } from '../../registry/parties/subjects.js';
import { COURT, JUDGE } from '../builders/cases.js';
import type { World } from './world.js';

export const EVIDENCE = 'ab'.repeat(32);

/** A link without what is the same in all of them. */
export type Said = LinkInput extends infer L ? (L extends LinkInput ? Omit<L, 'evidence' | 'subject'> : never) : never;

/** What the first judge of Wudang does with the links between the identities of a world. */
export function linkingIn(world: World) {
  const subjectIn = async (tx: Transaction, of: Party): Promise<string> =>
    (await subjectOf(tx, world.ring, of)).subject;
  const linkIn = (tx: Transaction, from: string, said: Said) =>
    makeLink(tx, world.ring, { ...said, subject: from, evidence: EVIDENCE }, COURT, JUDGE);
  const revokeIn = (tx: Transaction, id: string) => revokeLink(tx, world.ring, id, {}, COURT, JUDGE);
  return {
    /** The record of a party, made where there is none. */
    subjectIn,
    linkIn,
    revokeIn,
    subject: (of: Party) => world.tx((tx) => subjectIn(tx, of)),
    link: (from: string, said: Said) => world.tx((tx) => linkIn(tx, from, said)),
    revoke: (id: string) => world.tx((tx) => revokeIn(tx, id)),
    chainOf: async (id: string): Promise<IdentityChain> => {
      const found = await identityChain(world.pool, world.ring, id, { unmasked: true });
      if (!found) throw new Error('no such subject');
      return found;
    },
  };
}
