import { z } from 'zod';
import { isLiveEpoch } from '../../domain/identity/epoch.js';
import {
  fitsKind,
  IDENTIFIER_TYPES,
  type Identifier,
  type PartyKind,
  parseIdentifier,
  type RawIdentifier,
} from '../../domain/identity/identifier.js';
import { coded, complain } from './complaints.js';
import { line, name, today } from './parts.js';

function parsed(raw: RawIdentifier, context: z.core.$RefinementCtx): Identifier {
  const read = parseIdentifier(raw, today());
  if (read.ok) return read.identifier;
  if (read.code === 'E01') return complain(context, 'E01', 'number');
  const countryAtFault = raw.country !== undefined || raw.type === 'passport';
  return complain(context, 'E02', countryAtFault ? 'country' : 'type');
}

/** A document of a party: checked and normalised on the way in. */
export const identifier = z
  .strictObject({
    type: z.enum(IDENTIFIER_TYPES, { error: '#E02' }),
    number: z.string({ error: coded('E01') }).max(128, '#E01'),
    country: line(60).optional(),
  })
  .transform((raw, context) => parsed(raw, context))
  .meta({ id: 'Identifier', description: '证件 / An identity document; its type is stated, never guessed' });

// A record without an identity code can't be joined to anybody: its absence is E02, too.
export const identifiers = z.array(identifier, { error: '#E02' }).min(1, '#E02').max(10);

/** Adds what an identifier alone can't know: whether it suits the party, and whether it is there twice. */
export function checkIdentifiers(kind: PartyKind, given: readonly Identifier[], context: z.core.$RefinementCtx): void {
  const seen = new Set<string>();
  given.forEach(({ type, number, country, token }, index) => {
    if (!fitsKind(type, kind, number || undefined)) complain(context, 'wrong-kind', 'identifiers', index, 'type');
    const key = JSON.stringify([type, number, country, token?.value]);
    if (seen.has(key)) complain(context, 'duplicate', 'identifiers', index);
    seen.add(key);
  });
}

/** A document of a comparison: by its number, or by the department's token of it (of each form under which it is indexed). */
const comparedIdentifier = z
  .strictObject({
    type: z.enum(IDENTIFIER_TYPES, { error: '#E02' }),
    number: z
      .string({ error: coded('E01') })
      .max(128, '#E01')
      .optional(),
    country: line(60).optional(),
    token: z
      .string({ error: coded('E01') })
      .regex(/^[0-9a-f]{32}$/, '#E01')
      .optional()
      .meta({ description: '本部门令牌，十六进制，代替号码 / The department’s token, hex, instead of the number' }),
    epoch: z
      .string({ error: coded('invalid') })
      .regex(/^\d{4}Q[1-4]$/, '#invalid')
      .optional(),
    fifteenDigits: z
      .boolean()
      .optional()
      .meta({ description: '令牌由 15 位号码换算 / The token was made from 15 digits' }),
  })
  .transform(({ token, epoch, fifteenDigits, number, ...rest }, context): Identifier => {
    if (token === undefined) {
      if (epoch !== undefined) return complain(context, 'required', 'token');
      if (fifteenDigits !== undefined) return complain(context, 'invalid', 'fifteenDigits');
      return number === undefined ? complain(context, 'required', 'number') : parsed({ ...rest, number }, context);
    }
    if (number !== undefined) return complain(context, 'invalid', 'number');
    if (rest.country !== undefined) return complain(context, 'invalid', 'country');
    if (epoch === undefined) return complain(context, 'required', 'epoch');
    if (!isLiveEpoch(epoch, Date.now())) return complain(context, 'TOKEN_EPOCH_EXPIRED', 'epoch');
    return {
      type: rest.type,
      number: '',
      country: '',
      token: { value: token, epoch },
      flags: fifteenDigits ? ['ID_15_DIGIT'] : [],
      warnings: [],
      aliases: [],
    };
  })
  .meta({ id: 'ComparedIdentifier', description: '证件：号码或令牌 / A document by its number, or by a token of it' });

export const kind = z.enum(['person', 'organisation']);

/** The party of a comparison. */
export const comparedParty = z
  .strictObject({ kind, name, identifiers: z.array(comparedIdentifier, { error: '#E02' }).min(1, '#E02').max(10) })
  .superRefine((value, context) => checkIdentifiers(value.kind, value.identifiers, context))
  .meta({ id: 'ComparedParty' });

export const party = z
  .strictObject({ kind, name, identifiers })
  .superRefine((value, context) => checkIdentifiers(value.kind, value.identifiers, context))
  .meta({ id: 'Party' });
