import { uuidv7 } from 'uuidv7';
import { recordFacts } from '../case/facts.js';
import { raise } from '../case/inbox.js';
import { lockInterception } from '../case/locked-case.js';
import { send, type Transaction } from '../database/pool.js';
import type { Actor, FeedbackInput } from '../inputs.js';
import { caseKeyOf } from '../keys/data-keys.js';
import { encrypt, type KeyRing } from '../keys/key-ring.js';
import { confirmReference } from '../parties/identity-links.js';

const WRITE_FEEDBACK = `
  insert into feedback (id, interception, department, action, identity, note_sealed, acted_at, at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;

/**
 * What the department did with the business; a doubt about who the person is goes to the judge. It says nothing to the life.
 * Throws Refusal `not-found`.
 */
export async function giveFeedback(
  tx: Transaction,
  ring: KeyRing,
  interception: string,
  input: FeedbackInput,
  actor: Actor,
): Promise<{ id: string }> {
  const { locked, defaulter, department, service } = await lockInterception(tx, ring, interception);
  const id = uuidv7();
  const dataKey = input.note ? await caseKeyOf(tx, ring, locked) : undefined;
  send(tx, WRITE_FEEDBACK, [
    id,
    interception,
    department,
    input.action,
    input.identity ?? null,
    input.note ? encrypt(ring, { table: 'feedback', column: 'note_sealed', row: id }, input.note, dataKey) : null,
    new Date(input.at),
    new Date(locked.now),
  ]);
  recordFacts(tx, locked, [
    {
      type: 'feedback',
      key: `feedback:${id}`,
      at: locked.now,
      actor,
      defaulter,
      department,
      service,
      detail: {
        feedback: id,
        interception,
        action: input.action,
        identity: input.identity,
        actedAt: input.at,
      },
    },
  ]);
  const tied =
    input.localReference === undefined ||
    (await confirmReference(
      tx,
      ring,
      {
        subject: defaulter.subject,
        department,
        reference: input.localReference,
        interception,
        court: locked.court,
        evidence: locked.lastLeafHash ?? Buffer.alloc(32),
      },
      actor,
    ));
  if (input.identity === 'other' || input.identity === 'unsure' || !tied) {
    await raise(tx, {
      key: `identity:${interception}:${input.identity}`,
      kind: 'interception',
      enforcementCase: locked.id,
      defaulter: defaulter.id,
      interception,
      department,
      at: locked.now,
    });
  }
  return { id };
}
