import { once } from 'node:events';
import type pg from 'pg';

/** PostgreSQL's COPY … FROM STDIN in text form, which the client library leaves to others. One at a time per client. */
export async function copyInto(
  client: pg.Client | pg.PoolClient,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly string[]>,
): Promise<void> {
  const copy = new CopyIn(`copy ${table} (${columns.join(', ')}) from stdin`, rows);
  client.query(copy);
  await copy.done;
}

const CHUNK_CHARACTERS = 1 << 18;

class CopyIn implements pg.Submittable {
  readonly done: Promise<void>;
  private resolve: () => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    private readonly text: string,
    private readonly rows: Iterable<readonly string[]>,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: pg.Connection): void {
    connection.query(this.text);
  }

  handleCopyInResponse(connection: CopyingConnection): void {
    this.send(connection).catch((error: Error) => {
      connection.sendCopyFail(error.message);
    });
  }

  private async send(connection: CopyingConnection): Promise<void> {
    let text = '';
    const flush = async (): Promise<void> => {
      connection.sendCopyFromChunk(Buffer.from(text, 'utf8'));
      text = '';
      if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
    };
    for (const row of this.rows) {
      text += `${row.join('\t')}\n`;
      if (text.length > CHUNK_CHARACTERS) await flush();
    }
    await flush();
    connection.endCopyFrom();
  }

  handleError(error: Error): void {
    this.reject(error);
  }
  handleReadyForQuery(): void {
    this.resolve();
  }
  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
}

interface CopyingConnection {
  stream: NodeJS.WritableStream & { writableNeedDrain: boolean };
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}
