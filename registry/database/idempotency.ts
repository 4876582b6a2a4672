import { lockRequest, requestLock, tryLockRequest } from './locks.js';
import { allAnswered, firstFailure, inTransaction, type Pool, type Transaction } from './pool.js';

// One request, one fact: the row below, the fact and the answer are one transaction (after draft-ietf-httpapi-idempotency-key-header).

/** The longest a client may go on retrying with one key. */
const KEPT_DAYS = 30;
const FORGOTTEN_AT_ONCE = 5_000;

export interface KeyedRequest {
  /** The court or department, not the token. */
  client: string;
  key: string;
  /** Keyed hash of method, route and canonical body. */
  fingerprint: Buffer;
}

export interface StoredAnswer {
  status: number;
  location?: string;
  /** JSON text, sent again byte for byte. */
  body: string;
}

export type Outcome =
  | { kind: 'answered'; answer: StoredAnswer; replayed: boolean }
  /** The first request with this key is still running. */
  | { kind: 'in-progress' }
  /** The key was used for another request. */
  | { kind: 'reused' };

export interface Work {
  run(tx: Transaction): Promise<StoredAnswer>;
  /** The answer that an error of `run` means for good (a lasting 4xx): it is stored, and what `run` wrote is not. Undefined rethrows. */
  lasting(error: unknown): StoredAnswer | undefined;
  /** Whether a stored answer may be given again; where not, `run` judges anew. */
  stillHolds?(tx: Transaction, answer: StoredAnswer): Promise<boolean>;
  /** Wait for a running first request instead of answering `in-progress`. */
  wait?: boolean;
}

/** Does the work once per client and key, whatever is sent again and however often at once. */
export async function once(pool: Pool, request: KeyedRequest, work: Work): Promise<Outcome> {
  return inTransaction(
    pool,
    async (tx) => {
      if (!(await lock(tx, request, work.wait ?? false))) return { kind: 'in-progress' };
      // A statement of its own: its snapshot must be younger than the lock.
      const stored = await find(tx, request);
      if (stored && !stored.fingerprint.equals(request.fingerprint)) return { kind: 'reused' };
      if (stored) {
        const { answer } = stored;
        if (!work.stillHolds || (await work.stillHolds(tx, answer)))
          return { kind: 'answered', answer, replayed: true };
        await tx.query('delete from idempotency where client = $1 and key = $2', [request.client, request.key]);
      }
      const answer = await attempt(tx, work);
      await store(tx, request, answer);
      return { kind: 'answered', answer, replayed: false };
    },
    { readsFirst: true },
  );
}

/** Forgets answers older than any client's retries, in portions: no statement of it takes long, and stopped it has done what it did. Returns how many. */
export async function forgetOldAnswers(pool: Pool, portion = FORGOTTEN_AT_ONCE): Promise<number> {
  let forgotten = 0;
  for (let more = true; more; ) {
    const { rowCount } = await pool.query(
      `delete from idempotency
       where ctid = any(array(
         select ctid
         from idempotency
         where created_at < now() - make_interval(days => $1)
         limit $2
       ))`,
      [KEPT_DAYS, portion],
    );
    forgotten += rowCount ?? 0;
    more = (rowCount ?? 0) === portion;
  }
  return forgotten;
}

async function attempt(tx: Transaction, work: Work): Promise<StoredAnswer> {
  await tx.query('savepoint work');
  try {
    const answer = await work.run(tx);
    await allAnswered(tx);
    return answer;
  } catch (thrown) {
    const error = await firstFailure(tx, thrown);
    const answer = work.lasting(error);
    if (!answer) throw error;
    await tx.query('rollback to savepoint work');
    return answer;
  }
}

async function lock(tx: Transaction, request: KeyedRequest, wait: boolean): Promise<boolean> {
  const number = requestLock(request);
  if (wait) {
    await tx.query(`select ${lockRequest('$1')}`, [number]);
    return true;
  }
  const { rows } = await tx.query<{ held: boolean }>(`select ${tryLockRequest('$1')} as held`, [number]);
  return rows[0]?.held ?? false;
}

async function find(
  tx: Transaction,
  { client, key }: KeyedRequest,
): Promise<{ fingerprint: Buffer; answer: StoredAnswer } | undefined> {
  const { rows } = await tx.query<{ fingerprint: Buffer; status: number; location: string | null; body: string }>(
    'select fingerprint, status, location, body from idempotency where client = $1 and key = $2',
    [client, key],
  );
  const row = rows[0];
  if (!row) return undefined;
  const { fingerprint, status, location, body } = row;
  return { fingerprint, answer: { status, body, ...(location === null ? {} : { location }) } };
}

async function store(tx: Transaction, { client, key, fingerprint }: KeyedRequest, answer: StoredAnswer): Promise<void> {
  await tx.query(
    `insert into idempotency (client, key, fingerprint, status, location, body)
     values ($1, $2, $3, $4, $5, $6)`,
    [client, key, fingerprint, answer.status, answer.location ?? null, answer.body],
  );
}
