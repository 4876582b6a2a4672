import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { Problem } from './problem.js';

// Keyset cursors: base64url(JSON position) and a truncated HMAC over position and filter, so that a cursor made for one list, filter or
// client is of no use in another, and none can be made up.

const MAC_BYTES = 16;

/**
 * One page of a list: what `read` finds after the cursor's position, and the cursor of the next where it names one. `filter`: everything that
 * decides what the list holds, the caller's scope included. Throws Problem `invalid` for a cursor that was altered or made for another list.
 */
export async function paged<S extends z.ZodType, T>(
  { ring, filter, cursor, position }: PageOf<S>,
  read: (after: z.output<S> | undefined) => Promise<{ items: T[]; next?: z.input<S> | undefined }>,
): Promise<{ items: T[]; next?: string }> {
  const { items, next } = await read(decodeCursor(ring, filter, cursor, position));
  return { items, ...(next === undefined ? {} : { next: encodeCursor(ring, filter, next) }) };
}

export interface PageOf<S> {
  ring: KeyRing;
  filter: readonly string[];
  cursor: string | undefined;
  position: S;
}

function encodeCursor(ring: KeyRing, filter: readonly string[], position: unknown): string {
  const json = Buffer.from(JSON.stringify(position), 'utf8');
  return Buffer.concat([mac(ring, filter, json), json]).toString('base64url');
}

function decodeCursor<S extends z.ZodType>(
  ring: KeyRing,
  filter: readonly string[],
  cursor: string | undefined,
  position: S,
): z.output<S> | undefined {
  if (cursor === undefined) return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  const [given, json] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)];
  const made = mac(ring, filter, json);
  // Buffer ignores what is not base64url: only the very text we gave is taken.
  const authentic =
    given.length === MAC_BYTES && timingSafeEqual(given, made) && bytes.toString('base64url') === cursor;
  if (!authentic) throw new Problem('invalid', { errors: [{ pointer: '/cursor', code: 'invalid-cursor' }] });
  return position.parse(JSON.parse(json.toString('utf8')));
}

/** Position in a list ordered by (created at, id). */
export const atAndId = z.object({ at: z.string(), id: z.string() });

function mac(ring: KeyRing, filter: readonly string[], json: Buffer): Buffer {
  return createHmac('sha256', ring.cursorKey)
    .update(JSON.stringify(filter))
    .update('\0')
    .update(json)
    .digest()
    .subarray(0, MAC_BYTES);
}
