import pg from 'pg';

export type Pool = pg.Pool;
/** A connection inside a transaction: what every writing function of this room takes. */
export type Transaction = pg.PoolClient;
/** Anything that can run a statement. */
export type Queryable = pg.Pool | pg.PoolClient;

export interface PoolOptions {
  connectionString: string;
  applicationName: string;
  max?: number;
}

/** A pool whose statements end by themselves: a stuck one must never hold a case's lock for ever. */
export function createPool({ connectionString, applicationName, max = 16 }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: 3_000,
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The same for one in use that breaks between two statements; its next statement fails, and says so to who asked.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Serialization failure, deadlock: the transaction did nothing and may simply run again. */
const REPEATABLE = new Set(['40001', '40P01']);

/** Runs `work` in one transaction; repeats it when PostgreSQL asked for that. Errors of `work` roll back and are rethrown. */
export async function inTransaction<T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => {
        broken = failure;
      });
      if (attempt >= 5 || !REPEATABLE.has(sqlState(error) ?? '')) throw error;
    } finally {
      client.release(broken);
    }
  }
}

/** The SQLSTATE of a PostgreSQL error, if it is one. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** The constraint a PostgreSQL error names, if it names one. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}

/** Cancelled by its time limit, lock not available, and what repeating did not cure: the client may try again. */
const BUSY_STATES = new Set(['57014', '55P03', ...REPEATABLE]);
const CONNECTION_STATES = /^(08|57P|53|58)/;
const CONNECTION_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);

/** Whether PostgreSQL is away (restarting, unreachable, out of connections) or too busy, rather than unhappy with the statement. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (BUSY_STATES.has(sqlState(error) ?? '')) return true;
  if (CONNECTION_CODES.has(code) || (sqlState(error) !== undefined && CONNECTION_STATES.test(code))) return true;
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/.test(
    error.message,
  );
}
