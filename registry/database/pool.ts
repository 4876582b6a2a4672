import { createHash } from 'node:crypto';
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
  /** How long a caller waits for a free connection, ms. */
  connectionTimeoutMs?: number;
  /** How long a statement may take, ms; 0 for an owner's command, which walks whole tables. */
  statementTimeoutMs?: number;
  /** Every statement of this process finds rows by keys alone: it is planned once, not five times more to see whether its values matter. */
  planOnce?: boolean;
}

/** Our statements are constants: each text has a name, under which a connection plans it once. */
const names = new Map<string, string>();

function nameOf(text: string): string {
  const known = names.get(text);
  if (known) return known;
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 16);
  names.set(text, name);
  return name;
}

/**
 * A connection that prepares every statement given with values, and sends the next one before the last was answered where nobody awaited it:
 * what is asked within one turn of the event loop goes out in one write.
 */
class PreparingClient extends pg.Client {
  private corked = false;

  constructor(config?: pg.ClientConfig) {
    super({ ...config, pipeline: true });
  }

  // The signature of all of pg's forms of `query`; only (text, values) is ours to change.
  override query(...parameters: unknown[]): never {
    const [text, values, ...rest] = parameters;
    // What was gathered since a savepoint goes with it.
    if (typeof text === 'string' && text.startsWith('rollback')) gathered.delete(this);
    else if (!sending) sendGathered(this);
    const prepared =
      typeof text === 'string' && Array.isArray(values) ? [{ text, name: nameOf(text) }, values, ...rest] : parameters;
    this.cork();
    return (super.query as (...all: unknown[]) => never).apply(this, prepared);
  }

  private cork(): void {
    const { stream } = this.connection;
    if (this.corked) return;
    this.corked = true;
    stream.cork();
    process.nextTick(() => {
      this.corked = false;
      stream.uncork();
    });
  }
}

/**
 * Our statements find few rows by their keys. A plan that was made while a table was young, and is kept for as long as its connection, must not
 * read the whole of it when it has grown.
 */
const BY_KEY = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off';
/**
 * For the loops, which ask the same again and again: what they are done with leaves the indexes they find their work by at the next vacuum. Until
 * then a plain scan marks it and passes over it, a bitmap looks each time at all of it.
 */
const PLANNED_ONCE = `${BY_KEY} -c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan`;

/** A pool whose statements end by themselves: a stuck one must never hold a case's lock for ever. */
export function createPool({
  connectionString,
  applicationName,
  max = 16,
  connectionTimeoutMs = 3_000,
  planOnce = false,
  statementTimeoutMs = 15_000,
}: PoolOptions): Pool {
  const pool = new pg.Pool({
    Client: PreparingClient,
    connectionString,
    application_name: applicationName,
    options: planOnce ? PLANNED_ONCE : BY_KEY,
    max,
    connectionTimeoutMillis: connectionTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The same for one in use that breaks between two statements; its next statement fails, and says so to who asked.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** What was sent in a transaction under way and not awaited. */
const underWay = new WeakMap<Transaction, Promise<unknown>[]>();

/** What a transaction under way has gathered and not yet sent. */
const gathered = new WeakMap<object, { by: unknown; rows: unknown[]; write: () => void }>();

/**
 * Gathers rows that one statement can write: `write` sends all of them before the transaction asks anything, or with its commit. What is sent
 * meanwhile may overtake them. Only inside `inTransaction`.
 */
export function gather<Row>(
  tx: Transaction,
  write: (tx: Transaction, rows: readonly Row[]) => void,
  rows: readonly Row[],
): void {
  if (!underWay.has(tx)) throw new Error('nothing is gathered outside a transaction');
  const waiting = gathered.get(tx);
  if (waiting?.by === write) {
    waiting.rows.push(...rows);
    return;
  }
  sendGathered(tx);
  const all = [...rows];
  gathered.set(tx, { by: write, rows: all, write: () => write(tx, all) });
}

function sendGathered(tx: object): void {
  const waiting = gathered.get(tx);
  gathered.delete(tx);
  waiting?.write();
}

/** Whether what goes out just now is sent, and asks nothing: what is gathered may still wait. */
let sending = false;

/**
 * Sends a statement whose rows nobody needs, without waiting for its answer: the next one may go out with it. Order holds, and a failure
 * fails the transaction. Only inside `inTransaction`.
 */
export function send(tx: Transaction, text: string, values: readonly unknown[]): void {
  const sent = underWay.get(tx);
  if (!sent) throw new Error('nothing is sent outside a transaction');
  sending = true;
  try {
    const answered = tx.query(text, [...values]);
    answered.catch(() => undefined);
    sent.push(answered);
  } finally {
    sending = false;
  }
}

/** Sends what was gathered, and waits for all that was sent so far. Throws the first failure. */
export async function allAnswered(tx: Transaction): Promise<void> {
  sendGathered(tx);
  const sent = underWay.get(tx)?.splice(0) ?? [];
  const outcomes = await Promise.allSettled(sent);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** What made a transaction fail: where something sent before has failed, what was thrown after it only says so. */
export function firstFailure(tx: Transaction, thrown: unknown): Promise<unknown> {
  gathered.delete(tx);
  return allAnswered(tx).then(
    () => thrown,
    (first) => first,
  );
}

/** Serialization failure, deadlock: the transaction did nothing and may simply run again. */
const REPEATABLE = new Set(['40001', '40P01']);

/**
 * Runs `work` in one transaction; repeats it when PostgreSQL asked for that. Errors of `work` roll back and are rethrown.
 * Where `work` begins by reading or locking (`readsFirst`), that goes out together with the `begin`.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (tx: Transaction) => Promise<T>,
  { readsFirst = false }: { readsFirst?: boolean } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      underWay.set(client, []);
      const begun = begin(client);
      if (!readsFirst) await begun;
      const result = await work(client);
      await begun;
      await commit(client);
      return result;
    } catch (thrown) {
      const error = await firstFailure(client, thrown);
      await client.query('rollback').catch((failure: Error) => {
        broken = failure;
      });
      if (attempt >= 5 || !REPEATABLE.has(sqlState(error) ?? '')) throw error;
    } finally {
      underWay.delete(client);
      gathered.delete(client);
      client.release(broken);
    }
  }
}

/** Nothing may be written on a connection that has not begun: it is cut, before the answer to the first statement can be read. */
function begin(client: Transaction): Promise<unknown> {
  const begun = client.query('begin');
  begun.catch(() => client.connection.stream.destroy());
  return begun;
}

/** Goes out behind all that was sent: where something of it has failed, PostgreSQL rolls back instead, and the failure is thrown. */
async function commit(client: Transaction): Promise<void> {
  sendGathered(client);
  const committed = client.query('commit');
  committed.catch(() => undefined);
  await allAnswered(client);
  const { command } = await committed;
  if (command !== 'COMMIT') throw new Error(`PostgreSQL answered ${command} to a commit`);
}

/** The row of a statement that always has one. */
export function soleRow<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('a statement that always has a row had none');
  return row;
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
