import { randomBytes } from 'node:crypto';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { Webhook } from 'standardwebhooks';
import type { AllowedHosts } from '../domain/endpoint.js';
import { isWebhookKey, signatureOf } from '../registry/departments/webhook-keys.js';
import { guardedLookup, type Resolve } from './addresses.js';

// Built-in `fetch` has no hook for the lookup, so it cannot be kept out of private networks: node:https and node:http it is.

export interface Message {
  url: string;
  /** Stable across attempts: receivers deduplicate on it. */
  id: string;
  /** Sent byte for byte. */
  body: string;
  /** `whsec_…` or `whsk_…`; one signature each. */
  secrets: readonly string[];
}

export interface Sender {
  allowed: AllowedHosts;
  /** For the whole exchange up to the answer's status, ms. */
  timeoutMs: number;
  /** Breaks the exchange off. */
  signal: AbortSignal;
  resolve?: Resolve;
}

export type Outcome =
  | { kind: 'taken' }
  /** 410: the receiver wants nothing more. */
  | { kind: 'gone' }
  /** A code: `status-503`, `redirect`, `timeout`, `address-refused`, `not-http`, or the system's, e.g. `ECONNREFUSED`. */
  | { kind: 'failed'; failure: string }
  /** Broken off by us: whether it arrived is unknown. */
  | { kind: 'broken-off' };

/** Posts one message, signed by Standard Webhooks 1.0 (`v1`, HMAC-SHA-256, and `v1a`, Ed25519, over `id.timestamp.body`). Never follows a redirect, never throws. */
export async function sendWebhook(message: Message, sender: Sender): Promise<Outcome> {
  if (sender.signal.aborted) return { kind: 'broken-off' };
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), sender.timeoutMs);
  const breakOff = (): void => timeout.abort();
  sender.signal.addEventListener('abort', breakOff, { once: true });
  try {
    return outcomeOf(await post(message, sender, timeout.signal));
  } catch (error) {
    if (sender.signal.aborted) return { kind: 'broken-off' };
    return { kind: 'failed', failure: timeout.signal.aborted ? 'timeout' : failureOf(error) };
  } finally {
    clearTimeout(timer);
    sender.signal.removeEventListener('abort', breakOff);
  }
}

/** Resolves with the answer's status; what follows it says nothing to us, and is not waited for. */
async function post(message: Message, { allowed, resolve }: Sender, signal: AbortSignal): Promise<number> {
  const url = new URL(message.url);
  const lookup = guardedLookup(url, allowed, resolve);
  const body = Buffer.from(message.body, 'utf8');
  const at = new Date();
  const options = {
    method: 'POST',
    lookup,
    signal,
    // A connection per message: none is left to a peer that was replaced meanwhile.
    agent: false,
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      'User-Agent': 'joint-enforcement-cloud',
      'webhook-id': message.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': message.secrets.map((secret) => signed(secret, message, at)).join(' '),
      traceparent: `00-${message.id.replaceAll('-', '')}-${randomBytes(8).toString('hex')}-01`,
    },
  };
  return new Promise((answered, failed) => {
    const take = (response: IncomingMessage): void => {
      answered(response.statusCode ?? 0);
      response.destroy();
    };
    const request = url.protocol === 'https:' ? secureRequest(url, options, take) : plainRequest(url, options, take);
    request.on('error', failed);
    request.end(body);
  });
}

/** By the kind of key: `v1` with a secret both sides hold, `v1a` so that others can tell who signed. */
const signed = (secret: string, { id, body }: Message, at: Date): string =>
  isWebhookKey(secret) ? signatureOf(secret, id, at, body) : new Webhook(secret).sign(id, at, body);

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status === 410) return { kind: 'gone' };
  return { kind: 'failed', failure: status >= 300 && status < 400 ? 'redirect' : `status-${status}` };
}

function failureOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  return code.startsWith('HPE_') ? 'not-http' : code;
}
