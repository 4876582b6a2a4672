import { hash } from 'node:crypto';
import type { Transaction } from './pool.js';

/** How PostgreSQL knows a lock: by its number, by a seed with which the name of what is locked is hashed, or by a digest made here. */
type Known = { readonly number: number } | { readonly seed: number } | { readonly digest: string };

/**
 * Every advisory lock there is; each ends with its transaction. No number and no seed stands twice, or two kinds of thing would wait for each other
 * (a test). None is ever changed or taken again: while a new version comes, old processes and new ones hold them side by side.
 */
export const LOCKS = {
  /** Who gives committed notices their positions, and who needs that nobody does. */
  assigner: { number: 4_201 },
  /** Who settles notices that every department has passed. */
  settler: { number: 4_202 },
  /** Who gives leaves their log indexes and signs the log; recovery waits for it. */
  sequencer: { number: 4_203 },
  /** Who keeps a witness's line: of several that arrive at once, the last must see all. */
  cosignatures: { number: 4_204 },
  /** Who puts clear comparisons into batches: the leaves of a department are a chain. */
  comparisonBatches: { number: 4_205 },
  /** Who deletes what is due: each run is chained to the one before. */
  retention: { number: 4_210 },
  /** Everybody who writes numbers holds it shared, and reads under it which tokens to write; who adds or drops an index waits for them. */
  tokenIndexes: { number: 4_220 },
  /** A number of a party, by its blind value: two cases that list the same person at once find one subject. */
  partyNumber: { seed: 1 },
  /** A department that acknowledges or leaves: its leaves are a chain. */
  department: { seed: 2 },
  /**
   * The data keys of a subject or case: two that find none at once make one, and nothing is encrypted under one that is being destroyed. The relay had
   * this seed too; it stays here, for what was encrypted under a destroyed key cannot be mended.
   */
  dataKeys: { seed: 3 },
  /**
   * A department whose channel is being ensured. Token keys had this seed too; it stays here, for a pause and a resume that two workers tell at once
   * may cross, and the channel would stay quiet.
   */
  channel: { seed: 4 },
  /** The rule of a service, whose versions are counted. */
  serviceRule: { seed: 5 },
  /** An entry of the register of schools, whose versions are counted. */
  school: { seed: 6 },
  /** A key that is registered, by its id, or a fact that is signed with one, by the leaf's business key `signed:…`: the two are never equal. */
  signature: { seed: 7 },
  /**
   * A life whose signals are being relayed. Was seed 3: an old relay and a new one may hand over the same rows at once, and the workflow passes
   * over a `seq` it has received (domain/process.ts), in whatever order they come.
   */
  relay: { seed: 8 },
  /**
   * A department that is given token keys: its leaves are a chain. Was seed 4, under which the version before read the chain's end before it held the
   * lock: its lock kept nobody apart, so nothing is lost by another while both versions run.
   */
  tokenKeys: { seed: 9 },
  /** A client's idempotency key: who holds it has the key's row in the making. `requestLock` makes the number. */
  request: { digest: 'idempotency' },
} as const satisfies Readonly<Record<string, Known>>;

type Locks = typeof LOCKS;
type NamesOf<K> = { [Name in keyof Locks]: Locks[Name] extends K ? Name : never }[keyof Locks];
/** There is one of it. */
export type Lock = NamesOf<{ number: number }>;
/** There is one for each department, life, number … */
type KeyedLock = NamesOf<{ seed: number }>;

// SQL of calls. They go into statement texts, which are constants.

/** Waits for the lock. */
export const lock = (name: Lock): string => `pg_advisory_xact_lock(${LOCKS[name].number})`;

/** Whether the lock was free, and is now held. */
export const tryLock = (name: Lock): string => `pg_try_advisory_xact_lock(${LOCKS[name].number})`;

/** Waits until nobody holds it alone. */
export const lockShared = (name: Lock): string => `pg_advisory_xact_lock_shared(${LOCKS[name].number})`;

/** Waits for the lock of one thing; `key` is SQL of its name, a text. */
export const lockKeyed = (name: KeyedLock, key: string): string => `pg_advisory_xact_lock(${hashed(name, key)})`;

/** Whether the lock of one thing was free, and is now held. */
export const tryLockKeyed = (name: KeyedLock, key: string): string => `pg_try_advisory_xact_lock(${hashed(name, key)})`;

const hashed = (name: KeyedLock, key: string): string => `hashtextextended(${key}, ${LOCKS[name].seed})`;

/** Waits for the lock of a request; `number` is SQL of what `requestLock` made. */
export const lockRequest = (number: string): string => `pg_advisory_xact_lock(${number})`;

/** Whether the lock of a request was free, and is now held. */
export const tryLockRequest = (number: string): string => `pg_try_advisory_xact_lock(${number})`;

/** The number of a request's lock, 64 bits in decimal: of all clients and keys there are, no two share one by chance. */
export function requestLock({ client, key }: { client: string; key: string }): string {
  return hash('sha256', `${LOCKS.request.digest}\0${client}\0${key}`, 'buffer').readBigInt64BE(0).toString();
}

/** Waits for the lock, in a statement of its own: the next one sees what its holder before committed. */
export async function hold(tx: Transaction, name: Lock): Promise<void> {
  await tx.query(`select ${lock(name)}`, []);
}

/** As `hold`, without waiting: false where another holds it. */
export async function tryHold(tx: Transaction, name: Lock): Promise<boolean> {
  const { rows } = await tx.query<{ held: boolean }>(`select ${tryLock(name)} as held`, []);
  return rows[0]?.held ?? false;
}
