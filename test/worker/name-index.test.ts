// The worker indexes names; of the record it cannot read it tells, without a name.

import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { startIndexes } from '../../worker/loops/indexes.js';
import { defaulter, person } from '../builders/parties.js';
import { eventually } from '../harness/eventually.js';
import { useWorld } from '../harness/world.js';

const world = useWorld();

it('a record that cannot be read is an alarm without a name, and the others are indexed', async () => {
  const opened = await world.open([defaulter(person('甲某')), defaulter(person('乙某'))]);
  const [broken, whole] = (await world.view(opened.id)).defaulters.map((one) => one.subject);
  await world.owner.query(
    'update subject set name_sealed = (select name_sealed from subject where id = $2), name_index_key = null where id = $1',
    [broken, whole],
  );
  await world.owner.query('update subject set name_index_key = null where id = $1', [whole]);
  const logged: string[] = [];
  const log = pino(
    new Writable({
      write(line, _encoding, done) {
        logged.push(String(line));
        done();
      },
    }),
  );
  const indexes = startIndexes(world.pool, world.ring, log);
  const keyOf = async () =>
    (await world.owner.query('select name_index_key as key from subject where id = $1', [whole])).rows[0]?.key;
  await eventually(async () => (await keyOf()) === world.ring.activeIndex);
  await indexes.stop();
  expect(logged.map((line) => JSON.parse(line))).toMatchObject([{ level: 50, alarm: 'names', subject: broken }]);
  expect(logged.join('')).not.toMatch(/[甲乙]某/);
});
