import { createHash } from 'node:crypto';
import { type RequestHandler, type Response, Router } from 'express';
import { parseTilePath, TILE_WIDTH } from '../../ledger/tiles.js';
import type { Pool } from '../../registry/database/pool.js';
import { latestCheckpoint, servedCheckpoint } from '../../registry/ledger/checkpoints.js';
import { type Log, logKeys } from '../../registry/ledger/signed-log.js';
import { readEntryBundle, readTilesOf } from '../../registry/ledger/tiles.js';
import { Problem } from '../http/problem.js';

/** A checkpoint is news: nobody may keep it longer. */
const CHECKPOINT_SECONDS = 1;
const YEAR_SECONDS = 31_536_000;

/** The log as C2SP tlog-tiles serves it: checkpoint, tiles, bundles of entries, and its key. Open to all: it names nobody. */
export function ledgerRoutes(pool: Pool, log: Log | undefined, limit: RequestHandler): Router {
  const router = Router();
  const published = publishedSize(pool);
  const get = (path: string | RegExp, route: string, serve: (path: string) => Promise<Served | undefined>): void => {
    const name: RequestHandler = (_req, res, next) => {
      res.locals.route = route;
      next();
    };
    router.get(path, name, limit, async (req, res) => {
      const served = await serve(req.path.slice('/ledger/'.length));
      if (!served) throw new Problem('not-found');
      send(res, served, req.get('if-none-match'));
    });
    router.all(path, name, () => {
      throw new Problem('method-not-allowed', { headers: { Allow: 'GET, HEAD' } });
    });
  };
  get('/ledger/checkpoint', '/ledger/checkpoint', async () => {
    const found = await servedCheckpoint(pool);
    return found && { text: found.note, cache: `public, max-age=${CHECKPOINT_SECONDS}` };
  });
  get('/ledger/vkey', '/ledger/vkey', async () => {
    const text =
      log &&
      logKeys(log)
        .map((key) => `${key.text}\n`)
        .join('');
    return text === undefined ? undefined : { text, cache: 'public, max-age=60' };
  });
  get(/^\/ledger\/tile\/.+$/, '/ledger/tile', async (path) => {
    const tile = parseTilePath(path);
    // Only what a signed checkpoint covers, and at any width that ever was.
    if (!tile || tile.index * TILE_WIDTH + tile.width > (await published(tile))) return undefined;
    const bytes =
      tile.level === 'entries'
        ? await readEntryBundle(pool, tile.index, tile.width)
        : (await readTilesOf(pool)([{ ...tile, level: tile.level }]))[0];
    return bytes && bytes.length > 0 ? { bytes, cache: `public, max-age=${YEAR_SECONDS}, immutable` } : undefined;
  });
  return router;
}

type Served = { cache: string } & ({ text: string } | { bytes: Buffer });

function send(res: Response, served: Served, ifNoneMatch: string | undefined): void {
  const body = 'text' in served ? Buffer.from(served.text, 'utf8') : served.bytes;
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  res.set({ ETag: etag, 'Cache-Control': served.cache });
  const known = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag) || known.includes('*')) {
    res.status(304).end();
    return;
  }
  res.set('Content-Type', 'text' in served ? 'text/plain; charset=utf-8' : 'application/octet-stream');
  res.send(body);
}

/** How many hashes a level of the published tree has. It only grows: asked again only for what was not there yet. */
function publishedSize(
  pool: Pool,
): (tile: { level: number | 'entries'; index: number; width: number }) => Promise<number> {
  let size = 0;
  return async ({ level, index, width }) => {
    const unit = level === 'entries' ? 1 : TILE_WIDTH ** level;
    const covered = (): number => Math.floor(size / unit);
    if (index * TILE_WIDTH + width > covered()) size = Math.max(size, (await latestCheckpoint(pool))?.size ?? 0);
    return covered();
  };
}
