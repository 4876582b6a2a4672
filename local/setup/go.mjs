import { join } from 'node:path';
import { executables, writable } from '../machine/paths.mjs';

/** The `go` command, on PATH or where installers put it; undefined where there is none. */
export function goProgram() {
  return executables('go', ['/usr/local/go/bin', '/usr/lib/go/bin', '/opt/homebrew/bin'])[0];
}

/**
 * What a build for this machine needs: Go's own settings (proxies, caches) stay as they are, those for other machines are left out. `folder`
 * is a folder for what Go keeps when there is no home to keep it in.
 */
export function goEnvironment(folder) {
  const environment = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? 'auto' };
  for (const name of ['GOOS', 'GOARCH', 'GOWORK', 'GO111MODULE']) delete environment[name];
  // -modcacherw: Go's module cache is read-only and could not be removed with the rest.
  if (!process.env.HOME || !writable(process.env.HOME)) {
    Object.assign(environment, {
      HOME: folder,
      GOPATH: join(folder, 'go'),
      GOMODCACHE: join(folder, 'go', 'pkg', 'mod'),
      GOCACHE: join(folder, 'cache'),
      GOFLAGS: `${process.env.GOFLAGS ?? ''} -modcacherw`.trim(),
    });
  }
  return environment;
}
