import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Caller } from '../../registry/access/credentials.js';

declare global {
  namespace Express {
    interface Locals {
      /** 32 hex digits: the caller's W3C trace, or one begun here. */
      traceId: string;
      /** The route's template, never the URL. */
      route?: string;
      caller?: Caller;
      /** The court or department that asks. */
      client?: string;
      /** The body, where it was read before. */
      bytes?: Buffer;
      /** Why the request can't be answered, where that is known before. */
      refused?: unknown;
      /** The problem's code, where it came to one. */
      code?: string;
    }
  }
}

// W3C Trace Context level 1: version, trace id, parent id, flags; later versions may append.
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

/** The caller's trace, or one begun here. */
export function traceOf({ headers }: IncomingMessage): string {
  const given = TRACEPARENT.exec(String(headers.traceparent ?? ''));
  return given?.[1] ?? randomUUID().replaceAll('-', '');
}

export const trace: RequestHandler = (req, res, next) => {
  res.locals.traceId ??= traceOf(req);
  next();
};
