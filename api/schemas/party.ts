import { z } from 'zod';
import {
  fitsKind,
  IDENTIFIER_TYPES,
  type Identifier,
  type PartyKind,
  parseIdentifier,
} from '../../domain/identity/identifier.js';
import { coded, complain } from '../validate.js';
import { line, name, today } from './parts.js';

/** A document of a party: checked and normalised on the way in. */
export const identifier = z
  .strictObject({
    type: z.enum(IDENTIFIER_TYPES, { error: '#E02' }),
    number: z.string({ error: coded('E01') }).max(128, '#E01'),
    country: line(60).optional(),
  })
  .transform((raw, context): Identifier => {
    const parsed = parseIdentifier(raw, today());
    if (parsed.ok) return parsed.identifier;
    if (parsed.code === 'E01') return complain(context, 'E01', 'number');
    const countryAtFault = raw.country !== undefined || raw.type === 'passport';
    return complain(context, 'E02', countryAtFault ? 'country' : 'type');
  })
  .meta({ id: 'Identifier', description: '证件 / An identity document; its type is stated, never guessed' });

// A record without an identity code can't be joined to anybody: its absence is E02, too.
export const identifiers = z.array(identifier, { error: '#E02' }).min(1, '#E02').max(10);

/** Adds what an identifier alone can't know: whether it suits the party, and whether it is there twice. */
export function checkIdentifiers(kind: PartyKind, given: readonly Identifier[], context: z.core.$RefinementCtx): void {
  const seen = new Set<string>();
  given.forEach(({ type, number, country }, index) => {
    if (!fitsKind(type, kind, number)) complain(context, 'wrong-kind', 'identifiers', index, 'type');
    const key = JSON.stringify([type, number, country]);
    if (seen.has(key)) complain(context, 'duplicate', 'identifiers', index);
    seen.add(key);
  });
}

export const kind = z.enum(['person', 'organisation']);

export const party = z
  .strictObject({ kind, name, identifiers })
  .superRefine((value, context) => checkIdentifiers(value.kind, value.identifiers, context))
  .meta({ id: 'Party' });
