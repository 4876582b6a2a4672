import { randomBytes } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Caller } from '../registry/credentials.js';

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
      /** The problem's code, where it came to one. */
      code?: string;
    }
  }
}

// W3C Trace Context level 1: version, trace id, parent id, flags; later versions may append.
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

export const trace: RequestHandler = (req, res, next) => {
  const given = TRACEPARENT.exec(req.get('traceparent') ?? '');
  res.locals.traceId = given?.[1] ?? randomBytes(16).toString('hex');
  next();
};
