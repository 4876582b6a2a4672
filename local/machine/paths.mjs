import { accessSync, chmodSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const product = 'joint-enforcement-cloud';

/** The folder of the product: the nearest one above this file that has a package.json (source and dist alike). */
export const rootFolder = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (dirname(folder) === folder) throw new Error('package.json not found above the product');
    folder = dirname(folder);
  }
  return folder;
})();

export function writable(folder) {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where cached things may already lie, in the order of preference. The account's own home counts without HOME. */
export function cacheCandidates() {
  const homes = [process.env.HOME, accountHome()].filter((home) => home && isAbsolute(home) && existsSync(home));
  const bases = [
    ...(process.env.XDG_CACHE_HOME && isAbsolute(process.env.XDG_CACHE_HOME) ? [process.env.XDG_CACHE_HOME] : []),
    ...homes.map((home) => join(home, '.cache')),
  ];
  const uid = process.getuid ? process.getuid() : 'user';
  return [...new Set(bases.map((base) => join(base, product))), join(tmpdir(), `${product}-${uid}`)];
}

/** A folder for caches that this account can write, made if needed. */
export function cacheFolder() {
  for (const folder of cacheCandidates()) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (writable(folder) && ownedByUs(folder)) return folder;
    } catch {
      // Not here: the next candidate.
    }
  }
  const fresh = mkdtempSync(join(tmpdir(), `${product}-`));
  chmodSync(fresh, 0o700);
  return fresh;
}

/** Every executable of that name on PATH, in order, and then in `elsewhere`. */
export function executables(name, elsewhere = []) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(isAbsolute), ...elsewhere];
  return [...new Set(folders)].map((folder) => join(folder, name)).filter(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return lstatSync(file).isFile() || lstatSync(file).isSymbolicLink();
  } catch {
    return false;
  }
}

// A folder under /tmp with a name others can guess may have been laid there by somebody else.
function ownedByUs(folder) {
  if (!process.getuid) return true;
  const stat = lstatSync(folder);
  return stat.isDirectory() && stat.uid === process.getuid();
}

function accountHome() {
  try {
    return userInfo().homedir;
  } catch {
    return undefined; // A uid without an account.
  }
}
