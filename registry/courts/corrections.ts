import { shanghaiDate } from '../../domain/calendar.js';
import { everythingEnded } from '../../domain/enforcement.js';
import { fitsKind, type Identifier, isMinor } from '../../domain/identity/identifier.js';
import { Refusal } from '../../domain/refusal.js';
import { accept, applyEvent } from '../case/apply-event.js';
import type { LockedCase, LockedDefaulter } from '../case/locked-case.js';
import { replaceRestrictions } from '../case/restrictions.js';
import type { Transaction } from '../database/pool.js';
import type { Actor, Party } from '../inputs.js';
import type { KeyRing } from '../keys/key-ring.js';
import { partyOf, subjectOf } from '../parties/subjects.js';

/**
 * Corrects who the defaulter is (失信名单规定 art. 9 ¶2): the old identity is free in this transaction, the same measures are decided against
 * the new one with the same terms, and the process publishes them. Throws Refusal: `state-conflict` on a life that has ended;
 * `invalid` where nothing would change, the person is a minor (E03), or is a defaulter of this case already.
 */
export async function correct(
  tx: Transaction,
  ring: KeyRing,
  locked: LockedCase,
  defaulter: LockedDefaulter,
  change: { name?: string; identifiers?: Identifier[] },
  actor: Actor,
): Promise<void> {
  if (everythingEnded(defaulter.enforcement)) accept({ conflict: 'ending' });
  const old = await partyOf(tx, ring, defaulter.subject);
  const party: Party = {
    kind: old.kind,
    name: change.name ?? old.name,
    identifiers: change.identifiers ?? old.identifiers,
  };
  const today = shanghaiDate(locked.now);
  for (const [index, { type, number, birthDate }] of party.identifiers.entries()) {
    if (!fitsKind(type, party.kind, number)) {
      throw Refusal.invalid(
        '证件类型与当事人不符。 / This type of identifier does not belong to this kind of party.',
        `/identifiers/${index}/type`,
        'wrong-kind',
      );
    }
    if (party.kind === 'person' && birthDate !== undefined && isMinor(birthDate, today)) {
      throw Refusal.invalid('不得列入未成年人。 / A minor is never listed.', `/identifiers/${index}/number`, 'E03');
    }
  }
  const { subject } = await subjectOf(tx, ring, party);
  if (subject === defaulter.subject)
    throw Refusal.invalid('没有任何更正。 / Nothing is corrected.', '', 'nothing-corrected');
  if (locked.defaulters.some((other) => other.subject === subject)) {
    throw Refusal.invalid('此人已是本案被执行人。 / This party is a defaulter of this case already.', '', 'duplicate');
  }
  const { changed } = applyEvent(tx, locked, defaulter, { type: 'correct' }, actor);
  await tx.query('update defaulter set subject = $2 where id = $1', [defaulter.id, subject]);
  // Another organisation has other people: those of the wrong one are free with it.
  if (change.identifiers) {
    await tx.query('update representative set until = $2 where defaulter = $1 and until is null', [
      defaulter.id,
      new Date(locked.now),
    ]);
  }
  await replaceRestrictions(tx, ring, changed, subject);
}
