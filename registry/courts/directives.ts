import { uuidv7 } from 'uuidv7';
import { shanghaiDate } from '../../domain/calendar.js';
import { everythingEnded } from '../../domain/enforcement.js';
import { Refusal } from '../../domain/refusal.js';
import { recordFacts } from '../case/facts.js';
import { lockInterception } from '../case/locked-case.js';
import { enqueueSignals } from '../case/outbox.js';
import { send, type Transaction } from '../database/pool.js';
import { writeNotice } from '../departments/notices.js';
import type { Actor, DirectiveInput } from '../inputs.js';
import { caseKeyOf } from '../keys/data-keys.js';
import { encrypt, type KeyRing } from '../keys/key-ring.js';
import { impose } from './decisions.js';

const WRITE_DIRECTIVE = `
  insert into directive (
    id, interception, type, asset_type, asset_sealed, note_sealed, made_by, at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;

/**
 * The court's answer to a department: the fact, a notice to that department alone, and for SEAL the seal on that asset, which the process
 * publishes. Throws Refusal: `not-found`; `state-conflict` when nothing of the defaulter is left to direct; `invalid` for a SEAL without asset.
 */
export async function giveDirective(
  tx: Transaction,
  ring: KeyRing,
  interception: string,
  input: DirectiveInput,
  actor: Actor,
): Promise<{ id: string }> {
  const { locked, defaulter, department, service } = await lockInterception(tx, ring, interception);
  if (everythingEnded(defaulter.enforcement)) {
    throw Refusal.conflict(
      '措施已全部解除，无可指示。 / Every measure has ended: there is nothing to direct.',
      'ending',
    );
  }
  const id = uuidv7();
  const { asset } = input;
  const dataKey = asset || input.note ? await caseKeyOf(tx, ring, locked) : undefined;
  send(tx, WRITE_DIRECTIVE, [
    id,
    interception,
    input.type,
    asset?.type ?? null,
    asset ? encrypt(ring, { table: 'directive', column: 'asset_sealed', row: id }, asset.number, dataKey) : null,
    input.note ? encrypt(ring, { table: 'directive', column: 'note_sealed', row: id }, input.note, dataKey) : null,
    actor.id,
    new Date(locked.now),
  ]);
  recordFacts(tx, locked, [
    {
      type: 'directive',
      key: `directive:${id}`,
      at: locked.now,
      actor,
      defaulter,
      department,
      service,
      detail: { directive: id, directiveType: input.type, interception },
    },
  ]);
  if (input.type === 'SEAL') {
    if (!asset) throw Refusal.invalid('查封须写明财产。 / A SEAL needs its asset.', '/asset', 'required');
    const made = shanghaiDate(locked.now);
    await impose(tx, ring, locked, defaulter, {
      measure: 'SEAL',
      decision: { number: locked.caseNumber, madeOn: made },
      asset,
    });
    enqueueSignals(tx, [defaulter], 'decision', id);
  }
  writeNotice(tx, locked, defaulter, {
    kind: 'DIRECTIVE',
    measures: [],
    restrictions: [],
    until: null,
    interceptions: [interception],
    directive: { id, department },
  });
  return { id };
}
