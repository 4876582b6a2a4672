import { Client, type ClientOptions } from '@temporalio/client';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';

/**
 * The process's one connection to Temporal, for its workers and its client: a life that is started over the connection of its worker gets its
 * first task with the answer. Made when it is first needed, and again where that failed; once made it lasts, whether Temporal is away or not.
 */
export class TemporalConnection {
  private connecting: Promise<NativeConnection> | undefined;
  private connected: NativeConnection | undefined;

  /** Where Temporal is: by default TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS… as @temporalio/envconfig reads them. */
  constructor(
    private readonly config: ClientConnectConfig = loadClientConnectConfig(),
    private readonly options: Pick<ClientOptions, 'interceptors'> = {},
  ) {}

  get namespace(): string {
    return this.config.namespace ?? 'default';
  }

  /** Throws when Temporal is away. */
  native(): Promise<NativeConnection> {
    this.connecting ??= NativeConnection.connect(this.config.connectionOptions).then(
      (connection) => {
        this.connected = connection;
        return connection;
      },
      (error: unknown) => {
        this.connecting = undefined;
        throw error;
      },
    );
    return this.connecting;
  }

  /** Throws when Temporal is away. */
  client = async (): Promise<Client> =>
    new Client({ ...this.options, connection: await this.native(), namespace: this.namespace });

  /** When its workers have ended. */
  async close(): Promise<void> {
    const { connected } = this;
    this.connected = undefined;
    await connected?.close();
  }
}
