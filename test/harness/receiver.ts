import { verify as check, createPublicKey } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../../local/machine/ports.js';
import type { Notice } from '../../registry/departments/notices.js';
import { eventually } from './eventually.js';

/** One request as a department's receiver saw it. */
export interface Delivery {
  path: string;
  headers: Record<string, string>;
  /** As it came, byte for byte. */
  body: string;
  items: Notice[];
  served: number;
  at: number;
}

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;
export const answering =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (_request, response) =>
    void response.writeHead(status, headers).end();

/** A department's own receiver of webhooks on loopback, which behaves as it is told. */
export class Receiver {
  readonly deliveries: Delivery[] = [];
  behaviour: Behaviour = answering(204);

  private constructor(
    private readonly server: Server,
    /** `host:port`, for the list of allowed hosts. */
    readonly host: string,
  ) {}

  static async open(given?: number): Promise<Receiver> {
    const port = given ?? (await freePort());
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        receiver.deliveries.push(toDelivery(request, body));
        receiver.behaviour(request, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const receiver = new Receiver(server, `127.0.0.1:${port}`);
    return receiver;
  }

  get url(): string {
    return `http://${this.host}/notices`;
  }

  get ids(): string[] {
    return this.deliveries.map((delivery) => delivery.headers['webhook-id'] ?? '');
  }

  /** What it knows, as a receiver should keep it: once per notice id, and void beats live. */
  get notices(): Notice[] {
    const known = new Map<string, Notice>();
    for (const notice of this.deliveries.flatMap((delivery) => delivery.items)) {
      if (!known.get(notice.id)?.void) known.set(notice.id, notice);
    }
    return [...known.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Waits for the delivery of this number, from 1. */
  async delivery(number: number, withinMs = 20_000): Promise<Delivery> {
    return eventually(() => this.deliveries[number - 1], withinMs);
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** Throws unless the delivery is signed with this secret, and not long ago. */
export function verify(delivery: Delivery, secret: string): void {
  new Webhook(secret).verify(delivery.body, delivery.headers);
}

/** How many of a delivery's `v1a` signatures were made with the private half of this key (`whpk_…`): by what the standard says alone. */
export function signedWith({ body, headers }: Pick<Delivery, 'body' | 'headers'>, publicKey: string): number {
  const x = Buffer.from(publicKey.replace('whpk_', ''), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  return (headers['webhook-signature'] ?? '').split(' ').filter((signature) => {
    const [version, value = ''] = signature.split(',');
    return version === 'v1a' && check(null, signed, key, Buffer.from(value, 'base64'));
  }).length;
}

function toDelivery(request: IncomingMessage, body: string): Delivery {
  const message = JSON.parse(body) as { data: { items: Notice[]; served: number } };
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
  return { path: request.url ?? '', headers, body, ...message.data, at: Date.now() };
}
