import { Client, type ClientOptions } from '@temporalio/client';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { withTimeout } from './with-timeout.js';

/** A server that accepts a connection and says nothing, or a network that swallows it, is tried again after this long. */
const CONNECT_MS = 10_000;

interface Made {
  readonly native: NativeConnection;
  readonly client: Client;
}

/**
 * The process's one connection to Temporal, for its workers and its client: a life that is started over the connection of its worker gets its
 * first task with the answer. Made when it is first needed, and again where that failed; once made it lasts, whether Temporal is away or not.
 */
export class TemporalConnection {
  private making: Promise<Made> | undefined;
  private made: Made | undefined;

  /** Where Temporal is: by default TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS… as @temporalio/envconfig reads them. */
  constructor(
    private readonly config: ClientConnectConfig = loadClientConnectConfig(),
    private readonly options: Pick<ClientOptions, 'interceptors'> = {},
  ) {}

  get namespace(): string {
    return this.config.namespace ?? 'default';
  }

  /** For workers. Throws when Temporal is away. */
  native = async (): Promise<NativeConnection> => (await this.connect()).native;

  /** Throws when Temporal is away. */
  client = async (): Promise<Client> => (await this.connect()).client;

  /** The next who asks gets another: a worker that could not be made is not forgotten by its connection, and stands in the way of the next. */
  forget(native: NativeConnection): void {
    if (this.made?.native !== native) return;
    this.made = undefined;
    this.making = undefined;
  }

  /** When its workers have ended. */
  async close(): Promise<void> {
    const { made } = this;
    this.made = undefined;
    await made?.native.close();
  }

  private connect(): Promise<Made> {
    this.making ??= this.make().catch((error: unknown) => {
      this.making = undefined;
      throw error;
    });
    return this.making;
  }

  private async make(): Promise<Made> {
    const connecting = NativeConnection.connect(this.config.connectionOptions);
    const native = await withTimeout(CONNECT_MS, 'Temporal', connecting).catch((error: unknown) => {
      connecting.then((late) => late.close()).catch(() => undefined);
      throw error;
    });
    const client = new Client({ ...this.options, connection: native, namespace: this.namespace });
    this.made = { native, client };
    return this.made;
  }
}
