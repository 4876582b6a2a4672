import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from './figures.js';

/** What a client sends: it must not cost more than what it measures, so requests are ready-made and answers only cut apart. */
export interface Load {
  port: number;
  connections: number;
  warmUpMs: number;
  windowMs: number;
  /** The next request, whole: head and body. */
  next(): string;
  /** Sees each answer's status and body within the window. */
  answered?(status: number, body: string): void;
}

export interface Watched {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Answers other than 200, by status. */
  others: Record<string, number>;
}

const LENGTH = /content-length: (\d+)/i;

/** Closed loop: so many connections, each with one request under way. Throws when a connection breaks. */
export async function watched(load: Load): Promise<Watched> {
  const latencies: number[] = [];
  const others: Record<string, number> = {};
  let watching = false;
  let stopped = false;
  let broken: Error | undefined;
  const talk = (socket: Socket): void => {
    let began = 0;
    let text = '';
    const send = (): void => {
      began = performance.now();
      socket.write(load.next());
    };
    socket.on('connect', send);
    socket.on('error', (error) => {
      broken ??= error;
    });
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const from = end + 4;
      const length = Number(LENGTH.exec(text)?.[1]);
      if (text.length < from + length) return;
      if (watching) {
        latencies.push(performance.now() - began);
        const status = text.slice(9, 12);
        if (status !== '200') others[status] = (others[status] ?? 0) + 1;
        load.answered?.(Number(status), text.slice(from));
      }
      text = '';
      if (stopped) socket.end();
      else send();
    });
  };
  const sockets = Array.from({ length: load.connections }, () =>
    connect({ port: load.port, host: '127.0.0.1', noDelay: true }),
  );
  for (const socket of sockets) talk(socket);
  await sleep(load.warmUpMs);
  watching = true;
  const began = performance.now();
  await sleep(load.windowMs);
  watching = false;
  const seconds = (performance.now() - began) / 1_000;
  stopped = true;
  await sleep(200);
  for (const socket of sockets) socket.destroy();
  if (broken) throw broken;
  return {
    perSecond: latencies.length / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    others,
  };
}
