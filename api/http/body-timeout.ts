import type { IncomingMessage, RequestListener } from 'node:http';

/** A body that is not here by then never will be. */
const BODY_MS = 30_000;
const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/**
 * Gives up on bodies that do not arrive (RFC 9110 §15.5.9). The server's own limit would end streams too, which take as long as they take:
 * they are of the media type `unless`, and whoever reads them watches that they go on.
 */
export function refuseLate(unless: string, listener: RequestListener, within = BODY_MS): RequestListener {
  return (req, res) => {
    if (hasBody(req) && !req.headers['content-type']?.startsWith(unless)) {
      // Nearly every body comes with its head, and is here when this turn ends.
      process.nextTick(() => {
        if (!req.complete) endAfter(req, within);
      });
    }
    listener(req, res);
  };
}

function endAfter(req: IncomingMessage, within: number): void {
  const late = setTimeout(() => {
    if (!req.complete) req.socket.end(TIMED_OUT, () => req.socket.destroy());
  }, within);
  req.once('close', () => clearTimeout(late));
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
