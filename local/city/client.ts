import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { DEFAULTER_STATES, DIRECTIVE_TYPES, MEASURES, NOTICE_KINDS, OUTCOMES } from '../../domain/vocabulary.js';

/** One sign-in of `credentials.json`. */
export const credential = z.discriminatedUnion('role', [
  z.object({ role: z.literal('clerk'), court: z.string(), token: z.string().min(1) }),
  z.object({ role: z.literal('judge'), court: z.string(), judge: z.string(), token: z.string().min(1) }),
  z.object({ role: z.literal('department'), department: z.string(), token: z.string().min(1) }),
  z.object({ role: z.literal('supervisor'), court: z.string(), token: z.string().min(1) }),
  z.object({ role: z.literal('administrator'), token: z.string().min(1) }),
]);
export type Credential = z.output<typeof credential>;

const measure = z.enum(MEASURES);
const noticeCount = z.object({ sent: z.number().int(), acknowledged: z.number().int() });
const restriction = z.object({
  id: z.string(),
  measure,
  inForceAt: z.string().optional(),
  endedAt: z.string().optional(),
  endGround: z.string().optional(),
});
const notice = z.object({
  seq: z.number().int(),
  id: z.string(),
  kind: z.enum(NOTICE_KINDS),
  at: z.string(),
  void: z.boolean().optional(),
  defaulter: z.string(),
  services: z.array(z.string()),
  interceptions: z.array(z.object({ id: z.string(), reference: z.string() })).optional(),
  directive: z.object({ type: z.enum(DIRECTIVE_TYPES) }).optional(),
});
export type Notice = z.output<typeof notice>;
const notices = z.object({ items: z.array(notice), served: z.number().int() });

/** What the API answers, as far as these clients read it; members not named here are ignored, none of these is personal. */
export const answers = {
  /** A 2xx whose body doesn't matter to the caller. */
  taken: z.unknown(),
  opened: z.object({
    id: z.string(),
    caseNumber: z.string(),
    outstanding: z.string(),
    defaulters: z.array(z.object({ id: z.string(), state: z.string() })),
  }),
  case: z.object({
    id: z.string(),
    state: z.enum(['OPEN', 'CLOSED']),
    outstanding: z.string(),
    defaulters: z.array(
      z.object({
        id: z.string(),
        state: z.enum(DEFAULTER_STATES),
        restrictions: z.array(restriction),
        notices: z.object({ publish: noticeCount, release: noticeCount }),
      }),
    ),
  }),
  timeline: z.object({
    items: z.array(
      z.object({
        seq: z.number().int(),
        type: z.string(),
        defaulter: z.string().optional(),
        department: z.string().optional(),
        detail: z.unknown(),
      }),
    ),
    next: z.string().optional(),
  }),
  repaid: z.object({ id: z.string(), outstanding: z.string(), surplus: z.string() }),
  inbox: z.object({
    items: z.array(
      z.object({
        id: z.string(),
        kind: z.string(),
        defaulter: z.string().optional(),
        interception: z.string().optional(),
        readAt: z.string().optional(),
      }),
    ),
    next: z.string().optional(),
  }),
  compared: z.object({
    id: z.string(),
    outcome: z.enum(OUTCOMES),
    reasons: z.array(z.string()),
    interceptions: z.array(z.object({ id: z.string(), measures: z.array(measure), howToEnd: z.string() })),
    comparedAt: z.string(),
  }),
  notices,
  services: z.object({
    items: z.array(
      z.object({ code: z.string(), enabled: z.boolean().optional(), version: z.number().int().optional() }),
    ),
  }),
  schools: z.object({
    items: z.array(
      z.object({
        code: z.string(),
        name: z.object({ zh: z.string(), en: z.string() }),
        enrolment: z.object({ from: z.string(), until: z.string() }).optional(),
        version: z.number().int(),
      }),
    ),
  }),
  endpoint: z.object({ version: z.number().int() }),
  endpointSecret: z.object({ secret: z.string() }),
};
/** The body of a webhook: one batch of notices. */
export const webhook = z.object({ type: z.literal('notices'), data: notices });
export type Batch = z.output<typeof notices>;
export type CaseView = z.output<typeof answers.case>;
export type Compared = z.output<typeof answers.compared>;

/** A lasting refusal (RFC 9457 problem). Names method, route, status, code and pointers; never a value that was sent. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  constructor(
    call: string,
    readonly status: number,
    readonly code: string,
    pointers: string[],
  ) {
    super(`${call} answered ${status} ${code}${pointers.length > 0 ? ` (${pointers.join(', ')})` : ''}`);
  }
}

/** The API couldn't be reached, or kept answering that it can't serve now, for as long as the client was patient. */
export class ApiAway extends Error {
  override readonly name = 'ApiAway';
  constructor(
    call: string,
    readonly why: string,
  ) {
    super(`${call}: the API is away (${why}); start it, or check its address`);
  }
}

export interface ApiClientOptions {
  /** Address of the API, e.g. `http://127.0.0.1:8080`. */
  url: string;
  token: string;
  /** How long one call is tried again while the API is away, in ms; 0 = one attempt. */
  patience: number;
  signal?: AbortSignal | undefined;
}

type Attempt<T> = { value: T } | { away: string; retryAfter?: number };

const problem = z.object({
  code: z.string(),
  errors: z.array(z.object({ pointer: z.string(), code: z.string() })).optional(),
});

const ATTEMPT_LIMIT = 15_000;

/** 100 ms doubling to 2 s, half of it by chance: 36 clients must not come back in step. */
function backoff(attempt: number): number {
  const top = Math.min(2_000, 100 * 2 ** Math.min(attempt, 10));
  return top / 2 + (Math.random() * top) / 2;
}

/** `node: fetch failed` says nothing; its cause does (ECONNREFUSED, ECONNRESET, …). */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return error.name;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * One party's client of the public API. A call is repeated, a POST with the same Idempotency-Key, while the connection fails or the API
 * answers 429, 502, 503, 504 or 409 `in-progress`; everything else is final.
 */
export class ApiClient {
  constructor(private readonly options: ApiClientOptions) {}

  /** @throws ApiRefusal, ApiAway; the signal's reason once it is aborted. */
  get<S extends z.ZodType>(path: string, answer: S): Promise<z.output<S>> {
    return this.call('GET', path, answer, {});
  }

  /** `key`: the Idempotency-Key; the same key with the same body is one fact. @throws as `get`. */
  post<S extends z.ZodType>(path: string, body: object, key: string, answer: S): Promise<z.output<S>> {
    return this.call('POST', path, answer, {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    });
  }

  /** `version`: of what is there already, and is replaced only if it is still that one. @throws as `get`. */
  put<S extends z.ZodType>(path: string, body: object, version: number | undefined, answer: S): Promise<z.output<S>> {
    return this.edit('PUT', path, body, version, answer);
  }

  /** Changes the members named, if it is still that version. @throws as `get`. */
  patch<S extends z.ZodType>(path: string, body: object, version: number, answer: S): Promise<z.output<S>> {
    return this.edit('PATCH', path, body, version, answer);
  }

  private edit<S extends z.ZodType>(
    method: 'PUT' | 'PATCH',
    path: string,
    body: object,
    version: number | undefined,
    answer: S,
  ): Promise<z.output<S>> {
    return this.call(method, path, answer, {
      body: JSON.stringify(body),
      headers: {
        'Content-Type': 'application/json',
        ...(version === undefined ? {} : { 'If-Match': `"${version}"` }),
      },
    });
  }

  private async call<S extends z.ZodType>(
    method: string,
    path: string,
    answer: S,
    request: { body?: string; headers?: Record<string, string> },
  ): Promise<z.output<S>> {
    const { url, token, patience, signal } = this.options;
    const target = new URL(path, url);
    const name = `${method} ${target.pathname}`;
    const until = Date.now() + patience;
    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted();
      const outcome = await this.attempt(name, answer, target, {
        method,
        redirect: 'error',
        ...(request.body === undefined ? {} : { body: request.body }),
        headers: { Accept: 'application/json', Authorization: `Bearer ${token}`, ...request.headers },
      });
      if ('value' in outcome) return outcome.value;
      const wait = Math.max(outcome.retryAfter ?? 0, backoff(attempt));
      if (Date.now() + wait > until) throw new ApiAway(name, outcome.away);
      await sleep(wait, undefined, { signal });
    }
  }

  private async attempt<S extends z.ZodType>(
    name: string,
    answer: S,
    target: URL,
    init: RequestInit,
  ): Promise<Attempt<z.output<S>>> {
    const { signal } = this.options;
    // By hand: on Node 20 `AbortSignal.any` keeps memory for as long as its long-lived source.
    const stop = new AbortController();
    const abort = () => stop.abort();
    const limit = setTimeout(abort, ATTEMPT_LIMIT);
    signal?.addEventListener('abort', abort, { once: true });
    let response: Response;
    let text: string;
    try {
      response = await fetch(target, { ...init, signal: stop.signal });
      text = await response.text();
    } catch (error) {
      signal?.throwIfAborted();
      return { away: stop.signal.aborted ? `no answer in ${ATTEMPT_LIMIT / 1_000} s` : reason(error) };
    } finally {
      clearTimeout(limit);
      signal?.removeEventListener('abort', abort);
    }
    const body = parsed(text);
    if (response.ok) {
      const read = answer.safeParse(body);
      if (read.success) return { value: read.data };
      const members = read.error.issues.map((issue) => `/${issue.path.join('/')}`);
      throw new ApiRefusal(name, response.status, 'unexpected-answer', members);
    }
    const said = problem.safeParse(body);
    const code = said.success ? said.data.code : 'no-problem-body';
    if ([429, 502, 503, 504].includes(response.status) || code === 'in-progress') {
      const seconds = Number(response.headers.get('Retry-After') ?? 0);
      return {
        away: `${response.status} ${code}`,
        ...(Number.isFinite(seconds) ? { retryAfter: Math.min(seconds, 30) * 1_000 } : {}),
      };
    }
    const pointers = said.success ? (said.data.errors ?? []).map((e) => `${e.pointer} ${e.code}`) : [];
    throw new ApiRefusal(name, response.status, code, pointers);
  }
}
