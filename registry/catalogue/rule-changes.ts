import { Refusal } from '../../domain/refusal.js';
import type { Disposition } from '../../domain/vocabulary.js';
import { lockKeyed } from '../database/locks.js';
import type { Transaction } from '../database/pool.js';
import { type Actor, actorName } from '../inputs.js';
import { type ServiceView, service } from './catalogue.js';

/** What an administrator changes of a service's rule; null takes a limit away. */
export interface RuleChange {
  enabled?: boolean;
  disposition?: Disposition;
  /** The last day on which it gates, Asia/Shanghai. */
  validUntil?: string | null;
  /** Days a business may be held, 1-365; null: the usual ones. */
  holdDays?: number | null;
}

/**
 * The rule of a service as it is in effect; nobody else changes it until the transaction ends. Throws Refusal: `not-found` for an unknown
 * service; `invalid`, `never-gated` for one that the law keeps free (R5).
 */
export async function lockRule(tx: Transaction, code: string): Promise<ServiceView & { version: number }> {
  await tx.query(`select ${lockKeyed('serviceRule', '$1')}`, [code]);
  const found = await service(tx, code);
  if (found?.neverGated) {
    throw Refusal.invalid(
      '该业务永不受限，不可配置。 / This service is never restricted: it has no rule.',
      '',
      'never-gated',
    );
  }
  if (found?.version === undefined) throw Refusal.notFound('service');
  return { ...found, version: found.version };
}

/**
 * Writes the next version of a rule, under `lockRule`; the versions before stay as they were, and business stopped under one of them keeps
 * its own. Comparisons begun after the commit go by the new one. What changes nothing makes no version.
 */
export async function changeRule(
  tx: Transaction,
  before: ServiceView & { version: number },
  change: RuleChange,
  actor: Actor,
): Promise<ServiceView & { version: number }> {
  const {
    enabled = before.enabled,
    disposition = before.disposition,
    validUntil = before.validUntil,
    holdDays = before.holdDays,
  } = change;
  const changed =
    enabled !== before.enabled ||
    disposition !== before.disposition ||
    (validUntil ?? null) !== (before.validUntil ?? null) ||
    (holdDays ?? null) !== (before.holdDays ?? null);
  if (!changed) return before;
  await tx.query(
    `insert into service_rule (
       service, version, edition, subjects, disposition, gated_by, flags, enabled, valid_from,
       valid_until, hold_days, legal_basis, recorded_by
     )
     select
       service, version + 1, edition, subjects, $3, gated_by, flags, $4, valid_from, $5::date,
       $6::smallint, legal_basis, $7
     from service_rule
     where service = $1 and version = $2`,
    [before.code, before.version, disposition, enabled, validUntil ?? null, holdDays ?? null, actorName(actor)],
  );
  return lockRule(tx, before.code);
}
