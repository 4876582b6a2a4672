import { shanghaiDate } from '../../domain/calendar.js';
import type { ServiceRule } from '../../domain/comparison.js';
import { Refusal } from '../../domain/refusal.js';
import type { Disposition, Measure, SubjectRole } from '../../domain/vocabulary.js';
import { type Queryable, soleRow } from '../database/pool.js';

// What the catalogue says of the service a comparison is for.

/**
 * The day on which it is asked, Asia/Shanghai, by PostgreSQL's clock. Throws Refusal `invalid` for a service that is unknown, never gated (R5), or
 * another department's.
 */
export async function requireOwnService(q: Queryable, service: string, department: string): Promise<string> {
  const { rows } = await q.query<{ department: string | null; never_gated: boolean; now: Date }>(
    'select department, never_gated, clock_timestamp() as now from service where code = $1',
    [service],
  );
  const row = rows[0];
  const code = !row
    ? 'unknown-service'
    : row.never_gated
      ? 'never-gated'
      : row.department !== department
        ? 'foreign-service'
        : undefined;
  if (code) {
    throw Refusal.invalid(
      '该事项不是本部门可限制的事项。 / This is not a service that this department may gate.',
      '/service',
      code,
    );
  }
  return shanghaiDate(soleRow(rows).now.getTime());
}

interface RuleRow {
  version: number;
  subjects: SubjectRole[];
  disposition: Disposition;
  gated_by: Measure[];
  flags: string[];
  enabled: boolean;
  valid_from: string | null;
  valid_until: string | null;
  hold_days: number | null;
}

export interface RuleInEffect {
  version: number;
  holdDays: number | null;
  rule: ServiceRule;
}

/** The version of a service's rule in effect, or undefined when the service has none. */
export async function ruleInEffect(q: Queryable, service: string): Promise<RuleInEffect | undefined> {
  const { rows } = await q.query<RuleRow>(
    `select version, subjects, disposition, gated_by, flags, enabled,
            valid_from::text, valid_until::text, hold_days
     from service_rule
     where service = $1
     order by version desc
     limit 1`,
    [service],
  );
  const row = rows[0];
  if (!row) return undefined;
  return {
    version: row.version,
    holdDays: row.hold_days,
    rule: {
      subjects: row.subjects,
      disposition: row.disposition,
      gatedBy: row.gated_by,
      flags: row.flags,
      enabled: row.enabled,
      validFrom: row.valid_from,
      validUntil: row.valid_until,
    },
  };
}
