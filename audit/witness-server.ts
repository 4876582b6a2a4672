import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Witness } from './witness.js';

/** Larger than any request that keeps to the rules. */
const LARGEST_REQUEST = 100_000;

/** Serves witnesses over HTTP (C2SP tlog-witness), each below a prefix of its own: '' or '/TAX'. */
export function serveWitnesses(witnesses: ReadonlyMap<string, Witness>, onError: (error: unknown) => void): Server {
  return createServer((request, response) => {
    answer(witnesses, request, response).catch((error: unknown) => {
      onError(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
}

async function answer(
  witnesses: ReadonlyMap<string, Witness>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const [, prefix, hash] = /^(.*)\/(?:add-checkpoint|([0-9a-f]{64})\/checkpoint)$/.exec(path) ?? [];
  const witness = prefix === undefined ? undefined : witnesses.get(prefix);
  const send = (status: number, body: string, contentType = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(body);
  };
  if (!witness) return send(404, 'not found\n');
  if (hash !== undefined) {
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'use GET\n');
    const note = await witness.checkpoint(hash);
    return note === undefined ? send(404, 'not found\n') : send(200, note);
  }
  if (request.method !== 'POST') return send(405, 'use POST\n');
  const body = await readBody(request);
  if (body === undefined) return send(413, 'too large\n');
  const { status, body: text, contentType } = await witness.addCheckpoint(body);
  send(status, text, contentType);
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LARGEST_REQUEST) return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}
