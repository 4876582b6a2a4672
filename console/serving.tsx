import type { Request, RequestHandler, Response } from 'express';
import type { JSX } from 'preact';
import { render } from 'preact-render-to-string';
import { type CourtCaller, isOfCourt } from '../registry/access/scope.js';
import type { Pool } from '../registry/database/pool.js';
import { type Message, MessagePage } from './pages/message.js';
import { paths, withQuery } from './paths.js';
import { signedIn } from './session.js';
import { type Visit, visitOf } from './visit.js';

type CourtHandler = (visit: Visit, caller: CourtCaller, req: Request, res: Response) => Promise<void>;

/**
 * Pages for courts: others are told so, who is not signed in is asked to, and comes back here. `between` runs for those who may see the page; the
 * client is known by then (`res.locals.client`).
 */
export function forCourts(pool: Pool, handle: CourtHandler, ...between: RequestHandler[]): RequestHandler[] {
  return [
    async (req, res, next) => {
      const caller = await signedIn(pool, req);
      const visit = visitOf(req, caller);
      if (caller === undefined) return res.redirect(303, withQuery(paths.signIn, { next: visit.here }));
      res.locals.client = caller.client;
      if (!isOfCourt(caller)) return sendMessage(res, visit, 403, 'courtsOnly');
      res.locals.visitor = caller;
      next();
    },
    ...between,
    (req, res) => handle(visitOf(req, res.locals.visitor), res.locals.visitor, req, res),
  ];
}

/** The template by which logs and metrics know a request. */
export function named(template: string): RequestHandler {
  return (_req, res, next) => {
    res.locals.route = `/console/${template}`;
    next();
  };
}

export function send(res: Response, status: number, page: JSX.Element): void {
  res
    .status(status)
    .type('html')
    .send(`<!doctype html>${render(page)}`);
}

export function sendMessage(res: Response, visit: Visit, status: number, message: Message): void {
  send(res, status, <MessagePage visit={visit} message={message} />);
}
