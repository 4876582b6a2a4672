import { z } from 'zod';
import { compareDates, isDate, shanghaiDate } from '../../domain/calendar.js';
import { hasForbiddenCharacters, normaliseNumber } from '../../domain/identity/normalise.js';
import { parseYuan } from '../../domain/money.js';
import { isValidName } from '../../domain/name.js';
import { ASSET_TYPES, MEASURES } from '../../domain/vocabulary.js';
import { coded, complain } from './complaints.js';

// The words inputs are made of. A schema's output is what the registry takes: trimmed, normalised, money in fen.

/** The day in Asia/Shanghai, which decides what lies in the future. */
export function today(): string {
  return shanghaiDate(Date.now());
}

/** One line: a number, a code, a name of an office. */
export function line(max: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !hasForbiddenCharacters(text), '#invalid-text');
}

/** Running text; may have line breaks and tabs. */
export function prose(max: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !hasForbiddenCharacters(text.replace(/[\r\n\t]/g, ' ')), '#invalid-text');
}

export const note = prose(2_000);
export const reason = prose(2_000);

export const name = z
  .string()
  .trim()
  .min(1)
  .refine(isValidName, '#invalid-name')
  .meta({ description: '姓名或名称 / Name of a person or organisation', maxLength: 200 });

export const date = z.string().refine(isDate, '#not-a-date').meta({ format: 'date', description: 'YYYY-MM-DD' });

export const pastDate = date.superRefine((day, context) => {
  if (isDate(day) && compareDates(day, today()) > 0) complain(context, 'in-the-future');
});

/** How far a department's clock may run ahead of ours. */
const CLOCK_SKEW_MS = 5 * 60_000;
const EARLIEST = Date.UTC(1990, 0, 1);

/** An instant that has passed, as RFC 3339 in UTC. */
export const pastInstant = z.iso
  .datetime({ offset: true, error: coded('not-an-instant') })
  .transform((text, context) => {
    const at = Date.parse(text);
    if (!Number.isFinite(at) || at < EARLIEST) return complain(context, 'not-an-instant');
    if (at > Date.now() + CLOCK_SKEW_MS) return complain(context, 'in-the-future');
    return new Date(at).toISOString();
  });

/** Yuan as a decimal string, out as fen. */
export const amount = z
  .string({ error: coded('not-money') })
  .transform((text, context) => parseYuan(text) ?? complain(context, 'not-money'))
  .meta({
    type: 'string',
    pattern: '^(0|[1-9][0-9]{0,12})(\\.[0-9]{1,2})?$',
    description: '元 / yuan',
    example: '400000.00',
  });

export const positiveAmount = amount.superRefine((fen, context) => {
  if (typeof fen === 'bigint' && fen <= 0n) complain(context, 'not-positive');
});

export const id = z.guid().transform((text) => text.toLowerCase());

export const measure = z.enum(MEASURES).meta({ id: 'Measure' });

export const asset = z
  .strictObject({
    type: z.enum(ASSET_TYPES),
    // Dashes and spaces do not tell two assets apart: something must be left without them.
    number: line(100).refine((text) => /[\p{L}\p{N}]/u.test(normaliseNumber(text)), '#invalid'),
  })
  .meta({ id: 'Asset', description: '财产，如不动产单元号 / An asset, e.g. by its property unit number' });

export const courtDecision = z
  .strictObject({ number: line(100), madeOn: pastDate })
  .meta({ id: 'CourtDecision', description: '决定书文号与日期 / Number and day of a court decision' });
