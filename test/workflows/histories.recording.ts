import { it } from 'vitest';
import { createWorld } from '../harness/world.js';
import { recordHistory } from './histories.js';
import { PATHS } from './record-histories.js';

// `npm run histories`: each path is lived once and its history kept.
it.each(Object.entries(PATHS))('%s', async (path, live) => {
  const world = await createWorld();
  try {
    recordHistory(path, await live(world));
  } finally {
    await world.close();
  }
});
