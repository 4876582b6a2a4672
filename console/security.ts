import type { Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';

/** Nothing but our own files; no inline script or style; never framed. Names its own directives because helmet's defaults allow inline styles. */
export const securityHeaders: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  referrerPolicy: { policy: 'same-origin' },
  xFrameOptions: { action: 'deny' },
});

/** Pages show persons: no browser or proxy may keep them. */
export const neverStored: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

/** A request that came from somewhere else than a page of ours. */
export class ForeignPost extends Error {
  override readonly name = 'ForeignPost';
}

/** Every POST must come from a page of this origin, by the browser's own word. Throws ForeignPost. */
export const ownPostsOnly: RequestHandler = (req, _res, next) => {
  if (req.method !== 'GET' && req.method !== 'HEAD' && !isSameOrigin(req)) throw new ForeignPost();
  next();
};

function isSameOrigin(req: Request): boolean {
  const site = req.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = req.get('origin');
  // The scheme is left out: where a proxy ends TLS only the browser knows it.
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === req.get('host');
}

/** Whether the browser speaks HTTPS, also where a proxy ends it: it says so itself with every form it sends. */
const speaksHttps = (req: Request): boolean => req.secure || (req.get('origin')?.startsWith('https://') ?? false);

/** A cookie of the console only: no script reads it, no other site's form sends it. */
export function setCookie(req: Request, res: Response, name: string, value: string, expires: Date): void {
  res.cookie(name, value, { path: '/console', httpOnly: true, sameSite: 'lax', secure: speaksHttps(req), expires });
}
