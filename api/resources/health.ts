import { type RequestHandler, Router } from 'express';
import { missingHolidayYear } from '../../registry/case/deadlines.js';
import type { Pool } from '../../registry/database/pool.js';
import { ledgerHealth } from '../../registry/ledger/log-status.js';
import { type Backlog, backlog } from '../../registry/views/backlog.js';
import type { Metrics } from '../http/metrics.js';
import { openApiDocument } from '../http/openapi.js';
import { PROBLEMS } from '../http/problem.js';
import type { Route } from '../http/route.js';

/** Seconds after which something waiting means that the process behind the API is away or slow. */
const PATIENCE: { readonly [P in keyof Backlog]?: { name: string; seconds: number } } = {
  outbox: { name: 'process', seconds: 30 },
  notices: { name: 'notices', seconds: 30 },
};

export interface HealthOptions {
  pool: Pool;
  /** After so long without enough witnesses the record counts as degraded; absent: nobody is asked to witness. */
  unwitnessedAlarmMs?: number | undefined;
}

/** What a machine asks: alive, ready, figures, and the description of the API. No token, no person. */
export function health(
  { pool, unwitnessedAlarmMs }: HealthOptions,
  metrics: Metrics,
  routes: readonly Route[],
): Router {
  const router = Router();
  const named = (handler: RequestHandler): RequestHandler[] => [
    (req, res, next) => {
      res.locals.route = req.path;
      res.set('Cache-Control', 'no-store');
      next();
    },
    handler,
  ];
  router.get('/healthz', ...named((_req, res) => void res.json({ status: 'ok' })));
  router.get(
    '/readyz',
    ...named(async (_req, res) => {
      const [behind, ledger] = await Promise.all([backlog(pool), ledgerHealth(pool)]);
      const degraded = Object.entries(PATIENCE).flatMap(([part, { name, seconds }]) =>
        isPart(part) && behind[part] > seconds ? [`${name}: behind`] : [],
      );
      if (missingHolidayYear(Date.now()) !== null) degraded.push('holidays: missing');
      if (ledger.isBehind) degraded.push('ledger: behind');
      if (unwitnessedAlarmMs !== undefined && ledger.unwitnessedSeconds * 1_000 > unwitnessedAlarmMs)
        degraded.push('ledger: unwitnessed');
      res.json({ status: 'ready', degraded });
    }),
  );
  router.get(
    '/metrics',
    ...named(async (_req, res) => {
      const { contentType, text } = await metrics.render();
      res.set('Content-Type', contentType).send(text);
    }),
  );
  const document = JSON.stringify(openApiDocument(routes, Object.keys(PROBLEMS)));
  router.get('/openapi.json', ...named((_req, res) => void res.type('application/json').send(document)));
  return router;
}

const isPart = (part: string): part is keyof Backlog => part in PATIENCE;
