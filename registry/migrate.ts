import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';

const DIRECTORY = fileURLToPath(new URL('./migrations', import.meta.url));
const TABLE = 'migration';

/** The database was written by a newer version of the product: this one must not touch it. */
export class NewerData extends Error {
  constructor(readonly migrations: string[]) {
    super(
      `数据由更新的版本写入，本版本不能使用：请改用更新的版本，或用 --data 指定另一个目录。 / The data was written by a newer version (${migrations.join(
        ', ',
      )}): run that version, or choose another directory with --data.`,
    );
    this.name = 'NewerData';
  }
}

/** Brings the database up to this version's schema; forward only. Throws NewerData where it is ahead of us. */
export async function migrate(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'migrate' });
  await client.connect();
  try {
    const ours = new Set(readdirSync(DIRECTORY).map((file) => file.replace(/\.sql$/, '')));
    const { rows } = await client.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [TABLE]);
    if (rows[0]?.exists) {
      const done = await client.query<{ name: string }>(`select name from ${TABLE} order by id`);
      const unknown = done.rows.map((row) => row.name).filter((name) => !ours.has(name));
      if (unknown.length > 0) throw new NewerData(unknown);
    }
    await runner({
      dbClient: client,
      dir: DIRECTORY,
      direction: 'up',
      migrationsTable: TABLE,
      checkOrder: true,
      log: () => undefined,
    });
  } finally {
    await client.end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const url = process.env.DATABASE_URL;
  if (!url)
    throw new Error('DATABASE_URL is not set: give the address of the database, as a role that may create tables');
  await migrate(url);
}
