import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { writePrivateFile } from '../machine/private-files.js';

/** Logins of the product, and the roles that the migrations give rights to. */
const LOGINS = {
  application: { login: 'enforcement_application_login', group: 'enforcement_application' },
  sequencer: { login: 'enforcement_sequencer_login', group: 'enforcement_sequencer' },
} as const;

/** Makes the database if it is absent; its URL for the same account. */
export async function ensureDatabase(serverUrl: string, database: string): Promise<string> {
  await withClient(serverUrl, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
  });
  return withDatabase(serverUrl, database);
}

/**
 * A login of the application's own, no owner of anything, with a password kept in `passwordFile` (mode 600). To be
 * called after the migrations, which make the group role. Returns its URL for the database of `adminUrl`.
 */
export const createApplicationLogin = (adminUrl: string, passwordFile: string): Promise<string> =>
  createLogin('application', adminUrl, passwordFile);

/** The same for the sequencer, which alone may append to the record. */
export const createSequencerLogin = (adminUrl: string, passwordFile: string): Promise<string> =>
  createLogin('sequencer', adminUrl, passwordFile);

async function createLogin(of: keyof typeof LOGINS, adminUrl: string, passwordFile: string): Promise<string> {
  const { login, group } = LOGINS[of];
  if (!existsSync(passwordFile)) writePrivateFile(passwordFile, randomBytes(24).toString('base64url'));
  const password = readFileSync(passwordFile, 'utf8').trim();
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [login]);
    const secret = client.escapeLiteral(password);
    await client.query(`${rowCount === 0 ? 'create' : 'alter'} role ${login} login password ${secret}`);
    await client.query(`grant ${group} to ${login}`);
  });
  const url = new URL(adminUrl);
  url.username = login;
  url.password = password;
  return url.href;
}

export function withDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** One connection for the time of `work`. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
