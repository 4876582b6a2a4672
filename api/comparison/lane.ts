import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { identify } from '../../registry/access/credentials.js';
import { bearerToken } from '../http/authentication.js';
import { type Json, parseBody, SINGLE } from '../http/body.js';
import type { QuickBudget } from '../http/limits.js';
import type { Metrics } from '../http/metrics.js';
import { fingerprintOf, KEY, type Reply, type Route, type Services } from '../http/route.js';
import { traceOf } from '../http/trace.js';
import { comparisonAtSpeed } from '../schemas/comparisons.js';
import { single } from './comparisons.js';
import type { ComparisonQueue } from './queue.js';

const { call, path } = single;
const PLAIN_JSON = /^application\/json(?:; ?charset=utf-8)?$/i;

export interface Lane extends Services {
  queue: ComparisonQueue;
  budget: QuickBudget;
  metrics: Metrics;
  /** Where each answer leaves a line. */
  lines: Logger;
  /** Names and values of the headers that every answer carries. */
  headers: readonly string[];
  inspect?(route: Route, reply: Reply): void;
}

/**
 * The way of a comparison that is clear beyond doubt, in front of all others: more than 99 of 100. It does what the ordinary way does (sign-in,
 * budget, validation, record, log, metrics) without its detours, and answers 200 and CLEAR or not at all: every other request goes the
 * ordinary way as if nothing had been tried, with the bytes that were read.
 */
export function comparisonLane(lane: Lane, ordinary: RequestListener): RequestListener {
  return (req, res) => {
    if (req.url !== path || req.method !== 'POST' || !isPlain(req)) {
      ordinary(req, res);
      return;
    }
    const began = performance.now();
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    // Gone half-way: there is nobody to answer.
    req.on('error', () => undefined);
    req.on('end', () => {
      const [first = Buffer.alloc(0), ...more] = chunks;
      const read = { traceId: traceOf(req), bytes: more.length === 0 ? first : Buffer.concat(chunks) };
      const leave = (known: object): void => {
        Object.assign(res, { locals: Object.assign(Object.create(null), read, known) });
        ordinary(req, res);
      };
      answerClear(lane, req, res, began, read).then(
        (answered) => {
          if (!answered) leave({});
        },
        (refused: unknown) => leave({ refused }),
      );
    });
  };
}

/** Nothing about it that the ordinary way would have to look at: a body of a sensible length, as JSON, not compressed, and a key. */
function isPlain({ headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length']);
  return (
    length > 0 &&
    length <= SINGLE.bytes &&
    headers['content-encoding'] === undefined &&
    PLAIN_JSON.test(headers['content-type'] ?? '') &&
    KEY.test(keyOf(headers))
  );
}

const keyOf = (headers: IncomingMessage['headers']): string => String(headers['idempotency-key'] ?? '');

/** Answers it if it is clear; false: it is the ordinary way's. Rejects where that would only wait in vain too. */
async function answerClear(
  lane: Lane,
  req: IncomingMessage,
  res: ServerResponse,
  began: number,
  { traceId, bytes }: { traceId: string; bytes: Buffer },
): Promise<boolean> {
  const token = bearerToken(req.headers.authorization);
  const found = token === undefined ? undefined : await identify(lane.pool, token);
  if (!found || !('caller' in found) || found.caller.role !== 'department') return false;
  const { client, department } = found.caller;
  const left = await lane.budget.take(client);
  // The ordinary way counts what is not answered here.
  const giveBack = (): Promise<void> => lane.budget.giveBack(client);
  const answer =
    left === undefined
      ? undefined
      : await judged(lane, req, bytes, { client, department })?.catch(async (refused: unknown) => {
          await giveBack();
          throw refused;
        });
  if (left === undefined || answer === undefined) {
    await giveBack();
    return false;
  }
  lane.inspect?.(single, { status: 200, body: answer });
  res.writeHead(200, [...lane.headers, ...left, 'Content-Length', String(Buffer.byteLength(answer))]);
  res.end(answer);
  const ms = performance.now() - began;
  lane.metrics.count({ method: 'POST', route: path, status: 200, code: '', client }, ms / 1_000);
  lane.lines.info({ traceId, method: 'POST', route: path, status: 200, client, ms }, 'request');
  return true;
}

function judged(
  { ring, queue }: Lane,
  { headers }: IncomingMessage,
  bytes: Buffer,
  { client, department }: { client: string; department: string },
): Promise<string | undefined> | undefined {
  const body = plainJson(bytes);
  const given = body === undefined ? undefined : comparisonAtSpeed.safeParse(body);
  if (!given?.success) return undefined;
  const fingerprint = fingerprintOf(ring, call, { path, body });
  return queue.ask({ client, key: keyOf(headers), fingerprint, department, input: given.data });
}

/** Undefined where the ordinary way has something to say about it. */
function plainJson(bytes: Buffer): Json | undefined {
  try {
    return parseBody(bytes, SINGLE);
  } catch {
    return undefined;
  }
}
