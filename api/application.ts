import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import helmet from 'helmet';
import { batchRoutes } from './comparison/batch.js';
import { comparisonRoutes } from './comparison/comparisons.js';
import { comparisonLane } from './comparison/lane.js';
import { ComparisonQueue } from './comparison/queue.js';
import { NDJSON } from './comparison/stream.js';
import { admit } from './http/access.js';
import { authenticate } from './http/authentication.js';
import { isOfType, readBody } from './http/body.js';
import { refuseLate } from './http/body-timeout.js';
import { BUDGETS, type Budgets, type Limits, limiters } from './http/limits.js';
import { accessLog, plainLines } from './http/logging.js';
import { createMetrics } from './http/metrics.js';
import { Problem, problems } from './http/problem.js';
import type { Reply, Route, Services } from './http/route.js';
import { trace } from './http/trace.js';
import { caseRoutes } from './resources/cases.js';
import { catalogueRoutes } from './resources/catalogue.js';
import { channelRoutes } from './resources/channels.js';
import { decisionRoutes } from './resources/decisions.js';
import { type HealthOptions, health } from './resources/health.js';
import { identityRoutes } from './resources/identity.js';
import { identitySearchRoutes } from './resources/identity-searches.js';
import { inboxRoutes } from './resources/inbox.js';
import { interceptionRoutes } from './resources/interceptions.js';
import { ledgerRoutes } from './resources/ledger.js';
import { noticeRoutes } from './resources/notices.js';
import { receiptRoutes } from './resources/receipts.js';
import { repaymentRoutes } from './resources/repayments.js';
import { signingKeyRoutes } from './resources/signing-keys.js';

export const ROUTES: readonly Route[] = [
  ...caseRoutes,
  ...repaymentRoutes,
  ...decisionRoutes,
  ...inboxRoutes,
  ...comparisonRoutes,
  ...batchRoutes,
  ...interceptionRoutes,
  ...identityRoutes,
  ...identitySearchRoutes,
  ...noticeRoutes,
  ...channelRoutes,
  ...catalogueRoutes,
  ...receiptRoutes,
  ...signingKeyRoutes,
];

export interface ApplicationOptions extends Services, HealthOptions {
  /** Requests a minute, per client and process. */
  budgets?: Partial<Budgets>;
  /** The pages for people: mounted at /console, and `/` leads there. */
  console?: Router;
  /** Sees every answer before it is sent: tests hold it against its schema. */
  inspect?(route: Route, reply: Reply): void;
}

/** The whole HTTP side, ready to listen. */
export function createApplication(options: ApplicationOptions): RequestListener {
  const { pool, logger } = options;
  const app = express();
  const limits = limiters({ ...BUDGETS, ...options.budgets });
  app.disable('x-powered-by').set('etag', false).set('query parser', 'simple');
  const metrics = createMetrics(pool);
  app.use(trace, metrics.observe, accessLog(logger));
  if (options.console) {
    // The pages bring security headers of their own.
    app.use('/console', named('/console'), options.console);
    app.get('/', (_req, res) => res.redirect(303, '/console'));
  }
  app.use(helmet(FOR_DATA));
  app.use(health(options, metrics, ROUTES));
  app.use(ledgerRoutes(pool, options.log, limits.handlers.ledger));
  mount(app, { ...options, budget: limits.comparisons }, limits.handlers);
  app.use(() => {
    throw new Problem('not-found');
  });
  app.use(problems(logger));
  const queue = new ComparisonQueue(pool, options.ring);
  const lines = plainLines(logger);
  const lane = { ...options, queue, lines, budget: limits.comparisons, metrics, headers: HEADERS_OF_DATA };
  return refuseLate(NDJSON, comparisonLane(lane, app));
}

// The API serves nothing a browser should run or frame.
const FOR_DATA = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
};

/** What every answer carries that holds data, as names and values. */
const HEADERS_OF_DATA = securityHeaders(helmet(FOR_DATA), {
  'Cache-Control': 'no-store',
  'Content-Type': 'application/json; charset=utf-8',
});

/** The headers that helmet would set, once for all. */
function securityHeaders(security: ReturnType<typeof helmet>, more: Record<string, string>): readonly string[] {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  security(response.req, response, (error?: unknown) => {
    if (error) throw error;
  });
  for (const [name, value] of Object.entries(more)) response.setHeader(name, value);
  return Object.entries(response.getHeaders()).flatMap(([name, value]) => [name, String(value)]);
}

function mount(app: express.Application, options: ApplicationOptions, limits: Limits['handlers']): void {
  const paths = new Map<string, Route['method'][]>();
  for (const route of ROUTES) {
    const limit: RequestHandler = (req, res, next) =>
      limits[res.locals.client ? route.budget : 'anonymous'](req, res, next);
    app[route.method](
      route.path,
      named(route.path),
      identifyCaller(options, route, limits.anonymous),
      limit,
      answer(options, route),
    );
    paths.set(route.path, [...(paths.get(route.path) ?? []), route.method]);
  }
  for (const [path, methods] of paths) {
    const allow = methods
      .flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
      .sort()
      .join(', ');
    app.all(path, named(path), () => {
      throw new Problem('method-not-allowed', { headers: { Allow: allow } });
    });
  }
}

/** The template by which logs and metrics know a request. */
function named(route: string): RequestHandler {
  return (_req, res, next) => {
    res.locals.route = route;
    next();
  };
}

/** Signs the caller in; who can't be is counted by address, so that tokens aren't tried without end. */
function identifyCaller({ pool }: Services, route: Route, strangers: RequestHandler): RequestHandler {
  return async (req, res, next) => {
    res.set('Cache-Control', 'no-store');
    try {
      const caller = await authenticate(pool, req);
      if (caller) {
        res.locals.caller = caller;
        res.locals.client = caller.client;
      }
      admit(route.call, caller);
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) throw error;
      strangers(req, res, (limited?: unknown) => next(limited ?? error));
      return;
    }
    next();
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const CODE = /^[A-Z0-9-]{1,20}$/;

/** The path's one id, or the code of a department or service; what has not its form names nothing. Throws Problem 404. */
function idOf(req: Request): string {
  const [named] = Object.entries(req.params);
  if (named === undefined) return '';
  const [name, value] = named;
  const id = name === 'code' ? String(value) : String(value).toLowerCase();
  if (!(name === 'code' ? CODE : UUID).test(id)) throw new Problem('not-found');
  return id;
}

function answer(options: ApplicationOptions, route: Route): RequestHandler {
  return async (req, res) => {
    if (res.locals.refused !== undefined) throw res.locals.refused;
    const id = idOf(req);
    const request = {
      caller: res.locals.caller,
      id,
      path: route.path.replace(/:[a-z]+/, id),
      query: req.query,
      body: undefined,
      idempotencyKey: req.get('idempotency-key'),
      ifMatch: req.get('if-match'),
      ifNoneMatch: req.get('if-none-match'),
      accept: (type: string) => req.accepts(['application/json', type]) === type,
      traceId: res.locals.traceId,
    };
    if (route.stream && isOfType(req, route.stream.type)) return route.stream.answer(request, options, req, res);
    const body = route.method === 'get' ? undefined : await readBody(req, res, route.bodyLimit);
    const reply = await route.handle({ ...request, body }, options);
    options.inspect?.(route, reply);
    send(res, reply);
  };
}

function send(res: Response, { status, body, type, location, etag, revalidate, replayed }: Reply): void {
  if (location !== undefined) res.set('Location', location);
  if (etag !== undefined) res.set('ETag', etag);
  if (revalidate) res.set('Cache-Control', 'no-cache');
  if (replayed) res.set('Idempotency-Replayed', 'true');
  if (status === 304) {
    res.status(304).end();
    return;
  }
  res
    .status(status)
    .type(status >= 400 ? 'application/problem+json' : (type ?? 'application/json'))
    .send(body);
}
