import { it } from 'vitest';
import { useWorld } from '../harness/world.js';
import { recordHistory } from './histories.js';
import { PATHS } from './record-histories.js';

const world = useWorld('test');

// `npm run histories`: each path is lived once and its history kept.
it.each(Object.entries(PATHS))('%s', async (path, live) => {
  recordHistory(path, await live(world));
});
