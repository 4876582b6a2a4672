import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { uuidv7 } from 'uuidv7';
import { inject } from 'vitest';
import { createApplication } from '../../api/application.js';
import { Mirror } from '../../audit/mirror.js';
import { Witness } from '../../audit/witness.js';
import { serveWitnesses } from '../../audit/witness-server.js';
import { WitnessStore } from '../../audit/witness-store.js';
import type { Checkpoint } from '../../ledger/checkpoint.js';
import { makeLeaf } from '../../ledger/leaf.js';
import type { LogReader } from '../../ledger/log-reader.js';
import { type Cosigner, cosigner } from '../../ledger/note.js';
import { type Policy, parsePolicy } from '../../ledger/policy.js';
import { freePort } from '../../local/machine/ports.js';
import { createPool, inTransaction, type Pool } from '../../registry/database/pool.js';
import { readKeyRing } from '../../registry/keys/key-ring.js';
import { sequenceRound } from '../../registry/ledger/sequencer.js';
import { type Log, logKeys, openLog } from '../../registry/ledger/signed-log.js';
import { type Ledger, type LedgerOptions, startLedger } from '../../worker/ledger/ledger-loops.js';
import { type FreshDatabase, freshDatabase } from './database.js';
import { type Lasts, lasting } from './lasting.js';
import { temporaryFolder } from './servers.js';

export const ORIGIN = 'court.example/jec/ledger';
export const silent = pino({ level: 'silent' });

/** A database with the record's roles, and a log that signs. */
export interface LedgerWorld {
  database: FreshDatabase;
  /** As the application, the sequencer and the owner. */
  application: Pool;
  sequencer: Pool;
  owner: Pool;
  log: Log;
  /** Commits so many leaves, each in a transaction of its own where told; returns their entry ids. */
  accept(count: number, apart?: boolean): Promise<string[]>;
  /** Rounds until nothing waits; the size. */
  sequence(leavesAtOnce?: number): Promise<number>;
  /** Lets go of the database, which stays. */
  close(): Promise<void>;
  end(): Promise<void>;
}

/** A record for the file that calls this at its top, or a new one for each of its tests. */
export const useLedgerWorld = (lasts: Lasts = 'file'): LedgerWorld =>
  lasting(
    lasts,
    () => ledgerWorld(),
    (world) => world.end(),
  );

export async function ledgerWorld(given?: FreshDatabase): Promise<LedgerWorld> {
  const database = given ?? (await freshDatabase());
  const open = (connectionString: string, max: number): Pool =>
    createPool({ connectionString, applicationName: 'test', max });
  const application = open(database.applicationUrl, 8);
  const sequencer = open(database.sequencerUrl, 4);
  const owner = open(database.adminUrl, 4);
  const close = async (): Promise<void> => {
    await Promise.all([application.end(), sequencer.end(), owner.end()]);
  };
  const log = openLog(readKeyRing(inject('keyRingFile')), ORIGIN);
  return {
    database,
    application,
    sequencer,
    owner,
    log,
    accept: async (count, apart = false) => {
      const leaves = Array.from({ length: count }, () => aLeaf());
      if (apart) await Promise.all(leaves.map((leaf) => commit(application, [leaf])));
      else await commit(application, leaves);
      return leaves.map(({ id }) => id);
    },
    sequence: async (leavesAtOnce) => {
      for (;;) {
        const { appended, size } = await sequenceRound(sequencer, log, leavesAtOnce ? { leavesAtOnce } : {});
        if (appended === 0) return size;
      }
    },
    close,
    end: async () => {
      await close();
      await database.drop();
    },
  };
}

export interface WrittenLeaf {
  id: string;
  key: string;
  bytes: Buffer;
  hash: Buffer;
}

export function aLeaf(key = `repayment:${uuidv7()}`, prev?: Buffer): WrittenLeaf {
  const id = uuidv7();
  const leaf = makeLeaf({
    id,
    key,
    type: 'repayment',
    at: new Date().toISOString(),
    actor: 'clerk:黔0112',
    ...(prev ? { prev: prev.toString('hex') } : {}),
  });
  return { id, key, ...leaf };
}

/** As the business transactions write them. */
export async function commit(pool: Pool, leaves: readonly WrittenLeaf[]): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await tx.query(
      `with leaf as (
         insert into ledger_leaf (entry_id, business_key, leaf, leaf_hash)
         select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[]) returning entry_id
       ) insert into ledger_pending (entry_id) select entry_id from leaf`,
      [
        leaves.map(({ id }) => id),
        leaves.map(({ key }) => key),
        leaves.map(({ bytes }) => bytes),
        leaves.map(({ hash }) => hash),
      ],
    );
  });
}

/** The API over the record, for who reads the log. */
const ledgerApi = ({ application, log }: LedgerWorld): RequestListener =>
  createApplication({ pool: application, ring: readKeyRing(inject('keyRingFile')), logger: silent, log });

/** The API over the record, listening on loopback. */
export interface Served {
  /** Of the log, without a slash at its end. */
  url: string;
  /** From now on at the same address: the record of another world. */
  serve(other: LedgerWorld): void;
  stop(): void;
}

export async function served(world: LedgerWorld): Promise<Served> {
  const server = createServer(ledgerApi(world)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ledger`,
    serve: (other) => {
      server.removeAllListeners('request');
      server.on('request', ledgerApi(other));
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Witnesses over HTTP on loopback, as departments run them; each can be told to be away, slow or of another mind. */
export class WitnessHost {
  readonly names: string[] = [];
  private readonly witnesses = new Map<string, Witness>();
  private readonly signers = new Map<string, Cosigner>();
  private readonly mirrors = new Map<string, Mirror>();
  private server: Server;
  readonly folder = temporaryFolder('witnesses');
  /** Delays or refuses a call: by its path. */
  onCall: (path: string) => Promise<number | undefined> = async () => undefined;
  /** The paths of calls that whoever asked did not wait for. */
  readonly givenUp: string[] = [];
  port = 0;

  private constructor(private readonly log: Log) {
    this.server = this.makeServer();
  }

  static async open(log: Log, names: readonly string[], mirrorOf?: LogReader): Promise<WitnessHost> {
    const host = new WitnessHost(log);
    for (const name of names) host.add(name, name === names[0] ? mirrorOf : undefined);
    await host.start();
    return host;
  }

  async start(): Promise<void> {
    this.port ||= await freePort();
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server = this.makeServer();
  }

  url = (name: string): string => `http://127.0.0.1:${this.port}/${name}`;
  mirrorFolder = (name: string): string => join(this.folder, name, 'mirror');
  mirrored = async (name: string): Promise<void> => this.mirrors.get(name)?.idle();

  /** The first is needed, and `more` of the others. */
  policy(more: number): Policy {
    const [first = '', ...rest] = this.names;
    const line = (name: string): string => `witness ${name} ${this.signer(name).verifier.text} ${this.url(name)}`;
    return parsePolicy(
      [
        ...this.names.map(line),
        ...(more > 0
          ? [`group rest ${more} ${rest.join(' ')}`, `group enough all ${first} rest`]
          : [`group enough all ${first}`]),
        'quorum enough',
        '',
      ].join('\n'),
    );
  }

  /** Evidence that witnesses have kept: one file per refusal. */
  async refused(): Promise<string[]> {
    const files = await readdir(this.folder, { recursive: true });
    return files.filter((file) => file.endsWith('.refused'));
  }

  signer(name: string): Cosigner {
    const known = this.signers.get(name);
    if (!known) throw new Error(`no witness ${name}`);
    return known;
  }

  add(name: string, mirrorOf?: LogReader): void {
    this.names.push(name);
    const signer = cosigner(`${name.toLowerCase()}.example/witness`, randomBytes(32));
    this.signers.set(name, signer);
    const mirror = mirrorOf && new Mirror(mirrorOf, this.mirrorFolder(name), () => undefined);
    if (mirror) this.mirrors.set(name, mirror);
    const known = new Map([[this.log.origin, logKeys(this.log)]]);
    const followed = (checkpoint: Checkpoint): void => mirror?.follow(checkpoint);
    const store = new WitnessStore(join(this.folder, name));
    this.witnesses.set(`/${name}`, new Witness(known, signer, store, followed));
  }

  private makeServer(): Server {
    const server = serveWitnesses(this.witnesses, (error) => console.error(error));
    const [answer] = server.listeners('request') as ((request: IncomingMessage, response: object) => void)[];
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      response.on('close', () => response.writableEnded || this.givenUp.push(request.url ?? ''));
      void this.onCall(request.url ?? '').then((status) => {
        if (status === undefined) answer?.(request, response);
        else response.writeHead(status).end();
      });
    });
    return server;
  }
}

/** The sequencer and witness loops with a test's patience. */
export const runLedger = (world: LedgerWorld, policy: Policy, more: Partial<LedgerOptions> = {}): Ledger =>
  startLedger({ pool: world.sequencer, log: world.log, policy, logger: silent, roundMs: 20, askMs: 50, ...more });
