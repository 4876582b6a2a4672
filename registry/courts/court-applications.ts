import { uuidv7 } from 'uuidv7';
import { documentNumber } from '../../domain/court-document.js';
import type { LockedCase } from '../case/locked-case.js';
import { assetBlind } from '../case/restrictions.js';
import { send, type Transaction } from '../database/pool.js';
import type { Asset } from '../inputs.js';
import type { KeyRing } from '../keys/key-ring.js';

const ANNOUNCE_APPLICATION = `
  insert into court_application (
    id, decision, enforcement_case, court, document_number, asset_type, asset_blind, until_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;

export interface CourtApplication {
  document: { number: string };
  asset: Asset;
  /** Instant, RFC 3339. */
  untilAt: string;
}

/** Records that the court itself will apply at a counter for this asset, under this document. */
export function announceApplication(
  tx: Transaction,
  ring: KeyRing,
  locked: LockedCase,
  decision: string,
  { document, asset, untilAt }: CourtApplication,
): void {
  send(tx, ANNOUNCE_APPLICATION, [
    uuidv7(),
    decision,
    locked.id,
    locked.court,
    documentNumber(document.number),
    asset.type,
    assetBlind(ring, asset.type, asset.number),
    untilAt,
  ]);
}
