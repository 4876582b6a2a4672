import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type RunnerOption, runner } from 'node-pg-migrate';
import pg from 'pg';
import { sqlState } from './pool.js';

const DIRECTORY = fileURLToPath(new URL('../migrations', import.meta.url));
const TABLE = 'migration';
/** SQLSTATE of a lock that was not got within `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';

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

/** A table is held by somebody for longer than others may be made to wait: what was done stays, the rest wants another run. */
export class DatabaseBusy extends Error {
  constructor(cause: unknown) {
    super(
      '有长事务占用数据表，升级未完成：请稍后再次运行，已完成的部分不受影响。 / A long transaction holds a table, so not all was migrated: run it again in a while; what is done stays.',
      { cause },
    );
    this.name = 'DatabaseBusy';
  }
}

/**
 * A file that begins with this line is run statement by statement, outside any transaction, as `create index concurrently` wants it; each of the
 * others is a transaction of its own.
 */
const OUTSIDE = /^-- no transaction$/m;

type Loader = Exclude<NonNullable<RunnerOption['migrationLoaderStrategies']>[number]['loader'], string>;
const load: Loader = (paths) =>
  Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, 'utf8');
      const outside = OUTSIDE.test(text);
      const statements = outside ? text.split(/;\s*$/m).filter((statement) => /^\s*[a-z]/im.test(statement)) : [text];
      return {
        id: path,
        filePaths: [path],
        actions: {
          up: (pgm) => {
            if (outside) pgm.noTransaction();
            for (const statement of statements) pgm.sql(statement);
          },
          down: false,
        },
      };
    }),
  );

/**
 * Brings the database up to this version's schema; forward only, while others serve. Throws NewerData where it is ahead of us, DatabaseBusy where
 * a table was held by somebody else.
 */
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
      singleTransaction: false,
      migrationLoaderStrategies: [{ extensions: ['.sql'], loader: load }],
      log: () => undefined,
    }).catch((error: unknown) => {
      throw sqlState(error) === LOCK_NOT_AVAILABLE ? new DatabaseBusy(error) : error;
    });
  } finally {
    await client.end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const url = process.env.DATABASE_URL;
  if (!url)
    throw new Error('DATABASE_URL is not set: give the address of the database, as a role that may create tables');
  await migrate(url).catch((error: unknown) => {
    if (!(error instanceof NewerData || error instanceof DatabaseBusy)) throw error;
    console.error(error.message);
    process.exit(1);
  });
}
