import { createServer, type IncomingMessage } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { type Batch, webhook } from './client.js';

/** Where departments' systems take webhooks: one server on loopback, a path for each. */
export interface Receiver {
  urlOf(department: string): string;
  /** Takes what is signed with this secret. What `take` throws is answered 503: it is sent again. */
  expect(department: string, secret: string, take: (batch: Batch) => Promise<void>): void;
  close(): void;
}

const LARGEST_BODY = 2_000_000;

/** Resolves once it listens; undefined where the port cannot be had, and the departments pull instead. */
export async function openReceiver(port: number): Promise<Receiver | undefined> {
  const takers = new Map<string, { signed: Webhook; take: (batch: Batch) => Promise<void> }>();

  /** The status a delivery is answered with. */
  async function receive(request: IncomingMessage): Promise<number> {
    const taker = takers.get(request.url ?? '');
    if (!taker || request.method !== 'POST') return 404;
    const body = await bodyOf(request);
    if (body === undefined) return 413;
    let batch: Batch;
    try {
      batch = webhook.parse(taker.signed.verify(body, headersOf(request))).data;
    } catch {
      return 401;
    }
    return taker.take(batch).then(
      () => 204,
      () => 503,
    );
  }

  const server = createServer((request, response) => {
    receive(request).then(
      (status) => response.writeHead(status).end(),
      () => response.destroy(),
    );
  });
  const listens = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!listens) {
    console.error(`departments: port ${port} cannot be had; nobody takes webhooks, all pull`);
    return undefined;
  }
  const path = (department: string): string => `/notices/${department}`;
  return {
    urlOf: (department) => `http://127.0.0.1:${port}${path(department)}`,
    expect: (department, secret, take) => void takers.set(path(department), { signed: new Webhook(secret), take }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > LARGEST_BODY) return undefined;
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

const headersOf = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
