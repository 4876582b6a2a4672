import { isUtf8 } from 'node:buffer';
import express, { type Request, type Response } from 'express';
import type { InputError } from '../../domain/refusal.js';
import { Problem } from './problem.js';

/** What a body may weigh: bytes on the wire, and values once parsed (a parsed tree costs far more than its bytes). */
export interface BodyLimit {
  bytes: number;
  values: number;
}
export const SINGLE: BodyLimit = { bytes: 100_000, values: 5_000 };
export const BATCH: BodyLimit = { bytes: 2_000_000, values: 60_000 };
const DEPTH = 16;

export type Json = string | number | boolean | null | Json[] | { [member: string]: Json };

const parsers = new Map([SINGLE, BATCH].map((limit) => [limit, parser(limit)]));

function parser(limit: BodyLimit): express.RequestHandler {
  return express.json({
    limit: limit.bytes,
    // Any JSON text is JSON; what it must look like is the schema's business.
    strict: false,
    inflate: false,
    type: () => true,
    verify: (_req, _res, bytes, encoding) => {
      if (encoding !== 'utf-8') throw new Problem('media-type');
      // The decoder would put U+FFFD in place of broken bytes without a word.
      if (!isUtf8(bytes)) throw new Problem('malformed-json');
    },
  });
}

/** Whether the body says that it is of this media type, whatever its parameters. */
export const isOfType = (req: Request, type: string): boolean =>
  (req.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() === type;

/** JSON from bytes: what express.json makes of them. Throws Problem 400, or 422 as `readBody`. */
export function parseBody(bytes: Buffer, limit: BodyLimit): Json {
  // The decoder would put U+FFFD in place of broken bytes without a word.
  if (!isUtf8(bytes)) throw new Problem('malformed-json');
  const text = bytes.toString('utf8');
  const body = parsed(text);
  return fitsPlainly(text, limit) ? body : fitting(body, limit);
}

/**
 * Whether its text alone shows that a body fits: too short for too many values, too few brackets to be deep, and no escape, so that its characters are
 * those of the wire, where neither NUL nor half a surrogate pair is JSON in UTF-8. Nearly every body of one comparison.
 */
function fitsPlainly(text: string, limit: BodyLimit): boolean {
  return text.length <= limit.values && !text.includes('\\') && opens(text, '{') + opens(text, '[') <= DEPTH;
}

/** How often a character stands in it, DEPTH + 1 at the most. */
function opens(text: string, bracket: string): number {
  let count = 0;
  for (let at = text.indexOf(bracket); at >= 0 && count <= DEPTH; at = text.indexOf(bracket, at + 1)) count += 1;
  return count;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    throw new Problem('malformed-json');
  }
}

function fitting(body: Json, limit: BodyLimit): Json {
  const errors = unfit(body, limit);
  if (errors.length > 0) throw new Problem('invalid', { errors });
  return body;
}

/** Reads the request's JSON; undefined when it has no body. Throws Problem 400, 413, 415, or 422 for texts and trees no message has. */
export async function readBody(req: Request, res: Response, limit: BodyLimit): Promise<Json | undefined> {
  const present = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  if (!present) return undefined;
  if (!isOfType(req, 'application/json')) throw new Problem('media-type');
  if (res.locals.bytes) return parseBody(res.locals.bytes, limit);
  const parse = parsers.get(limit) ?? parser(limit);
  await new Promise<void>((resolve, reject) => {
    parse(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(toBodyProblem(error))));
  });
  return fitting(req.body, limit);
}

/** The codes of body-parser's errors (http-errors with a `type`). */
const CODES: Readonly<Record<string, 'body-too-large' | 'media-type'>> = {
  'entity.too.large': 'body-too-large',
  'encoding.unsupported': 'media-type',
  'charset.unsupported': 'media-type',
};

function toBodyProblem(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // body-parser puts its own status on what `verify` throws.
  if (error instanceof Problem) return new Problem(error.code);
  const type = 'type' in error && typeof error.type === 'string' ? error.type : '';
  // What is left is the client's: broken JSON, a length that does not fit, a connection given up half-way.
  return new Problem(CODES[type] ?? 'malformed-json');
}

/** PostgreSQL takes no NUL, UTF-8 no lone surrogate; nothing of ours nests deeply. Walks without recursion: depth is the sender's choice. */
function unfit(body: Json, limit: BodyLimit): InputError[] {
  const errors: InputError[] = [];
  const queue: { value: Json; pointer: string; depth: number }[] = [{ value: body, pointer: '', depth: 0 }];
  let values = 0;
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { value, pointer, depth } = next;
    values += 1;
    if (values > limit.values) return [{ pointer: '', code: 'too-many' }];
    if (depth > DEPTH) return [{ pointer: '', code: 'too-deep' }];
    if (typeof value === 'string') {
      if (!isText(value)) errors.push({ pointer, code: 'invalid-text' });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        if (!isText(name)) errors.push({ pointer, code: 'invalid-text' });
        queue.push({
          value: member,
          pointer: `${pointer}/${Array.isArray(value) ? name : escaped(name)}`,
          depth: depth + 1,
        });
      }
    }
  }
  return errors;
}

/** Whether PostgreSQL can hold it and UTF-8 can say it. */
function isText(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text);
}

// No member of ours has a digit in its name; a passport's number has.
const MEMBER = /^[A-Za-z][A-Za-z_-]{0,39}$/;

/** A member's name in a pointer (RFC 6901), or `*`: a name that is none of ours may be somebody's. */
export function escaped(name: string): string {
  return MEMBER.test(name) ? name : '*';
}
