import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { rootFolder } from '../../local/machine/paths.mjs';

/** The journeys run the compiled product: it must be of the sources as they are. Nothing is done when it is. */
export default function setup(): void {
  const { status } = spawnSync(process.execPath, [join(rootFolder, 'local', 'setup', 'build.mjs')], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the product could not be built');
}
