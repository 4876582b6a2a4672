import { redrive } from '../case/outbox.js';
import { createPool } from '../database/pool.js';

const USAGE = `用法 / usage: npm run redrive [-- DEFAULTER]
  DEFAULTER  只重发这一名被执行人的事实（编号）/ only the facts of this defaulter (its id); without it, of every open life
DATABASE_URL: 应用程序的角色 / the application's role`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The operator's command after Temporal's store was lost or restored. Exit code 2 for arguments that are wrong. */
async function main(): Promise<number> {
  const [defaulter, ...more] = process.argv.slice(2);
  const connectionString = process.env.DATABASE_URL;
  if (more.length > 0 || (defaulter !== undefined && !UUID.test(defaulter)) || !connectionString) {
    console.error(connectionString ? USAGE : `DATABASE_URL is not set\n${USAGE}`);
    return 2;
  }
  const pool = createPool({ connectionString, applicationName: 'redrive', max: 1 });
  try {
    const rows = await redrive(pool, defaulter);
    console.log(`${rows} 件事实将重新送达。 / ${rows} facts will be handed over again; a running worker does it.`);
    return 0;
  } finally {
    await pool.end();
  }
}

process.exitCode = await main();
