import { uuidv7 } from 'uuidv7';
import { addMonths, shanghaiDate } from '../../domain/calendar.js';
import { Refusal } from '../../domain/refusal.js';
import type { LockedDefaulter } from '../case/locked-case.js';
import type { Queryable, Transaction } from '../database/pool.js';

export interface Permission {
  /** Absent: every service. */
  services?: string[];
  /** Instants, RFC 3339; it acts in `[fromAt, untilAt)`. */
  fromAt: string;
  untilAt: string;
}

/**
 * Lets these lives pass at these services for this time, at once (R16); at most one month (temporary lift of the consumption rule).
 * Throws Refusal `invalid` for a longer or empty time and for unknown services.
 */
export async function exempt(
  tx: Transaction,
  defaulters: readonly LockedDefaulter[],
  decision: string,
  { services, fromAt, untilAt }: Permission,
): Promise<void> {
  const last = shanghaiDate(Date.parse(untilAt) - 1);
  if (Date.parse(untilAt) <= Date.parse(fromAt) || last > addMonths(shanghaiDate(Date.parse(fromAt)), 1)) {
    throw Refusal.invalid(
      '豁免最长一个月。 / An exemption is for one month at the most.',
      '/until',
      'exemption-too-long',
    );
  }
  for (const [index, service] of (services ?? []).entries()) await requireGated(tx, service, `/services/${index}`);
  for (const defaulter of defaulters) {
    await tx.query(
      `insert into exemption (id, decision, defaulter, services, from_at, until_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [uuidv7(), decision, defaulter.id, services ?? null, fromAt, untilAt],
    );
  }
}

/** Confirms a service for these lives (R6); it acts once the process has told the departments. Throws Refusal `invalid` for an unknown one. */
export async function confirmService(
  tx: Transaction,
  defaulters: readonly LockedDefaulter[],
  decision: string,
  service: string,
): Promise<void> {
  await requireGated(tx, service, '/service');
  for (const defaulter of defaulters) {
    await tx.query(
      `insert into service_confirmation (defaulter, service, decision)
       values ($1, $2, $3)
       on conflict (defaulter, service) do nothing`,
      [defaulter.id, service, decision],
    );
  }
}

async function requireGated(q: Queryable, service: string, pointer: string): Promise<void> {
  const { rows } = await q.query<{ never_gated: boolean }>('select never_gated from service where code = $1', [
    service,
  ]);
  const code = rows[0] === undefined ? 'unknown-service' : rows[0].never_gated ? 'never-gated' : undefined;
  if (code) {
    throw Refusal.invalid(
      '目录中没有这一可限制事项。 / No service of the catalogue that could be gated.',
      pointer,
      code,
    );
  }
}
