import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true });

export interface Sent {
  port: number;
  token: string;
  key: string;
  type: string;
}

/** POSTs to /v1/comparisons/batch; the pieces of the answer as they come. Throws on another status than 200. */
export async function* postBatch(
  { port, token, key, type }: Sent,
  body: string | AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<Buffer> {
  const asked = request({
    agent,
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/v1/comparisons/batch',
    headers: {
      authorization: `Bearer ${token}`,
      'idempotency-key': key,
      'content-type': type,
      ...(typeof body === 'string' ? { 'content-length': Buffer.byteLength(body) } : {}),
    },
  });
  const response = new Promise<AsyncIterable<Buffer> & { statusCode?: number }>((resolve, reject) => {
    asked.once('response', resolve);
    asked.once('error', reject);
  });
  const sending = send(asked, body);
  sending.catch(() => undefined);
  const answer = await response;
  if (answer.statusCode !== 200) throw new Error(`the batch was answered ${answer.statusCode}`);
  yield* answer;
  await sending;
}

async function send(
  asked: ReturnType<typeof request>,
  body: string | AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  if (typeof body === 'string') {
    asked.end(body);
    return;
  }
  for await (const piece of body) {
    if (!asked.write(piece)) await new Promise<void>((resolve) => asked.once('drain', () => resolve()));
  }
  asked.end();
}

/** Whole lines of what comes in pieces. */
export async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let open = '';
  for await (const piece of pieces) {
    const lines = (open + piece.toString('latin1')).split('\n');
    open = lines.pop() ?? '';
    yield lines;
  }
}
