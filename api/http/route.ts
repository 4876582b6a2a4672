import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { AllowedHosts } from '../../domain/endpoint.js';
import { canonicalJson } from '../../ledger/canonical-json.js';
import { actorOf, type Caller } from '../../registry/access/credentials.js';
import { once, type StoredAnswer } from '../../registry/database/idempotency.js';
import { inTransaction, type Pool, type Transaction } from '../../registry/database/pool.js';
import type { Actor } from '../../registry/inputs.js';
import { fingerprint, type KeyRing } from '../../registry/keys/key-ring.js';
import type { Log } from '../../registry/ledger/signed-log.js';
import { nothing } from '../schemas/page.js';
import { ACCESS, admit, type Call, type CallerOf } from './access.js';
import { type BodyLimit, type Json, SINGLE } from './body.js';
import type { Budget, QuickBudget } from './limits.js';
import { isLasting, Problem, problemBody, toProblem } from './problem.js';
import { read } from './validate.js';

// One definition per call: it answers requests, feeds /openapi.json, and its entry in `access.ts` says who may make it.

export interface Services {
  pool: Pool;
  ring: KeyRing;
  logger: Logger;
  /** The log that this platform signs: LEDGER_ORIGIN. */
  log?: Log | undefined;
  /** Where webhooks may go though it is no public https address: WEBHOOK_ALLOWED_HOSTS. */
  allowedHosts?: AllowedHosts;
  /** Counts comparisons that come many in a request. */
  budget?: QuickBudget;
}

/** A request after the manners: signed in or not, within budget, its JSON read. */
export interface Incoming {
  caller: Caller | undefined;
  /** The path's id, lower case, or its code; '' where it has none. */
  id: string;
  path: string;
  query: unknown;
  body: Json | undefined;
  idempotencyKey: string | undefined;
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  /** Whether the client would rather have this type than JSON. */
  accept(type: string): boolean;
  traceId: string;
}

export interface Reply {
  status: number;
  /** JSON text, unless `type` says otherwise. */
  body: string;
  type?: string;
  location?: string;
  etag?: string;
  /** Anybody may keep it, and asks with its ETag whether it still stands. */
  revalidate?: boolean;
  replayed?: boolean;
}

/** POST makes facts, once per Idempotency-Key; PUT and PATCH edit what has versions. */
export type Method = 'get' | 'post' | 'put' | 'patch';

export interface Route {
  call: Call;
  method: Method;
  /** Express's template, e.g. `/v1/cases/:id`. */
  path: string;
  summary: string;
  budget: Budget;
  bodyLimit: BodyLimit;
  query?: z.ZodObject;
  body?: z.ZodType;
  statuses: readonly number[];
  answer: z.ZodType;
  /** What it answers to Accept: text/plain, where it does. */
  text?: string;
  handle(request: Incoming, services: Services): Promise<Reply>;
  /** The same call with a body of this media type that is read, and answered, as it comes. */
  stream?: {
    type: string;
    answer(request: Incoming, services: Services, req: Request, res: Response): Promise<void>;
  };
}

interface Definition<C extends Call, A extends z.ZodType> {
  call: C;
  /** zh-CN and English, for the OpenAPI document. */
  summary: string;
  answer: A;
  budget?: Budget;
}

interface Reading<C extends Call, Q extends z.ZodObject, A extends z.ZodType> extends Definition<C, A> {
  query: Q;
  handle(
    request: { caller: CallerOf<C>; id: string; query: z.output<Q>; traceId: string },
    services: Services,
  ): Promise<z.input<A>>;
  /** The version of what is answered, where it can be edited. */
  version?(answer: z.input<A>): number;
  /** Open to all and seldom changed: a hash of it is its ETag, and who has it already is answered 304. */
  revalidates?: boolean;
}

/** A GET. */
export function reading<C extends Call, Q extends z.ZodObject, A extends z.ZodType>(
  definition: Reading<C, Q, A>,
): Route {
  return {
    ...frame(definition),
    query: definition.query,
    statuses: definition.revalidates ? [200, 304] : [200],
    async handle({ caller, id, query, ifNoneMatch, traceId }, services) {
      admit(definition.call, caller);
      const answer = await definition.handle({ caller, id, query: read(definition.query, query), traceId }, services);
      const body = JSON.stringify(answer);
      if (definition.revalidates) {
        const etag = etagOf(createHash('sha256').update(body).digest('base64url'));
        // Weak comparison (RFC 9110 §13.1.2): a proxy that compressed it may have made the tag weak.
        const known = tagsOf(ifNoneMatch).map((tag) => tag.replace(/^W\//, ''));
        const same = known.includes(etag) || known.includes('*');
        return { status: same ? 304 : 200, body: same ? '' : body, etag, revalidate: true };
      }
      return { status: 200, body, ...(definition.version ? { etag: etagOf(definition.version(answer)) } : {}) };
    },
  };
}

export interface Fact<C extends Call, I> {
  tx: Transaction;
  ring: KeyRing;
  caller: CallerOf<C>;
  actor: Actor;
  id: string;
  input: I;
}

export interface Answer<T> {
  /** The route's first status unless given. */
  status?: number;
  body: T;
  location?: string;
}

interface Writing<C extends Call, B extends z.ZodType, A extends z.ZodType> extends Definition<C, A> {
  body: B;
  /** The usual one first. */
  statuses: readonly [number, ...number[]];
  handle(fact: Fact<C, z.output<B>>): Promise<Answer<z.input<A>>>;
  /** Whether a stored answer may still be given; where not, the request is judged anew. */
  stillHolds?(tx: Transaction, answer: StoredAnswer): Promise<boolean>;
}

/** A POST: fact and stored answer in one transaction, once per client and Idempotency-Key. */
export function writing<C extends Call, B extends z.ZodType, A extends z.ZodType>(definition: Writing<C, B, A>): Route {
  const { call, body, statuses, handle, stillHolds } = definition;
  return {
    ...frame(definition),
    body,
    statuses,
    async handle(request, { pool, ring }) {
      const { caller, id, traceId } = request;
      admit(call, caller);
      const own = signedIn(caller);
      const key = requireKey(request);
      const given = requireBody(request, body);
      const outcome = await once(
        pool,
        { client: own.client, key, fingerprint: fingerprintOf(ring, call, request) },
        {
          run: async (tx) => {
            const input = read(body, given);
            const answer = await handle({ tx, ring, caller, actor: actorOf(own, traceId), id, input });
            return {
              status: answer.status ?? statuses[0],
              body: JSON.stringify(answer.body),
              ...(answer.location === undefined ? {} : { location: answer.location }),
            };
          },
          lasting: (error) => lastingAnswer(error, traceId),
          ...(stillHolds ? { stillHolds } : {}),
        },
      );
      if (outcome.kind === 'in-progress') throw new Problem('in-progress', { retryAfter: 1 });
      if (outcome.kind === 'reused') throw new Problem('idempotency-key-reused');
      return { ...outcome.answer, replayed: outcome.replayed };
    },
  };
}

interface Edit<C extends Call, I> extends Fact<C, I> {
  /** Throws Problem 428 or 412 unless the request names the version that is there (If-Match); undefined: nothing is there yet. */
  requireVersion(version: number | undefined): void;
}

interface Editing<C extends Call, B extends z.ZodType, A extends z.ZodType> extends Definition<C, A> {
  body: B;
  /** The usual one first. */
  statuses: readonly [number, ...number[]];
  handle(edit: Edit<C, z.output<B>>, services: Services): Promise<Answer<z.input<A>> & { version: number }>;
}

/** A PUT or PATCH of something that has versions: in one transaction, its new version in the ETag (RFC 9110 §13, RFC 6585 §3). */
export function editing<C extends Call, B extends z.ZodType, A extends z.ZodType>(definition: Editing<C, B, A>): Route {
  const { call, body, statuses, handle } = definition;
  return {
    ...frame(definition),
    body,
    statuses,
    async handle(request, services) {
      const { caller, id, traceId, ifMatch } = request;
      admit(call, caller);
      const own = signedIn(caller);
      const input = read(body, requireBody(request, body));
      const answer = await inTransaction(services.pool, (tx) =>
        handle(
          {
            tx,
            ring: services.ring,
            caller,
            actor: actorOf(own, traceId),
            id,
            input,
            requireVersion: (version) => requireVersion(ifMatch, version),
          },
          services,
        ),
      );
      return {
        status: answer.status ?? statuses[0],
        body: JSON.stringify(answer.body),
        etag: etagOf(answer.version),
      };
    },
  };
}

/** A strong entity tag (RFC 9110 §8.8.3). */
const etagOf = (version: number | string): string => `"${version}"`;
const tagsOf = (header: string | undefined): string[] => (header ?? '').split(',').map((tag) => tag.trim());

function requireVersion(ifMatch: string | undefined, version: number | undefined): void {
  if (ifMatch === undefined) {
    if (version !== undefined) throw new Problem('precondition-required');
    return;
  }
  const tags = tagsOf(ifMatch);
  if (version === undefined || !(tags.includes('*') || tags.includes(etagOf(version)))) {
    throw new Problem('version-mismatch');
  }
}

/** What is kept with a key when the request was refused for good. */
export function lastingAnswer(error: unknown, traceId: string): StoredAnswer | undefined {
  const problem = toProblem(error);
  return isLasting(problem)
    ? { status: problem.status, body: JSON.stringify(problemBody(problem, traceId)) }
    : undefined;
}

/** The part of a route that its definition and the access table give. */
export function frame<C extends Call>({
  call,
  summary,
  answer,
  budget,
}: Definition<C, z.ZodType>): Pick<Route, 'call' | 'method' | 'path' | 'summary' | 'answer' | 'budget' | 'bodyLimit'> {
  const [method, path] = split(call);
  return {
    call,
    method,
    path,
    summary,
    answer,
    bodyLimit: SINGLE,
    budget: budget ?? (method === 'get' ? 'reads' : 'facts'),
  };
}

const METHODS: Readonly<Record<string, Method>> = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch' };

function split(call: Call): [Method, string] {
  const [name = '', path = ''] = call.split(' ');
  const method = METHODS[name];
  if (method === undefined) throw new Error(`${call}: no such method`);
  return [method, path];
}

/** A call that writes is open to somebody only: `any` is for reading. */
export function signedIn(caller: Caller | undefined): Caller {
  if (!caller) throw new Problem('token-missing');
  return caller;
}

/** What an Idempotency-Key looks like. */
export const KEY = /^[\x20-\x7e]{1,255}$/;

export function requireKey({ idempotencyKey }: Incoming): string {
  if (idempotencyKey === undefined || idempotencyKey === '') throw new Problem('idempotency-key-missing');
  if (!KEY.test(idempotencyKey)) throw new Problem('idempotency-key-invalid');
  return idempotencyKey;
}

/** Throws Problem 400 where a body is missing; calls that say all in their path need none. */
export function requireBody({ body }: Incoming, schema: z.ZodType): Json {
  if (body === undefined && schema !== nothing) throw new Problem('malformed-json');
  return body ?? {};
}

/** Keyed, over method, path and canonical body: the same request, however its JSON was laid out. */
export function fingerprintOf(ring: KeyRing, call: Call, { path, body }: Pick<Incoming, 'path' | 'body'>): Buffer {
  const [method] = split(call);
  return fingerprint(ring, method, path, canonicalJson(body ?? {}));
}

/** Whether a call is open without a token. */
export const isPublic = (call: Call): boolean => ACCESS[call] === 'any';
