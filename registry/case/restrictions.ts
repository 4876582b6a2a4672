import { uuidv7 } from 'uuidv7';
import { shanghaiDate } from '../../domain/calendar.js';
import type { Restriction } from '../../domain/enforcement.js';
import { normaliseNumber } from '../../domain/identity/identifier.js';
import type { AssetType, Measure } from '../../domain/vocabulary.js';
import { type Queryable, send, type Transaction } from '../database/pool.js';
import type { Asset, MeasureInput } from '../inputs.js';
import { dataKeyOf } from '../keys/data-keys.js';
import { activeBlind, blindIndexes, type DataKey, decrypt, encrypt, type KeyRing } from '../keys/key-ring.js';

/** Writes a restriction as decided: not in force until the process publishes it. Returns its id. */
export function insertRestriction(
  tx: Transaction,
  ring: KeyRing,
  {
    caseId,
    defaulter,
    subject,
    measure,
    dataKey,
  }: {
    caseId: string;
    defaulter: string;
    subject: string;
    measure: MeasureInput;
    /** The case's. */
    dataKey: DataKey;
  },
): string {
  const id = uuidv7();
  const { asset } = measure;
  send(
    tx,
    `insert into restriction (
       id, enforcement_case, defaulter, subject, measure, decision_number, decision_made_on,
       from_date, asset_type, asset_sealed, asset_blind, decided_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp())`,
    [
      id,
      caseId,
      defaulter,
      subject,
      measure.measure,
      measure.decision.number,
      measure.decision.madeOn,
      measure.from ?? null,
      asset?.type ?? null,
      asset ? encrypt(ring, { table: 'restriction', column: 'asset_sealed', row: id }, asset.number, dataKey) : null,
      asset ? assetBlind(ring, asset.type, asset.number) : null,
    ],
  );
  return id;
}

/** An asset is found like an identifier, under a type of its own. */
export function assetBlind(ring: KeyRing, type: string, number: string): Buffer {
  return activeBlind(ring, `asset:${type}`, '', normaliseNumber(number));
}

/** Under every readable index key: while one is changed, assets stand under either. */
export function assetBlinds(ring: KeyRing, type: string, number: string): Buffer[] {
  return blindIndexes(ring, `asset:${type}`, '', normaliseNumber(number)).map(({ blind }) => blind);
}

/**
 * Whether a defaulter's asset is seized already as another readable index key has it; under the case's lock. As the active one has it, the database
 * itself refuses it (`restriction_open`).
 */
export async function isSeized(q: Queryable, ring: KeyRing, defaulter: string, asset: Asset): Promise<boolean> {
  const [, ...others] = assetBlinds(ring, asset.type, asset.number);
  if (others.length === 0) return false;
  const { rowCount } = await q.query(
    `select 1
     from restriction
     where defaulter = $1
       and asset_type = $2
       and asset_blind = any($3)
       and ended_at is null`,
    [defaulter, asset.type, others],
  );
  return (rowCount ?? 0) > 0;
}

/** Decides the same measures anew against another subject: same documents, assets and terms, not in force until published. */
export async function replaceRestrictions(
  tx: Transaction,
  ring: KeyRing,
  replaced: readonly Restriction[],
  subject: string,
): Promise<void> {
  const { rows } = await tx.query<{
    id: string;
    enforcement_case: string;
    defaulter: string;
    measure: Measure;
    decision_number: string;
    decision_made_on: string;
    from_date: string | null;
    asset_type: AssetType | null;
    asset_sealed: Buffer | null;
    term_from: string | null;
    in_force_at: Date | null;
  }>(
    `select id, enforcement_case, defaulter, measure, decision_number, decision_made_on::text,
       from_date::text, asset_type, with_key(asset_sealed) as asset_sealed,
       term_from::text, in_force_at
     from restriction
     where id = any($1)
     order by decided_at, id`,
    [replaced.map((r) => r.id)],
  );
  const [first] = rows;
  if (!first) return;
  const dataKey = await dataKeyOf(tx, ring, 'case', first.enforcement_case);
  for (const row of rows) {
    const asset = row.asset_type &&
      row.asset_sealed && {
        type: row.asset_type,
        number: decrypt(ring, { table: 'restriction', column: 'asset_sealed', row: row.id }, row.asset_sealed),
      };
    const id = insertRestriction(tx, ring, {
      caseId: row.enforcement_case,
      defaulter: row.defaulter,
      subject,
      dataKey,
      measure: {
        measure: row.measure,
        decision: { number: row.decision_number, madeOn: row.decision_made_on },
        ...(row.from_date ? { from: row.from_date } : {}),
        ...(asset ? { asset } : {}),
      },
    });
    // The term goes on from where it began: a correction never lengthens it.
    const termFrom = row.term_from ?? (row.in_force_at ? shanghaiDate(row.in_force_at.getTime()) : null);
    if (termFrom) send(tx, 'update restriction set term_from = $2 where id = $1', [id, termFrom]);
  }
}
