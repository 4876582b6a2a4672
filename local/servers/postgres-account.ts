import { type SpawnOptions, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { PlainError } from '../machine/say.mjs';
import { type PostgresBinaries, reachableCopy } from './postgres-binaries.js';

/** How PostgreSQL's programs are run so that they are not root and still reach their files. */
export interface PostgresRunner {
  binaries: PostgresBinaries;
  /** Whose the cluster's files must be; `undefined`: our own. */
  owner: { uid: number; gid: number } | undefined;
  /** What to spawn for this program with these parameters. */
  command(program: string, parameters: string[]): { file: string; parameters: string[]; options: SpawnOptions };
}

/** Unprivileged accounts that systems have anyway: we make none of our own. initdb insists on one with a name. */
const accounts = ['postgres', 'nobody', 'daemon'];

/**
 * PostgreSQL refuses to run as root. As an ordinary account it runs as that; as root under an unprivileged account of
 * the system, the owner of `directory` if that is one. Where that account can't reach the files (a clone in root's own
 * folder), it gets the one capability to pass through folders, by setpriv. Throws PlainError with the ways out.
 */
export function postgresRunner(binaries: PostgresBinaries, directory: string): PostgresRunner {
  if (process.getuid?.() !== 0) return plainRunner(binaries);
  const owner = unprivilegedAccount(directory);
  const asOwner = runnerAs(binaries, owner);
  if (reaches(asOwner, binaries, directory)) return asOwner;
  const withPassage = runnerWithPassage(binaries, owner);
  if (reaches(withPassage, binaries, directory)) return withPassage;
  if (canEnter(asOwner, directory)) {
    const copy = reachableCopy(binaries);
    const fromCopy = runnerAs(copy, owner);
    if (reaches(fromCopy, copy, directory)) return fromCopy;
  }
  throw new PlainError(
    `PostgreSQL 不能以 root 运行，而账户 ${owner.name} 无法进入 ${directory}。请用普通账户启动，或用 --data 选择其可进入的目录（如 /var/lib 下），或安装 setpriv（util-linux），或用 DATABASE_URL 指向已有的 PostgreSQL。`,
    `PostgreSQL does not run as root, and the account ${owner.name} can't enter ${directory}. Start as an ordinary user, or choose a folder it can enter with --data (under /var/lib, say), or install setpriv (util-linux), or point DATABASE_URL to a PostgreSQL you have.`,
  );
}

interface Account {
  name: string;
  uid: number;
  gid: number;
}

function plainRunner(binaries: PostgresBinaries): PostgresRunner {
  return { binaries, owner: undefined, command: (file, parameters) => ({ file, parameters, options: {} }) };
}

function runnerAs(binaries: PostgresBinaries, { uid, gid }: Account): PostgresRunner {
  return {
    binaries,
    owner: { uid, gid },
    command: (file, parameters) => ({ file, parameters, options: { uid, gid } }),
  };
}

function runnerWithPassage(binaries: PostgresBinaries, { uid, gid }: Account): PostgresRunner {
  const passage = [
    '--securebits=+no_setuid_fixup',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_read_search',
    '--ambient-caps=+dac_read_search',
  ];
  return {
    binaries,
    owner: { uid, gid },
    command: (file, parameters) => ({ file: 'setpriv', parameters: [...passage, file, ...parameters], options: {} }),
  };
}

function unprivilegedAccount(directory: string): Account {
  const { uid } = statSync(directory);
  const candidates = uid === 0 ? accounts : [String(uid), ...accounts];
  for (const name of candidates) {
    const account = lookUp(name);
    if (account && account.uid !== 0) return account;
  }
  throw new PlainError(
    'PostgreSQL 不能以 root 运行，而本机没有可用的普通账户（postgres、nobody）。请用普通账户启动。',
    'PostgreSQL does not run as root, and this machine has no ordinary account for it (postgres, nobody). Start as an ordinary user.',
  );
}

function lookUp(name: string): Account | undefined {
  const ask = (what: string): string => spawnSync('id', [what, name], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const [uid, gid] = [Number.parseInt(ask('-u'), 10), Number.parseInt(ask('-g'), 10)];
  return Number.isInteger(uid) && Number.isInteger(gid) ? { name: ask('-un') || name, uid, gid } : undefined;
}

/** Tried for real: modes, access lists, mount options and missing capabilities all count. */
function reaches(runner: PostgresRunner, binaries: PostgresBinaries, directory: string): boolean {
  return succeeds(runner, binaries.postgres, ['--version']) && canEnter(runner, directory);
}

function canEnter(runner: PostgresRunner, directory: string): boolean {
  return succeeds(runner, '/bin/sh', ['-c', 'cd -- "$0"', directory]);
}

function succeeds(runner: PostgresRunner, program: string, parameters: string[]): boolean {
  const { file, parameters: all, options } = runner.command(program, parameters);
  return spawnSync(file, all, { ...options, stdio: 'ignore', cwd: '/' }).status === 0;
}
