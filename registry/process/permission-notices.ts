import { isInForce } from '../../domain/enforcement.js';
import type { LockedCase, LockedDefaulter } from '../case/locked-case.js';
import type { Transaction } from '../database/pool.js';
import { writeNotice } from '../departments/notices.js';

/** One notice for each exemption and for the services confirmed since departments were last notified. */
export async function tellPermissions(tx: Transaction, locked: LockedCase, defaulter: LockedDefaulter): Promise<void> {
  const at = new Date(locked.now);
  const open = defaulter.enforcement.restrictions.filter(isInForce);
  const measures = open.map((r) => r.measure);
  const exemptions = await tx.query<{ id: string; services: string[] | null; until_at: Date }>(
    `update exemption
     set told_at = $2
     where defaulter = $1
       and told_at is null
     returning id, services, until_at`,
    [defaulter.id, at],
  );
  for (const exemption of exemptions.rows) {
    writeNotice(tx, locked, defaulter, {
      kind: 'EXEMPT',
      measures,
      restrictions: [],
      until: exemption.until_at.getTime(),
      ...(exemption.services ? { services: exemption.services } : {}),
    });
  }
  const confirmed = await tx.query<{ service: string; gated_by: string[] }>(
    `update service_confirmation sc
     set told_at = $2
     where defaulter = $1
       and told_at is null
     returning service, (
       select gated_by
       from service_rule r
       where r.service = sc.service
       order by version desc
       limit 1) as gated_by`,
    [defaulter.id, at],
  );
  for (const { service, gated_by: gatedBy } of confirmed.rows) {
    const gating = open.filter((r) => gatedBy?.includes(r.measure));
    if (gating.length === 0) continue;
    writeNotice(tx, locked, defaulter, {
      kind: 'PUBLISH',
      measures: gating.map((r) => r.measure),
      restrictions: gating.map((r) => r.id),
      until: gating[0]?.until ?? null,
      services: [service],
    });
  }
}
