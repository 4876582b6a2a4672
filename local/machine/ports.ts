import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

const host = '127.0.0.1';

/** Below the ports that systems give to outgoing connections: such a one could be taken between being found free and being listened on, also again. */
const [LOWEST, HIGHEST] = [20_000, 32_000];
const ATTEMPTS = 100;

/** Ports on 127.0.0.1 that nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenSomewhere));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port');
  return port;
}

/** `undefined` when the port can be listened on, else the system's code: EADDRINUSE, EACCES. */
export async function portProblem(port: number): Promise<string | undefined> {
  try {
    await close(await listen(port));
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
  }
}

async function listenSomewhere(): Promise<Server> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const server = await listen(randomInt(LOWEST, HIGHEST)).catch(() => undefined);
    if (server) return server;
  }
  return listen(0);
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return address.port;
}
