import { lockEndpoint, putEndpoint } from '../../registry/departments/endpoints.js';
import type { World } from './world.js';

/** The department takes its notices here from now on; returns its secret, and the public half of its key pair. */
export const setSignedEndpoint = (world: World, department: string, url: string) =>
  world.tx(async (tx) => {
    await lockEndpoint(tx, department);
    return putEndpoint(tx, world.ring, department, url, 'v1a');
  });

/** As `setSignedEndpoint`, without a key pair; returns the secret. */
export async function setEndpoint(world: World, department: string, url: string): Promise<string> {
  const { secret } = await world.tx(async (tx) => {
    await lockEndpoint(tx, department);
    return putEndpoint(tx, world.ring, department, url);
  });
  return secret;
}
