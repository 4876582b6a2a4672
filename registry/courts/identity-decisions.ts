import { uuidv7 } from 'uuidv7';
import { nameEquals } from '../../domain/name.js';
import { Refusal } from '../../domain/refusal.js';
import type { DecidedIdentity } from '../../domain/vocabulary.js';
import type { Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { dataKeyOf } from '../keys/data-keys.js';
import { encrypt, type KeyRing } from '../keys/key-ring.js';
import { expiryOf, writeException } from '../parties/identity-exceptions.js';
import { lockSubjects, recordIdentityFact } from '../parties/identity-facts.js';
import { giveDirective } from './directives.js';
import { askedOf, readDoubt, recordedOf } from './identity-doubts.js';

export interface IdentityDecisionInput {
  identity: DecidedIdentity;
  reason: string;
  /** Of `other`: instant (RFC 3339) at which it is forgotten; at most a year ahead. */
  expiresAt?: string;
}

const WRITE_IDENTITY_DECISION = `
  insert into identity_decision (
    id, interception, subject, identity, reason_sealed, made_by, court, at, fact)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/**
 * The court's word on who it is. `same`: the hold stands. `other`: this business goes on
 * (a directive ALLOW to the department), and the pair is remembered, so that the same question is not asked again. Throws Refusal:
 * `not-found`; `state-conflict` exact-match where number and name agree: then no exception helps, the listing itself must be corrected or
 * revoked; `invalid` exception-too-long.
 */
export async function decideIdentity(
  tx: Transaction,
  ring: KeyRing,
  interception: string,
  input: IdentityDecisionInput,
  court: string,
  actor: Actor,
): Promise<{ id: string; exception?: string }> {
  const row = await readDoubt(tx, interception);
  const asked = row && askedOf(ring, row);
  if (!row || !asked) throw Refusal.notFound('interception');
  const recorded = recordedOf(ring, row);
  const differs = !nameEquals(asked.name, recorded.name);
  if (input.identity === 'other' && !differs && !row.reasons.some((reason) => reason === 'ID_15_DIGIT')) {
    throw Refusal.conflict(
      '号码与姓名均一致：须更正或撤销列入，或撤销关联。 / Number and name agree: correct or revoke the listing itself, or revoke the link.',
      'exact-match',
      '/identity',
    );
  }
  // The case first, then the subject: as everybody locks.
  if (input.identity === 'other') await giveDirective(tx, ring, interception, { type: 'ALLOW' }, actor);
  const subject = (await lockSubjects(tx, ring, [row.subject])).get(row.subject);
  if (!subject) throw Refusal.notFound('party');
  const id = uuidv7();
  const expiresAt = input.identity === 'other' ? expiryOf(input, subject.now) : undefined;
  const fact = await recordIdentityFact(tx, subject, {
    type: 'identity.decided',
    key: `identity.decided:${id}`,
    court,
    department: row.department,
    actor,
    detail: {
      decision: id,
      interception,
      identity: input.identity,
      expiresAt: expiresAt?.toISOString(),
    },
  });
  const dataKey = await dataKeyOf(tx, ring, 'subject', subject.id);
  await tx.query(WRITE_IDENTITY_DECISION, [
    id,
    interception,
    subject.id,
    input.identity,
    encrypt(ring, { table: 'identity_decision', column: 'reason_sealed', row: id }, input.reason, dataKey),
    actor.id,
    court,
    new Date(subject.now),
    fact.id,
  ]);
  if (!expiresAt) return { id };
  // 15 digits under the same name: the exception holds for that weak form alone.
  const exception = await writeException(tx, ring, subject, { decision: id, asked, weak: !differs, court, expiresAt });
  return { id, exception };
}
