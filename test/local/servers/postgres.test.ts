// The PostgreSQL that npm start brings along: it keeps to itself, and says why it cannot start.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../local/servers/postgres.js';
import { ensureDatabase, withClient } from '../../../local/servers/postgres-databases.js';
import { eventually } from '../../harness/eventually.js';
import { temporaryFolder } from '../../harness/servers.js';

let folder: string;
let server: PostgresServer;
const start = (): Promise<PostgresServer> =>
  startPostgres({ directory: join(folder, 'postgres'), logFile: join(folder, 'postgres.log') });
const ask = async (sql: string): Promise<unknown> =>
  withClient(server.url, async (client) => Object.values((await client.query(sql)).rows[0] ?? {})[0]);

beforeAll(async () => {
  folder = temporaryFolder('postgres');
  server = await start();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the embedded PostgreSQL', () => {
  it('speaks UTF-8 and sorts the same on every machine', async () => {
    expect(await ask('show server_encoding')).toBe('UTF8');
    expect(await ask(`select datcollate from pg_database where datname = 'postgres'`)).toBe('C');
  });

  it('is reached with a password over 127.0.0.1 only', async () => {
    expect(await ask('show listen_addresses')).toBe('127.0.0.1');
    expect(await ask('show unix_socket_directories')).toBe('');
    const url = new URL(server.url);
    url.password = 'guessed';
    await expect(withClient(url.href, async () => {})).rejects.toThrow(/password authentication failed/);
  });

  it('keeps its password readable by its owner only', () => {
    expect(statSync(join(folder, 'postgres', 'superuser.password')).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'postgres', 'cluster')).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'postgres.log')).mode & 0o077).toBe(0);
  });

  it('does not run as root', () => {
    const uid = execFileSync('ps', ['-o', 'uid=', '-p', String(server.pid)], { encoding: 'utf8' }).trim();
    expect(uid).not.toBe('0');
  });

  it('writes no statement and no row into its log, whatever goes wrong', async () => {
    await withClient(server.url, async (client) => {
      await client.query('create temporary table person (name text primary key)');
      await client.query(`insert into person values ('何某的姓名')`);
      await expect(client.query(`insert into person values ('何某的姓名')`)).rejects.toThrow(/duplicate/);
      await expect(client.query(`select 1 / 0 as 何某的姓名`)).rejects.toThrow(/division/);
      await expect(client.query('insert into person values ($1)', ['何某的姓名'])).rejects.toThrow(/duplicate/);
    });
    expect(readFileSync(join(folder, 'postgres.log'), 'utf8')).not.toContain('何某');
  });

  it('makes a database once', async () => {
    const url = await ensureDatabase(server.url, 'once');
    expect(await ensureDatabase(server.url, 'once')).toBe(url);
  });

  it('comes back with its data after it was killed', async () => {
    await withClient(server.url, (client) => client.query('create table kept as select 42 as answer'));
    const gone = new Promise((resolve) => server.process.once('exit', resolve));
    process.kill(server.pid, 'SIGKILL');
    await gone;
    server = await restart();
    expect(await ask('select answer from kept')).toBe(42);
  });

  it('is not kept from starting by a pid file whose number is another process’s now', async () => {
    const pidFile = join(folder, 'postgres', 'cluster', 'postmaster.pid');
    const content = readFileSync(pidFile, 'utf8');
    await server.stop();
    writeFileSync(pidFile, content.replace(/^\d+/, String(process.pid)));
    server = await restart();
    expect(await ask('select 1')).toBe(1);
  });

  it('ends a server on the same cluster that everyone has forgotten', async () => {
    const forgotten = server;
    const gone = new Promise((resolve) => forgotten.process.once('exit', resolve));
    server = await restart();
    await gone;
    expect(await ask('select 1')).toBe(1);
    expect(server.pid).not.toBe(forgotten.pid);
  });
});

describe('what can’t be started is said in one message', () => {
  it('names the version that wrote the data', async () => {
    const version = join(folder, 'postgres', 'cluster', 'PG_VERSION');
    const ours = readFileSync(version, 'utf8');
    writeFileSync(version, '99\n');
    await expect(start()).rejects.toThrow(/written by PostgreSQL 99/);
    writeFileSync(version, ours);
  });

  it('leaves nothing half-made when it was interrupted in the making', async () => {
    const directory = join(folder, 'interrupted');
    mkdirSync(join(directory, 'initialising', 'cluster'), { recursive: true });
    writeFileSync(join(directory, 'initialising', 'cluster', 'PG_VERSION'), '18\n');
    const again = await startPostgres({ directory, logFile: join(folder, 'interrupted.log'), durable: false });
    await again.stop();
    expect(existsSync(join(directory, 'initialising'))).toBe(false);
    expect(readdirSync(directory).sort()).toEqual(['cluster', 'superuser.password']);
  });
});

// Its old backends may hold the shared memory for a moment after the server was killed.
const restart = (): Promise<PostgresServer> => eventually(start);
