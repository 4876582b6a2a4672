import type { Server } from 'node:http';
import { join } from 'node:path';
import { httpLog, reasonOf } from '../ledger/log-reader.js';
import { cosigner, NoteError, parseVerifierKey, type VerifierKey } from '../ledger/note.js';
import { readArguments, typedPath, WrongUse } from './arguments.js';
import { checkLog } from './full-check.js';
import { Mirror } from './mirror.js';
import { Witness } from './witness.js';
import { witnessSeed } from './witness-key.js';
import { serveWitnesses } from './witness-server.js';
import { WitnessStore } from './witness-store.js';

export const WITNESS_USAGE = `witness --log URL --vkey KEY --name NAME [--data DIR] [--port N] [--host HOST] [--mirror] [--full-check-hours N]

  --log URL     存证的地址（…/ledger） · the log's address
  --vkey KEY    存证的公钥，事先另行取得 · the log's key, had another way
  --name NAME   见证人的名称，例如 taxbureau.example/witness · how the witness is called in notes
  --data DIR    状态与密钥，默认 witness · its key and what it must never forget
  --port N      默认 8090；由平台访问 · where the platform asks for cosignatures; --host, 127.0.0.1 unless told
  --mirror      另存一份全部条目 · also keeps all entries and tiles, in DIR/mirror
  --full-check-hours N  每 N 小时通读核对一次，默认 24，0 为不做 · recomputes the whole log that often
`;

interface WitnessSettings {
  log: string;
  logKeys: VerifierKey[];
  name: string;
  folder: string;
  port: number;
  host: string;
  mirror: boolean;
  fullCheckMs: number;
}

function settingsOf(words: readonly string[]): WitnessSettings | undefined {
  const { options, rest } = readArguments(
    words,
    ['log', 'vkey', 'name', 'data', 'port', 'host', 'full-check-hours'],
    ['mirror', 'help'],
  );
  if (options.help) return undefined;
  const needed = (name: string): string => {
    const value = options[name];
    if (value === undefined) throw new WrongUse(`缺少 --${name} · --${name} is missing`);
    return value;
  };
  const whole = (name: string, usual: string, most: number): number => {
    const value = Number(options[name] ?? usual);
    if (!Number.isSafeInteger(value) || value < 0 || value > most) throw new WrongUse(`--${name}: 0–${most}`);
    return value;
  };
  if (rest.length > 0) throw new WrongUse(`不认识的参数 · unknown argument: ${rest[0]}`);
  return {
    log: needed('log'),
    logKeys: needed('vkey')
      .split(',')
      .map((text) => parseVerifierKey(text)),
    name: needed('name'),
    folder: typedPath(options.data ?? 'witness'),
    port: whole('port', '8090', 65_535),
    host: options.host ?? '127.0.0.1',
    mirror: options.mirror !== undefined,
    fullCheckMs: whole('full-check-hours', '24', 8_760) * 3_600_000,
  };
}

/** `witness`: runs until `stopping`. Resolves with its exit code. */
export async function witness(words: readonly string[], stopping: AbortSignal): Promise<number> {
  try {
    const settings = settingsOf(words);
    if (!settings) {
      console.log(WITNESS_USAGE);
      return 0;
    }
    return await run(settings, stopping);
  } catch (error) {
    if (!(error instanceof WrongUse || error instanceof NoteError)) throw error;
    console.error(`${error.message}\n\n${WITNESS_USAGE}`);
    return 2;
  }
}

async function run(settings: WitnessSettings, stopping: AbortSignal): Promise<number> {
  const { log, logKeys, name, folder, port, host } = settings;
  const key = cosigner(name, witnessSeed(folder));
  const complain = (what: string) => (error: unknown) =>
    console.error(`${new Date().toISOString()} ${what}: ${reasonOf(error)}`);
  const mirror = settings.mirror
    ? new Mirror(httpLog(log), join(folder, 'mirror'), complain('镜像 · the mirror'))
    : undefined;
  const known = new Map(logKeys.map((logKey) => [logKey.name, logKeys.filter((other) => other.name === logKey.name)]));
  const store = new WitnessStore(folder);
  const own = new Witness(known, key, store, (checkpoint) => {
    console.log(`${new Date().toISOString()} 已见证 · cosigned ${checkpoint.origin} at ${checkpoint.size}`);
    mirror?.follow(checkpoint);
  });
  const server = serveWitnesses(new Map([['', own]]), complain('请求失败 · a request failed'));
  await listening(server, port, host);
  const address = server.address();
  const where = typeof address === 'object' && address !== null ? `http://${host}:${address.port}` : host;
  console.log(
    `见证人已就绪 · witness ready at ${where}\nwitness ${name.replace(/\W/g, '-')} ${key.verifier.text} ${where}`,
  );
  process.send?.('ready');
  const timer =
    settings.fullCheckMs > 0 ? setInterval(() => void fullCheck(log, logKeys), settings.fullCheckMs) : undefined;
  await new Promise<void>((resolve) => {
    if (stopping.aborted) resolve();
    else stopping.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(timer);
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await mirror?.idle();
  return 0;
}

/** Also what lies under the leaves of old: a consistency proof does not look there. */
async function fullCheck(log: string, logKeys: readonly VerifierKey[]): Promise<void> {
  const stamp = new Date().toISOString();
  try {
    const { problems, size } = await checkLog({ log: httpLog(log), logKeys });
    for (const problem of problems) console.error(`${stamp} ✗ ${problem}`);
    if (problems.length === 0) console.log(`${stamp} 通读相符 · all ${size} entries hold`);
  } catch (error) {
    console.error(`${stamp} ✗ ${reasonOf(error)}`);
  }
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new WrongUse(`${host}:${port}: ${reasonOf(error)}`)));
    server.listen(port, host, () => resolve());
  });
}

/** For `npm run witness`. */
export const main = (stopping: AbortSignal): Promise<number> => witness(process.argv.slice(3), stopping);
