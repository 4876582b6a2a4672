import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { Problem } from './problem.js';

/**
 * Requests a minute, per client and process. Facts (repayments, decisions, acknowledgements, feedback) have a budget of their own, so
 * that bulk comparison can never starve a release. Whoever recomputes the whole record asks for many small files.
 */
export const BUDGETS = {
  comparisons: 600_000,
  facts: 60_000,
  reads: 120_000,
  anonymous: 12_000,
  ledger: 300_000,
} as const;
export type Budget = keyof typeof BUDGETS;
export type Budgets = { readonly [B in Budget]: number };

const WINDOW_MS = 60_000;

/** One limiter per budget; a client is a court or department, or an address where nobody signed in. */
export function limiters(budgets: Budgets): { readonly [B in Budget]: RequestHandler } {
  const limiter = (budget: Budget): RequestHandler =>
    rateLimit({
      windowMs: WINDOW_MS,
      limit: budgets[budget],
      identifier: budget,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      keyGenerator: (req, res) => res.locals.client ?? ipKeyGenerator(req.ip ?? ''),
      handler: (_req, _res, next) => next(new Problem('rate-limited', { retryAfter: WINDOW_MS / 1_000 })),
    });
  return {
    comparisons: limiter('comparisons'),
    facts: limiter('facts'),
    reads: limiter('reads'),
    anonymous: limiter('anonymous'),
    ledger: limiter('ledger'),
  };
}
