import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestHandler } from 'express';
import { HOME } from './paths.js';

const TYPES = {
  'console.css': 'text/css',
  'parts.css': 'text/css',
  'case.css': 'text/css',
  'print.css': 'text/css',
  'icon.svg': 'image/svg+xml',
} as const;
type Name = keyof typeof TYPES;

interface Asset {
  type: string;
  body: Buffer;
  version: string;
}

// They stand beside this file, in the sources and (copied) in what is built from them.
const assets = new Map<string, Asset>(
  Object.entries(TYPES).map(([name, type]) => {
    const body = readFileSync(new URL(`./assets/${name}`, import.meta.url));
    return [name, { type, body, version: createHash('sha256').update(body).digest('hex').slice(0, 16) }];
  }),
);

/** The address of an asset as it now is: another content has another address. */
export const assetUrl = (name: Name): string => `${HOME}/assets/${name}?v=${assets.get(name)?.version ?? ''}`;

/** Serves an asset; for ever only under the address of its present content, since processes of two versions may run side by side. */
export const serveAsset: RequestHandler<{ name: string }> = (req, res, next) => {
  const asset = assets.get(req.params.name);
  if (asset === undefined) return next();
  const current = req.query.v === asset.version;
  res.set('Cache-Control', current ? 'public, max-age=31536000, immutable' : 'no-store');
  res.type(asset.type).send(asset.body);
};
