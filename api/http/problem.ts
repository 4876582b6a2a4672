import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import { type InputError, Refusal } from '../../domain/refusal.js';
import { isUnavailable, sqlState, violatedConstraint } from '../../registry/database/pool.js';
import { inputDetail } from './input-codes.js';

/** The words clients branch on (RFC 9457 `code`): contract, each with its status and what it says. Words are added, never removed. */
export const PROBLEMS = {
  'malformed-json': [400, '请求体不是有效的 UTF-8 JSON', 'The body is not valid JSON in UTF-8'],
  'idempotency-key-missing': [400, '缺少 Idempotency-Key 请求头', 'The Idempotency-Key header is missing'],
  'idempotency-key-invalid': [
    400,
    'Idempotency-Key 须为 1–255 个可打印 ASCII 字符',
    'Idempotency-Key must be 1-255 printable ASCII characters',
  ],
  'token-missing': [401, '请在 Authorization 请求头中提供令牌', 'Send a token in the Authorization header'],
  'token-invalid': [401, '令牌无效', 'The token is not valid'],
  'token-expired': [401, '令牌已过期', 'The token has expired'],
  'not-found': [404, '不存在，或不属于您', 'Not found, or not yours'],
  'method-not-allowed': [405, '该地址不支持此方法', 'This address does not take this method'],
  'in-progress': [409, '同一请求正在处理，请稍后重试', 'The first request with this key is still running'],
  'receipt-not-published': [
    409,
    '尚未公布，请稍后再取',
    'Not published yet: it is accepted, and its proof can be fetched in a moment',
  ],
  'state-conflict': [409, '与当前状态冲突', 'In conflict with the present state'],
  'version-mismatch': [
    412,
    '内容已被更改：请重新读取后再试',
    'It was changed meanwhile: read it again and send its present ETag in If-Match',
  ],
  'body-too-large': [413, '请求体过大', 'The body is too large'],
  'media-type': [
    415,
    '请使用 Content-Type: application/json（UTF-8，不压缩）',
    'Send Content-Type: application/json in UTF-8, not compressed',
  ],
  invalid: [422, '内容有误，请按 errors 修改', 'The content is not valid: mend what errors name'],
  'idempotency-key-reused': [
    422,
    '该 Idempotency-Key 已用于另一个请求',
    'This Idempotency-Key was used for another request: take a new one',
  ],
  'precondition-required': [
    428,
    '已存在：请在 If-Match 请求头中提供其 ETag',
    'It exists already: send its ETag in the If-Match header',
  ],
  'rate-limited': [429, '请求过于频繁，请稍后重试', 'Too many requests: try again later'],
  internal: [500, '内部错误', 'Internal error'],
  overloaded: [503, '服务暂不可用，请稍后重试', 'Not available for the moment: try again'],
} as const satisfies Record<string, readonly [status: number, zh: string, en: string]>;

export type ProblemCode = keyof typeof PROBLEMS;
const TYPE_PREFIX = 'urn:joint-enforcement:problem:';

export interface ProblemOptions {
  errors?: readonly InputError[];
  /** Seconds. */
  retryAfter?: number;
  headers?: Record<string, string>;
  /** Never an input value: it may be a person's number. */
  detail?: string;
}

/** What a request is refused with. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    readonly options: ProblemOptions = {},
  ) {
    super(PROBLEMS[code][2]);
    this.status = PROBLEMS[code][0];
  }
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail?: string;
  code: ProblemCode;
  traceId: string;
  errors?: { pointer: string; code: string; detail?: string }[];
}

const ERRORS_AT_MOST = 100;

export function problemBody(problem: Problem, traceId: string): ProblemBody {
  const { code, status, options } = problem;
  const [, zh, en] = PROBLEMS[code];
  return {
    type: `${TYPE_PREFIX}${code}`,
    title: `${zh}。 / ${en}.`,
    status,
    ...(options.detail ? { detail: options.detail } : {}),
    code,
    traceId,
    ...(options.errors && options.errors.length > 0
      ? { errors: options.errors.slice(0, ERRORS_AT_MOST).map(explained) }
      : {}),
  };
}

function explained({ pointer, code }: InputError): { pointer: string; code: string; detail?: string } {
  const detail = inputDetail(code);
  return detail === undefined ? { pointer, code } : { pointer, code, detail };
}

/** Reject codes whose status is not that of their refusal (conventions §2). */
const CODE_OF_ERROR: Readonly<Record<string, ProblemCode>> = {
  E07: 'state-conflict',
  E08: 'not-found',
  E09: 'not-found',
  E10: 'state-conflict',
};

const AWAY_RETRY_SECONDS = 2;

/** What an error is to the client; everything unforeseen is `internal`, with nothing inside. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // Express could not decode the path: no place has such an address.
  if (error instanceof URIError) return new Problem('not-found');
  if (error instanceof Refusal) {
    const special = error.errors.map(({ code }) => CODE_OF_ERROR[code]).find((code) => code !== undefined);
    return new Problem(special ?? error.code, { errors: error.errors, detail: error.message });
  }
  if (isUnavailable(error)) {
    return new Problem('overloaded', { retryAfter: AWAY_RETRY_SECONDS });
  }
  return new Problem('internal');
}

/** A refusal that stays true however often the request is sent: kept with its key. */
export function isLasting(problem: Problem): boolean {
  return (
    problem.status >= 400 &&
    problem.status < 500 &&
    ![401, 429].includes(problem.status) &&
    problem.code !== 'in-progress'
  );
}

/** The one place where errors become answers; the last middleware. */
export function problems(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    const problem = toProblem(error);
    res.locals.code = problem.code;
    if (problem.status >= 500)
      logger.error({ traceId: res.locals.traceId, route: res.locals.route, ...described(error) }, problem.code);
    if (res.headersSent) {
      next(error);
      return;
    }
    const { retryAfter, headers } = problem.options;
    if (retryAfter !== undefined) res.set('Retry-After', String(retryAfter));
    if (headers) res.set(headers);
    res
      .status(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(problemBody(problem, res.locals.traceId)));
  };
}

/** What may be logged of an error: messages and details of PostgreSQL repeat values, so only names, codes and places. */
export function described(error: unknown): object {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error: error.name,
    code: sqlState(error) ?? ('code' in error && typeof error.code === 'string' ? error.code : undefined),
    constraint: violatedConstraint(error),
    at: frames.slice(0, 12).map((line) => line.trim()),
  };
}
