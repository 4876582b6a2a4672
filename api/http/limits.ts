import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import { Problem } from './problem.js';

/**
 * Requests a minute, per client and process. Facts (repayments, decisions, acknowledgements, feedback) have a budget of their own, so
 * that bulk comparison can never starve a release. Whoever recomputes the whole record asks for many small files. People search for people by hand.
 */
export const BUDGETS = {
  comparisons: 600_000,
  facts: 60_000,
  reads: 120_000,
  searches: 30,
  anonymous: 12_000,
  ledger: 300_000,
} as const;
export type Budget = keyof typeof BUDGETS;
export type Budgets = { readonly [B in Budget]: number };

const WINDOW_MS = 60_000;

export interface Limits {
  readonly handlers: { readonly [B in Budget]: RequestHandler };
  readonly comparisons: QuickBudget;
}

/** The same budget as its handler's, without a request and an answer in hand. */
export interface QuickBudget {
  /** Counts one, or so many; the headers that say what is left, undefined where nothing is. */
  take(client: string, count?: number): Promise<readonly string[] | undefined>;
  giveBack(client: string): Promise<void>;
}

/** One limiter per budget; a client is a court or department, or an address where nobody signed in. */
export function limiters(budgets: Budgets): Limits {
  const comparisons = new MemoryStore();
  const limiter = (budget: Budget, store = new MemoryStore()): RequestHandler =>
    rateLimit({
      store,
      windowMs: WINDOW_MS,
      limit: budgets[budget],
      identifier: budget,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      keyGenerator: (req, res) => res.locals.client ?? ipKeyGenerator(req.ip ?? ''),
      handler: (_req, _res, next) => next(new Problem('rate-limited', { retryAfter: WINDOW_MS / 1_000 })),
    });
  return {
    handlers: {
      comparisons: limiter('comparisons', comparisons),
      facts: limiter('facts'),
      reads: limiter('reads'),
      searches: limiter('searches'),
      anonymous: limiter('anonymous'),
      ledger: limiter('ledger'),
    },
    comparisons: quickBudget('comparisons', budgets.comparisons, comparisons),
  };
}

function quickBudget(name: Budget, limit: number, store: MemoryStore): QuickBudget {
  const policies = new Map<string, string>();
  const policyOf = (client: string): string => {
    const known = policies.get(client);
    if (known !== undefined) return known;
    const policy = `"${name}"; q=${limit}; w=${WINDOW_MS / 1_000}; pk=:${partitionKey(client)}:`;
    policies.set(client, policy);
    return policy;
  };
  return {
    take: async (client, count = 1) => {
      // Each counts at once, so that two who take at the same time don't count for one another.
      for (let more = 1; more < count; more++) void store.increment(client);
      const { totalHits, resetTime } = await store.increment(client);
      if (totalHits > limit) return undefined;
      const seconds = Math.max(0, Math.ceil(((resetTime?.getTime() ?? 0) - Date.now()) / 1_000));
      return ['RateLimit', `"${name}"; r=${limit - totalHits}; t=${seconds}`, 'RateLimit-Policy', policyOf(client)];
    },
    giveBack: (client) => store.decrement(client),
  };
}

/** As the library writes it: who is counted, without saying who. */
const partitionKey = (client: string): string =>
  Buffer.from(createHash('sha256').update(client).digest('hex').slice(0, 12)).toString('base64');
