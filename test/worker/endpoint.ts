import { lockEndpoint, putEndpoint } from '../../registry/channels.js';
import type { World } from '../harness/world.js';

/** The department takes its notices here from now on; returns its secret. */
/** As `setEndpoint`, signed with a key pair too. */
export const setSignedEndpoint = (world: World, department: string, url: string) =>
  world.tx(async (tx) => {
    await lockEndpoint(tx, department);
    return putEndpoint(tx, world.ring, department, url, 'v1a');
  });

export async function setEndpoint(world: World, department: string, url: string): Promise<string> {
  const { secret } = await world.tx(async (tx) => {
    await lockEndpoint(tx, department);
    return putEndpoint(tx, world.ring, department, url);
  });
  return secret;
}
