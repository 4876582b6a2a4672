// An operator has the facts of open lives sent to Temporal again.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rootFolder } from '../../../local/machine/paths.mjs';
import { FEN } from '../../builders/amounts.js';
import { defaulter, person } from '../../builders/parties.js';
import { lifeOf, useWorld } from '../../harness/world.js';

const world = useWorld();

describe('npm run redrive', () => {
  const program = join(rootFolder, 'dist', 'registry', 'maintenance', 'redrive.js');
  const run = (...parameters: string[]) =>
    spawnSync(process.execPath, [program, ...parameters], {
      env: { ...process.env, DATABASE_URL: world.pool.options.connectionString },
      encoding: 'utf8',
    });
  const unsent = async (): Promise<number> => {
    const { rowCount } = await world.pool.query('select from outbox where sent_at is null');
    return rowCount ?? 0;
  };

  it('marks the facts of open lives unsent, of all or of one, as the application’s role', async () => {
    const [one, two] = [await world.open([defaulter()]), await world.open([defaulter(person('乙某'))])];
    await world.pay(one.id, FEN);
    await world.pool.query('update outbox set sent_at = now()');
    await world.pool.query('update defaulter set ended_at = now() where id = $1', [two.defaulters[0]?.id]);
    const wrong = run('somebody');
    expect([wrong.status, wrong.stderr, await unsent()]).toEqual([2, expect.stringContaining('usage'), 0]);
    const done = run();
    expect([done.status, done.stdout, await unsent()]).toEqual([0, expect.stringContaining('2 facts'), 2]);
    await world.pool.query('update outbox set sent_at = now()');
    run(lifeOf(one));
    expect(await unsent()).toBe(2);
  });
});
