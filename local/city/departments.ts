/**
 * A process of its own: the 36 departments' own systems, simulated. Each takes its notices (most pull them, some by webhook), lets freed
 * business go on, acknowledges, and witnesses the record; the counters, where business arrives, are played by the stories. Environment: `API_URL`,
 * `CREDENTIALS_FILE`, `WEBHOOK_PORT` (on 127.0.0.1; without it all pull), `WITNESS_PORT` with `WITNESS_FOLDER`, `LEDGER_ORIGIN` and `LEDGER_VKEYS`. Sends `ready` over IPC; ends on SIGTERM, SIGINT or when its parent
 * is gone.
 */
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { parseVerifierKey } from '../../ledger/note.js';
import {
  ApiAway,
  ApiClient,
  ApiRefusal,
  answers,
  type Batch,
  type Credential,
  credential,
  type Notice,
} from './client.js';
import { openReceiver, type Receiver } from './receiver.js';
import { openWitnesses } from './witnesses.js';

const BUSY_POLL = 400;
const QUIET_POLL = 1_500;
const QUIET_AFTER = 60_000;
/** Who takes webhooks still looks for itself now and then: a batch may have been taken by a process that died before it acted. */
const RECONCILE = 10_000;
/** Departments whose systems take notices by webhook. */
const BY_WEBHOOK: ReadonlySet<string> = new Set(['PLN', 'AIC', 'JUS', 'HRS', 'TAX', 'PBC']);
const AWAY_LONGEST = 5_000;

/** Says once that departments can't get through, and once that all of them can again. */
class Outage {
  private readonly cutOff = new Set<string>();

  begins(code: string, why: string): void {
    if (this.cutOff.size === 0) console.error(`departments: ${why}`);
    this.cutOff.add(code);
  }

  ends(code: string): void {
    if (this.cutOff.delete(code) && this.cutOff.size === 0) console.log('departments: all are served again');
  }
}

/** One department: its cursor in the log of notices and the business it has in hand. */
class Department {
  private after = 0;
  private lastNews = Date.now();
  /** One thing at a time: a webhook and a pull never act on the same notice at once. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly done = new Set<string>();
  /** Void beats live: a notice once seen void is never acted on, in whatever order the two arrive. */
  private readonly voided = new Set<string>();
  /** Business in hand by interception id, under its reference number; re-reading the log from 0 repeats nothing. */
  private readonly business = new Map<string, { reference: string; state: string }>();

  constructor(
    private readonly code: string,
    private readonly api: ApiClient,
    private readonly outage: Outage,
    private readonly signal: AbortSignal,
    private readonly receiver: Receiver | undefined,
  ) {}

  async work(): Promise<void> {
    let failures = 0;
    let registered = false;
    // A start spread over one period, so that 36 departments don't ask in step for ever.
    await sleep(Math.random() * BUSY_POLL, undefined, { signal: this.signal });
    while (!this.signal.aborted) {
      try {
        const moved = await this.inTurn(() => this.pull());
        // What went to a process before this one has been pulled: from here on webhooks leave nothing out.
        if (!moved && this.receiver && !registered) {
          await this.register(this.receiver);
          registered = true;
        }
        failures = 0;
        this.outage.ends(this.code);
        if (moved) this.lastNews = Date.now();
        else if (registered) await this.pause(RECONCILE);
        else await this.pause(Date.now() - this.lastNews < QUIET_AFTER ? BUSY_POLL : QUIET_POLL);
      } catch (error) {
        if (this.signal.aborted) return;
        if (!(error instanceof ApiAway || error instanceof ApiRefusal)) throw error;
        failures += 1;
        this.outage.begins(this.code, error.message);
        await this.pause(Math.min(AWAY_LONGEST, 250 * 2 ** Math.min(failures, 10)));
      }
    }
  }

  /** One page of the log: act, then acknowledge. False when nothing was new. */
  private async pull(): Promise<boolean> {
    const page = await this.api.get(`/v1/notices?after=${this.after}&limit=200`, answers.notices);
    if (page.served <= this.after) return false;
    await this.takeAll(page);
    await this.acknowledge(page.served);
    return true;
  }

  /** A verified webhook: taken before it is answered, acknowledged after. @throws ApiAway, ApiRefusal: then it is to be sent again. */
  async receive(batch: Batch): Promise<void> {
    await this.inTurn(() => this.takeAll(batch));
    this.lastNews = Date.now();
    // An act of its own: where it fails, the next look for itself makes up for it.
    this.inTurn(() => this.acknowledge(batch.served)).catch((error: unknown) => {
      if (!this.signal.aborted)
        console.error(`department ${this.code}: ${error instanceof Error ? error.message : ''}`);
    });
  }

  private async register(receiver: Receiver): Promise<void> {
    const path = `/v1/departments/${this.code}/endpoint`;
    const version = await this.api.get(path, answers.endpoint).then(
      (endpoint) => endpoint.version,
      (error: unknown) => {
        if (error instanceof ApiRefusal && error.status === 404) return undefined;
        throw error;
      },
    );
    const { secret } = await this.api.put(path, { url: receiver.urlOf(this.code) }, version, answers.endpointSecret);
    receiver.expect(this.code, secret, (batch) => this.receive(batch));
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /** Feedback goes first: the life may end at our acknowledgement, and what comes later is a late fact. */
  private async takeAll({ items }: Batch): Promise<void> {
    for (const notice of items) if (notice.void) this.voided.add(notice.id);
    for (const notice of items) await this.take(notice);
  }

  private async acknowledge(upTo: number): Promise<void> {
    if (upTo <= this.after) return;
    await this.api.post('/v1/acknowledgements', { upTo }, `acknowledge/${upTo}`, answers.taken);
    this.after = upTo;
  }

  private async take(notice: Notice): Promise<void> {
    if (this.voided.has(notice.id) || this.done.has(notice.id)) return;
    const frees = notice.kind === 'RELEASE' || notice.directive?.type === 'ALLOW';
    for (const { id, reference } of notice.interceptions ?? []) {
      if (this.business.get(id)?.state === 'resumed') continue;
      if (frees) await this.resume(id, reference, notice.at);
      else this.business.set(id, { reference, state: notice.directive?.type ?? notice.kind });
    }
    this.done.add(notice.id);
  }

  /** `at` is the notice's, so that the same feedback told twice has the same body under its key. */
  private async resume(interception: string, reference: string, at: string): Promise<void> {
    try {
      const body = { action: 'resumed', at };
      await this.api.post(`/v1/interceptions/${interception}/feedback`, body, `${interception}/resumed`, answers.taken);
      console.log(`department ${this.code}: business ${reference} goes on`);
    } catch (error) {
      // A refusal is final: asking for ever would keep this department from acknowledging anything after it.
      if (!(error instanceof ApiRefusal) || error.status === 401 || error.status >= 500) throw error;
      console.error(`department ${this.code}: ${error.message}`);
    }
    this.business.set(interception, { reference, state: 'resumed' });
  }

  private async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds * (0.75 + Math.random() * 0.5), undefined, { signal: this.signal });
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: give the API's address and the file of credentials by environment`);
  return value;
}

async function main(): Promise<void> {
  const url = setting('API_URL');
  const credentials = z.array(credential).parse(JSON.parse(readFileSync(setting('CREDENTIALS_FILE'), 'utf8')));
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
  process.on('disconnect', () => stop.abort());

  // Every department listens to the one signal.
  setMaxListeners(0, stop.signal);

  const witnesses = await witness(credentials);
  const outage = new Outage();
  const receiver = process.env.WEBHOOK_PORT ? await openReceiver(Number(process.env.WEBHOOK_PORT)) : undefined;
  const departments = credentials.flatMap((one) =>
    one.role === 'department'
      ? [
          new Department(
            one.department,
            // One attempt a call: the loop itself backs off, and a notice is read again rather than waited on.
            new ApiClient({ url, token: one.token, patience: 0, signal: stop.signal }),
            outage,
            stop.signal,
            BY_WEBHOOK.has(one.department) ? receiver : undefined,
          ),
        ]
      : [],
  );
  if (departments.length === 0) throw new Error('the file of credentials names no department');
  const working = departments.map((department) => department.work());
  process.send?.('ready');
  try {
    await Promise.all(working);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  receiver?.close();
  witnesses?.close();
  witnesses?.closeAllConnections();
  // The IPC channel would keep the process alive.
  if (process.connected) process.disconnect();
}

/** Every department is a witness of the record too, where it is told of one. */
async function witness(credentials: readonly Credential[]): Promise<Server | undefined> {
  if (!process.env.WITNESS_PORT) return undefined;
  return openWitnesses({
    folder: setting('WITNESS_FOLDER'),
    departments: credentials.flatMap((one) => (one.role === 'department' ? [one.department] : [])),
    port: Number(process.env.WITNESS_PORT),
    origin: setting('LEDGER_ORIGIN'),
    logKeys: setting('LEDGER_VKEYS').split('\n').map(parseVerifierKey),
    apiUrl: setting('API_URL'),
  });
}

await main();
