import express, { type Request, type Response, type Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { compareDates, isDate, shanghaiDate } from '../domain/calendar.js';
import { hasForbiddenCharacters } from '../domain/identity/normalise.js';
import { PURPOSES, type Purpose } from '../domain/identity/relations.js';
import { isValidName } from '../domain/name.js';
import { Refusal } from '../domain/refusal.js';
import type { DecidedIdentity } from '../domain/vocabulary.js';
import { actorOf } from '../registry/access/credentials.js';
import { type CourtCaller, courtsOf, interceptionScope } from '../registry/access/scope.js';
import { departments, services } from '../registry/catalogue/catalogue.js';
import { decideIdentity } from '../registry/courts/identity-decisions.js';
import { explain, reviewQueue } from '../registry/courts/identity-reviews.js';
import { once } from '../registry/database/idempotency.js';
import { inTransaction, type Pool } from '../registry/database/pool.js';
import { fingerprint, type KeyRing } from '../registry/keys/key-ring.js';
import { shown } from '../registry/parties/identity-access.js';
import { identityChain, maySeeSubject, personsIn } from '../registry/parties/identity-chain.js';
import { candidates, type SearchInput, searchIdentity, searchOf } from '../registry/parties/identity-searches.js';
import { CandidateSearchPage, CandidatesPage, type Field } from './pages/candidates.js';
import { readPosition } from './pages/list-position.js';
import { PartyPage } from './pages/party.js';
import { type Refused, ReviewPage } from './pages/review.js';
import { ReviewsPage } from './pages/reviews.js';
import { paths, single } from './paths.js';
import { forCourts, named, send, sendMessage } from './serving.js';
import { isUuid } from './uuid.js';
import { type Visit, visitOf } from './visit.js';

// Who is it: the queue of doubts and the court's word on them, the identity chain of a party, the search for candidates. Masked until somebody says
// what for, by POST: no address shows a person.

const REVIEWS_A_PAGE = 50;
/** As the API's budget: people search for people by hand. */
const SEARCHES_A_MINUTE = 30;
const REASON_AT_MOST = 2_000;
const form = express.urlencoded({ extended: false, limit: '32kb', parameterLimit: 10 });

export function identityRoutes(router: Router, pool: Pool, ring: KeyRing): void {
  reviewRoutes(router, pool, ring);
  partyRoutes(router, pool, ring);
  candidateRoutes(router, pool, ring);
}

function reviewRoutes(router: Router, pool: Pool, ring: KeyRing): void {
  router.get(
    '/reviews',
    named('reviews'),
    forCourts(pool, async (visit, caller, req, res) => {
      const position = readPosition(req.query);
      if (position === undefined || caller.role === 'clerk') return sendMessage(res, visit, 404, 'notFound');
      const { items, next } = await reviewQueue(pool, await courtsOf(pool, caller), {
        ...position,
        limit: REVIEWS_A_PAGE,
      });
      const first = position.after === undefined;
      const names = await catalogueNames(pool, visit);
      send(res, 200, <ReviewsPage visit={visit} items={items} next={next} first={first} names={names} />);
    }),
  );
  const show = async (
    visit: Visit,
    caller: CourtCaller,
    id: string,
    res: Response,
    how: { purpose?: Purpose | undefined; refused?: Refused; reason?: string; status?: number } = {},
  ): Promise<void> => {
    const scope = isUuid(id) ? await interceptionScope(pool, id) : undefined;
    const seen = caller.role !== 'clerk' && scope && (await courtsOf(pool, caller)).includes(scope.court);
    const match =
      seen &&
      (await shown(
        pool,
        { caller, actor: actorOf(caller), purpose: how.purpose },
        (tx, unmasked) => explain(tx, ring, id, unmasked),
        ({ subject }) => ({ subjects: [subject], interception: id }),
      ));
    if (!match) return sendMessage(res, visit, 404, 'notFound');
    const decides = caller.role === 'judge' && caller.court === scope.court;
    const { refused, reason } = how;
    const more = { ...(refused ? { refused } : {}), ...(reason ? { reason } : {}) };
    send(res, how.status ?? 200, <ReviewPage visit={visit} match={match} decides={decides} {...more} />);
  };
  router.get(
    '/reviews/:id',
    named('reviews/:id'),
    forCourts(pool, (visit, caller, req, res) => show(visit, caller, String(req.params.id), res)),
  );
  router.post(
    '/reviews/:id',
    named('reviews/:id'),
    form,
    forCourts(pool, async (visit, caller, req, res) => {
      const id = String(req.params.id);
      const identity = single(req.body?.identity);
      const reason = single(req.body?.reason)?.trim() ?? '';
      if (identity === undefined && req.body?.key === undefined)
        return show(visit, caller, id, res, { purpose: purposeOf(req) });
      if (identity === 'unsure') return res.redirect(303, paths.reviews);
      const scope = isUuid(id) ? await interceptionScope(pool, id) : undefined;
      if (caller.role !== 'judge' || scope?.court !== caller.court) return sendMessage(res, visit, 404, 'notFound');
      const key = single(req.body?.key) ?? '';
      const said = (identity === 'same' || identity === 'other') && isReason(reason) && isUuid(key);
      const refused = said ? await decideOnce(pool, ring, caller, id, key, { identity, reason }) : 'missing';
      if (refused) return show(visit, caller, id, res, { refused, reason, status: 422 });
      res.redirect(303, paths.reviews);
    }),
  );
}

const isReason = (text: string): boolean =>
  text !== '' && text.length <= REASON_AT_MOST && !hasForbiddenCharacters(text.replace(/[\r\n\t]/g, ' '));

/** The court's word, once for a form however often it is sent. Says why it was not taken. */
async function decideOnce(
  pool: Pool,
  ring: KeyRing,
  caller: CourtCaller,
  interception: string,
  key: string,
  word: { identity: DecidedIdentity; reason: string },
): Promise<Refused | undefined> {
  const request = {
    client: caller.client,
    key: `console ${key}`,
    fingerprint: fingerprint(ring, 'console', interception, word.identity, word.reason),
  };
  try {
    const { kind } = await once(pool, request, {
      run: async (tx) => ({
        status: 201,
        body: JSON.stringify(await decideIdentity(tx, ring, interception, word, caller.court, actorOf(caller))),
      }),
      // What was refused may be mended and sent again.
      lasting: () => undefined,
      wait: true,
    });
    return kind === 'reused' ? 'overtaken' : undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.errors.some(({ code }) => code === 'exact-match') ? 'exactMatch' : 'overtaken';
  }
}

function partyRoutes(router: Router, pool: Pool, ring: KeyRing): void {
  const page = forCourts(pool, async (visit, caller, req, res) => {
    const id = String(req.params.id);
    const seen = isUuid(id) && (await maySeeSubject(pool, caller, id));
    const chain =
      seen &&
      (await shown(
        pool,
        { caller, actor: actorOf(caller), purpose: purposeOf(req) },
        (tx, how) => identityChain(tx, ring, id, how),
        (found) => ({ subjects: personsIn(found) }),
      ));
    if (!chain) return sendMessage(res, visit, 404, 'notFound');
    send(res, 200, <PartyPage visit={visit} chain={chain} />);
  });
  router.get('/parties/:id', named('parties/:id'), page);
  router.post('/parties/:id', named('parties/:id'), form, page);
}

function candidateRoutes(router: Router, pool: Pool, ring: KeyRing): void {
  const slowDown = rateLimit({
    windowMs: 60_000,
    limit: SEARCHES_A_MINUTE,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_req, res) => res.locals.client ?? '',
    handler: (req, res) => sendMessage(res, visitOf(req, res.locals.visitor), 429, 'tooManySearches'),
  });
  router.get(
    '/candidates',
    named('candidates'),
    forCourts(pool, async (visit, _caller, _req, res) => send(res, 200, <CandidateSearchPage visit={visit} />)),
  );
  router.post(
    '/candidates',
    named('candidates'),
    form,
    forCourts(
      pool,
      async (visit, caller, req, res) => {
        const { input, refused } = readSearch(req);
        if (!input) {
          const given = { name: single(req.body?.name), birthDate: single(req.body?.birthDate) };
          return send(res, 422, <CandidateSearchPage visit={visit} refused={refused} given={given} />);
        }
        const { id } = await inTransaction(pool, (tx) => searchIdentity(tx, ring, caller, actorOf(caller), input));
        res.redirect(303, paths.candidatesOf(id));
      },
      slowDown,
    ),
  );
  const page = forCourts(pool, async (visit, caller, req, res) => {
    const id = String(req.params.id);
    const purpose = purposeOf(req);
    const found =
      isUuid(id) &&
      (await shown(
        pool,
        { caller, actor: actorOf(caller), purpose },
        async (tx, how) => {
          const search = await searchOf(tx, caller, id);
          return search && { search, items: await candidates(tx, ring, search, how) };
        },
        ({ items }) => ({ subjects: items.map(({ subject }) => subject) }),
      ));
    if (!found) return sendMessage(res, visit, 404, 'notFound');
    send(res, 200, <CandidatesPage visit={visit} {...found} masked={purpose === undefined} />);
  });
  router.get('/candidates/:id', named('candidates/:id'), page);
  router.post('/candidates/:id', named('candidates/:id'), form, page);
}

/** What is sought, or the fields that are missing or make no sense. */
function readSearch(req: Request): { input?: SearchInput; refused: Field[] } {
  const name = single(req.body?.name)?.trim() ?? '';
  const birthDate = single(req.body?.birthDate) ?? '';
  const sex = (['female', 'male'] as const).find((one) => one === req.body?.sex);
  const purpose = purposeOf(req);
  const born = isDate(birthDate) && compareDates(birthDate, shanghaiDate(Date.now())) <= 0;
  const refused: Field[] = [];
  if (!isValidName(name)) refused.push('name');
  if (!born) refused.push('birthDate');
  if (!sex) refused.push('sex');
  if (!purpose) refused.push('purpose');
  return sex && purpose && refused.length === 0 ? { input: { name, birthDate, sex, purpose }, refused } : { refused };
}

/** What for somebody wants to see in full; only ever sent by a form. */
const purposeOf = (req: Request): Purpose | undefined => PURPOSES.find((one) => one === req.body?.purpose);

async function catalogueNames(pool: Pool, { language }: Visit): Promise<Map<string, string>> {
  const [all, offered] = await Promise.all([departments(pool), services(pool)]);
  return new Map([...all, ...offered].map(({ code, name }) => [code, language === 'en' ? name.en : name.zh]));
}
