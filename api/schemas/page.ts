import { z } from 'zod';

/** Lists: 50 a page unless asked otherwise; more than 200 is clamped, not refused. */
const LIMIT = 50;
const LIMIT_AT_MOST = 200;

const limit = (usual: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .transform((text) => Math.min(Number(text), LIMIT_AT_MOST))
    .default(usual)
    .meta({ type: 'integer', minimum: 1, description: `At most ${LIMIT_AT_MOST}; larger ones are clamped` });

const cursor = z.string().max(1_000).optional().meta({ description: '`next` of the page before' });

export const page = z.strictObject({ cursor, limit: limit(LIMIT) });
/** For catalogues, which a client usually wants whole. */
export const wholePage = z.strictObject({ cursor, limit: limit(LIMIT_AT_MOST) });

export const after = z.strictObject({
  after: z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/)
    .transform((text) => BigInt(text))
    .optional()
    .meta({ type: 'integer', minimum: 0, description: '上次的 served / `served` of the page before' }),
  limit: limit(LIMIT),
});

/** The body of calls that say everything in their path. */
export const nothing = z.strictObject({});

export const noQuery = z.strictObject({});
