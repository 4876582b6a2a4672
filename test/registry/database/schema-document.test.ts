// docs/schema.sql says what the migrations make: whoever adds one runs `npm run docs`.
import { randomBytes } from 'node:crypto';
import { expect, inject, it } from 'vitest';
import { read, SCHEMA } from '../../../local/docs/generated.js';
import { schemaDocument } from '../../../local/docs/schema.js';
import { ensureDatabase, withClient } from '../../../local/servers/postgres-databases.js';
import { migrate } from '../../../registry/database/migrate.js';

it('the schema on its page is the one that the migrations make', async () => {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const adminUrl = await ensureDatabase(inject('postgresUrl'), name);
  try {
    await migrate(adminUrl);
    expect(read(SCHEMA), 'docs/schema.sql is out of date: npm run docs').toBe(await schemaDocument(adminUrl));
    const undescribed = await withClient(adminUrl, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `select relname as name from pg_class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and obj_description(oid, 'pg_class') is null`,
      );
      return rows.map((row) => row.name);
    });
    expect(undescribed, 'tables without a comment').toEqual([]);
  } finally {
    await withClient(inject('postgresUrl'), (client) => client.query(`drop database if exists ${name} with (force)`));
  }
});
