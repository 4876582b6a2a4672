import express, { type ErrorRequestHandler, type RequestHandler, type Response, type Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { identify } from '../registry/access/credentials.js';
import { courtsOf, maySee } from '../registry/access/scope.js';
import { courts } from '../registry/catalogue/catalogue.js';
import { isUnavailable, type Pool } from '../registry/database/pool.js';
import type { KeyRing } from '../registry/keys/key-ring.js';
import { proofFile, receipt } from '../registry/ledger/receipts.js';
import { listCases, searchable } from '../registry/views/case-views.js';
import { caseCertificate } from '../registry/views/certificates.js';
import { serveAsset } from './assets.js';
import { identityRoutes } from './identity.js';
import { CasePage } from './pages/case.js';
import { readCase } from './pages/case-data.js';
import { readCaseListQuery } from './pages/case-list-query.js';
import { CasesPage } from './pages/cases.js';
import { CertificatePage } from './pages/certificate.js';
import type { Message } from './pages/message.js';
import { SignInPage } from './pages/sign-in.js';
import { localDestination, paths, single } from './paths.js';
import { ForeignPost, neverStored, ownPostsOnly, securityHeaders, setCookie } from './security.js';
import { forCourts, named, send, sendMessage } from './serving.js';
import { signedIn, signIn, signOut } from './session.js';
import { askedLanguage, LANGUAGE_COOKIE } from './text/index.js';
import { isUuid } from './uuid.js';
import { type Visit, visitOf } from './visit.js';

export interface ConsoleOptions {
  pool: Pool;
  ring: KeyRing;
  /** Hears of errors nobody foresaw; it must log no message of theirs, which may repeat a value. */
  report?: (error: unknown, res: Response) => void;
}

const CASES_A_PAGE = 50;
const YEAR_MS = 365 * 86_400_000;
const RETRY_AFTER_SECONDS = 5;

/** The pages people look at, to be mounted at /console. All of them work without JavaScript. */
export function createConsole({ pool, ring, report }: ConsoleOptions): Router {
  const router = express.Router();
  router.use(securityHeaders);
  router.get('/assets/:name', serveAsset);
  router.use(neverStored, rememberLanguage, ownPostsOnly);
  router.get('/', (_req, res) => res.redirect(303, paths.cases));
  signInRoutes(router, pool);
  caseRoutes(router, pool, ring);
  recordRoutes(router, pool);
  identityRoutes(router, pool, ring);
  router.use((req, res) => sendMessage(res, visitOf(req), 404, 'notFound'));
  router.use(errorPage(report));
  return router;
}

function signInRoutes(router: Router, pool: Pool): void {
  // Only failures count: an office behind one address may sign in all at once.
  const slowDown = rateLimit({
    windowMs: 60_000,
    limit: 30,
    skipSuccessfulRequests: true,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (req, res) => sendMessage(res, visitOf(req), 429, 'tooMany'),
  });
  const form = express.urlencoded({ extended: false, limit: '4kb', parameterLimit: 10 });

  router.get('/sign-in', named('sign-in'), async (req, res) => {
    const next = localDestination(single(req.query.next));
    if (await signedIn(pool, req)) return res.redirect(303, next);
    send(res, 200, <SignInPage visit={visitOf(req)} next={next} />);
  });
  router.post('/sign-in', named('sign-in'), slowDown, form, async (req, res) => {
    const next = localDestination(single(req.body?.next));
    const token = single(req.body?.token)?.trim() ?? '';
    const found = token === '' ? ({ refused: 'token-missing' } as const) : await identify(pool, token);
    if ('refused' in found) {
      return send(res, 422, <SignInPage visit={visitOf(req)} next={next} refused={found.refused} />);
    }
    await signIn(pool, req, res, found.caller);
    res.redirect(303, next);
  });
  router.post('/sign-out', named('sign-out'), async (req, res) => {
    await signOut(pool, req, res);
    res.redirect(303, paths.signIn);
  });
}

function caseRoutes(router: Router, pool: Pool, ring: KeyRing): void {
  router.get(
    '/cases',
    named('cases'),
    forCourts(pool, async (visit, caller, req, res) => {
      const query = readCaseListQuery(req.query);
      if (query === undefined) return sendMessage(res, visit, 404, 'notFound');
      const codes = await courtsOf(pool, caller);
      const list = await listCases(pool, ring, {
        courts: codes,
        limit: CASES_A_PAGE,
        ...(caller.role === 'judge' && query.whose === 'mine' ? { judge: caller.judge } : {}),
        ...(query.state ? { state: query.state } : {}),
        ...(query.number ? { q: searchable(query.number) } : {}),
        ...(query.after ? { after: query.after } : {}),
      });
      const names = codes.length > 1 ? await courtNames(pool, visit) : undefined;
      send(res, 200, <CasesPage visit={visit} query={query} list={list} courts={names} />);
    }),
  );
  router.get(
    '/cases/:id',
    named('cases/:id'),
    forCourts(pool, async (visit, caller, req, res) => {
      const id = String(req.params.id);
      const after = readAfter(req.query.after);
      const seen = isUuid(id) && after !== undefined && (await maySee(pool, caller, id));
      const data = seen ? await readCase(pool, ring, id, after) : undefined;
      if (data === undefined) return sendMessage(res, visit, 404, 'notFound');
      send(res, 200, <CasePage visit={visit} data={data} />);
    }),
  );
}

/** What proves a case's facts: a certificate of all of them, to print or to keep, and a proof file of each. */
function recordRoutes(router: Router, pool: Pool): void {
  router.get(
    '/cases/:id/certificate',
    named('cases/:id/certificate'),
    forCourts(pool, async (visit, caller, req, res) => {
      const id = String(req.params.id);
      const seen = isUuid(id) && (await maySee(pool, caller, id));
      const certificate = seen ? await caseCertificate(pool, id, false) : undefined;
      if (certificate === undefined) return sendMessage(res, visit, 404, 'notFound');
      if (single(req.query.format) === 'json') {
        res.attachment(`${id}.json`).json(certificate);
        return;
      }
      send(res, 200, <CertificatePage visit={visit} certificate={certificate} />);
    }),
  );
  router.get(
    '/cases/:id/proofs/:fact',
    named('cases/:id/proofs/:fact'),
    forCourts(pool, async (visit, caller, req, res) => {
      const [id, fact] = [String(req.params.id), String(req.params.fact)];
      const seen = isUuid(id) && isUuid(fact) && (await maySee(pool, caller, id));
      const found = seen ? await receipt(pool, fact) : undefined;
      const own = found?.court && (await courtsOf(pool, caller)).includes(found.court) ? found : undefined;
      const proof = own && (await proofFile(pool, own));
      if (proof === undefined) return sendMessage(res, visit, 404, 'notFound');
      res.attachment(`${fact}.tlog-proof`).type('text/plain; charset=utf-8').send(proof);
    }),
  );
}

async function courtNames(pool: Pool, visit: Visit): Promise<Map<string, string>> {
  return new Map((await courts(pool)).map(({ code, name }) => [code, visit.language === 'en' ? name.en : name.zh]));
}

/** The number of a fact, 0 when none is asked for; undefined for what is none. */
function readAfter(asked: unknown): number | undefined {
  if (asked === undefined) return 0;
  const text = single(asked);
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

const rememberLanguage: RequestHandler = (req, res, next) => {
  const asked = askedLanguage(req);
  if (asked !== undefined) setCookie(req, res, LANGUAGE_COOKIE, asked, new Date(Date.now() + YEAR_MS));
  next();
};

function errorPage(report: ConsoleOptions['report']): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const [status, message] = describe(error);
    if (status >= 500) report?.(error, res);
    res.locals.code = message;
    if (status === 503) res.set('Retry-After', String(RETRY_AFTER_SECONDS));
    sendMessage(res, visitOf(req), status, message);
  };
}

function describe(error: unknown): [status: number, message: Message] {
  if (error instanceof ForeignPost) return [403, 'forbidden'];
  if (isUnavailable(error)) return [503, 'unavailable'];
  // What Express itself could not read: a body, an encoded path.
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? [status, 'badRequest'] : [500, 'failed'];
}
