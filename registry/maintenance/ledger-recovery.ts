import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Checkpoint, openCheckpoint } from '../../ledger/checkpoint.js';
import { leafHash } from '../../ledger/leaf.js';
import { type LogReader, LogUnreadable, logAt, splitBundle } from '../../ledger/log-reader.js';
import { NoteError, verifiedSignatures } from '../../ledger/note.js';
import { type Policy, parsePolicy } from '../../ledger/policy.js';
import { RightEdge, type TileHash, TileTree } from '../../ledger/tile-tree.js';
import { TILE_WIDTH, widthIn } from '../../ledger/tiles.js';
import type { Tree } from '../../ledger/tree.js';
import { hold } from '../database/locks.js';
import { createPool, inTransaction, type Pool, type Transaction } from '../database/pool.js';
import { readKeyRing } from '../keys/key-ring.js';
import { behindOf, markLevel } from '../ledger/log-status.js';
import { lastTree } from '../ledger/sequencer.js';
import { type Log, logKeys, openLog } from '../ledger/signed-log.js';
import { readTilesOf } from '../ledger/tiles.js';

/** Why the record cannot be recovered from what was given; for people, in both languages. */
export class RecoveryRefused extends Error {
  override readonly name = 'RecoveryRefused';
}

const CHUNK = 500;

export interface Recovered {
  from: number;
  to: number;
  root: Buffer;
}

/**
 * Replays the record from a mirror to the size and root that were signed and witnessed, in one transaction: all of it or nothing; where nothing is
 * missing after all, it says so (`from` is `to`). `pool` is the owner's. Throws RecoveryRefused where the mirror holds no more than this database, or another history.
 */
export async function recoverFromMirror(
  pool: Pool,
  log: Log,
  policy: Policy,
  mirror: LogReader,
  progress: (done: number, all: number) => void = () => undefined,
): Promise<Recovered> {
  const checkpoint = witnessedCheckpoint(await mirror.checkpoint(), log, policy);
  return inTransaction(pool, async (tx) => {
    await tx.query('set local synchronous_commit = on');
    await tx.query('set local statement_timeout = 0');
    // A large mirror is read for minutes between two statements.
    await tx.query('set local idle_in_transaction_session_timeout = 0');
    await hold(tx, 'sequencer');
    const own = await lastTree(tx);
    if (checkpoint.size <= own.size) {
      if (await wasWholeAllAlong(tx, log, checkpoint)) {
        await markLevel(tx, mirror.location, checkpoint);
        return { from: own.size, to: own.size, root: own.root };
      }
      throw new RecoveryRefused(
        `镜像只有 ${checkpoint.size} 条，本库已有 ${own.size} 条 · the mirror holds ${checkpoint.size} entries, this database ${own.size}: nothing to replay`,
      );
    }
    const lost = await readLost(mirror, checkpoint, own, progress);
    await replay(tx, own.size, lost.leaves);
    await writeTree(tx, checkpoint, lost.completed, policy, log);
    await supersedeWaiting(tx);
    await tx.query('alter table ledger_pending enable trigger ledger_pending_once');
    await markLevel(tx, mirror.location, checkpoint);
    return { from: own.size, to: checkpoint.size, root: checkpoint.root };
  });
}

/**
 * Found behind though it holds all that the mirror does, and the mirror all that was found ahead: by somebody who looked while another signed. Not where
 * the witness holds another history, which is beyond repair by any mirror.
 */
async function wasWholeAllAlong(tx: Transaction, log: Log, mirrored: Checkpoint): Promise<boolean> {
  const ahead = await behindOf(tx);
  if (ahead === undefined || ahead.size > mirrored.size) return false;
  const tree = new TileTree(readTilesOf(tx));
  const held = ahead.note === null ? mirrored : openCheckpoint(ahead.note, logKeys(log));
  for (const { size, root } of [held, mirrored]) if (!root.equals(await tree.root(size))) return false;
  return true;
}

/** A checkpoint that we have signed and a witness has cosigned: one alone could be a history that nobody saw. */
function witnessedCheckpoint(text: string, log: Log, policy: Policy): Checkpoint {
  const checkpoint = openCheckpoint(text, logKeys(log));
  const cosigned = verifiedSignatures(
    checkpoint.note,
    policy.witnesses.map(({ key }) => key),
  );
  if (cosigned.length === 0) {
    throw new RecoveryRefused(
      '镜像的检查点没有已知见证人的签名 · no known witness has cosigned the mirror’s checkpoint',
    );
  }
  return checkpoint;
}

/** Reads the whole mirror: its beginning must be our tree, its end the one that was signed. */
async function readLost(
  mirror: LogReader,
  { size, root }: Tree,
  own: Tree,
  progress: (done: number, all: number) => void,
): Promise<{ leaves: Buffer[]; completed: TileHash[] }> {
  const edge = new RightEdge(0, []);
  const leaves: Buffer[] = [];
  let ownCompleted = 0;
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const entries = splitBundle(await mirror.read({ level: 'entries', index, width: widthIn(size, 0, index) })) ?? [];
    for (const entry of entries) {
      if (edge.size === own.size) {
        if (!edge.root().equals(own.root)) throw otherHistory();
        ownCompleted = edge.completed.length;
      }
      if (edge.size >= own.size) leaves.push(entry);
      edge.append(leafHash(entry));
    }
    progress(edge.size, size);
  }
  if (edge.size !== size || !edge.root().equals(root)) {
    throw new RecoveryRefused('镜像的条目与其检查点不符 · the mirror’s entries have not the root of its checkpoint');
  }
  return { leaves, completed: edge.completed.slice(ownCompleted) };
}

const otherHistory = (): RecoveryRefused =>
  new RecoveryRefused(
    '镜像与本库不是同一历史 · the mirror does not begin with what this database holds: it is another history',
  );

/** Puts the lost leaves back at their log indexes. One that is here already (its fact was in the back-up) keeps its row. */
async function replay(tx: Transaction, first: number, leaves: readonly Buffer[]): Promise<void> {
  for (let at = 0; at < leaves.length; at += CHUNK) {
    const rows = leaves
      .slice(at, at + CHUNK)
      .map((bytes, nth) => ({ seq: first + at + nth, bytes, ...namesOf(bytes) }));
    await tx.query(
      `with replayed as (
         select *
         from unnest(
           $1::bigint[], $2::uuid[], $3::text[], $4::bytea[], $5::bytea[]
         ) as r(seq, entry_id, key, leaf, hash)
       ), leaf as (
         insert into ledger_leaf (entry_id, business_key, leaf, leaf_hash)
         select entry_id, 'replayed:' || seq || ':' || key, leaf, hash
         from replayed
         on conflict (entry_id) do nothing
         returning entry_id
       ), orphan as (
         insert into ledger_replayed (business_key, entry_id)
         select key, entry_id
         from replayed
         where entry_id in (select entry_id from leaf)
         on conflict (business_key) do nothing
       )
       insert into ledger_entry (seq, entry_id, leaf_hash)
       select seq, entry_id, hash
       from replayed`,
      [
        rows.map((row) => row.seq),
        rows.map((row) => row.id),
        rows.map((row) => row.key),
        rows.map((row) => row.bytes),
        rows.map((row) => leafHash(row.bytes)),
      ],
    );
    // What waited for its log index when the back-up was made has it now.
    await tx.query('delete from ledger_pending where entry_id = any($1)', [rows.map((row) => row.id)]);
  }
  const { rows } = await tx.query<{ seq: string }>(
    `select e.seq
     from ledger_entry e
     join ledger_leaf l using (entry_id)
     where e.seq >= $1 and e.leaf_hash <> l.leaf_hash
     limit 1`,
    [first],
  );
  if (rows[0]) throw otherHistory();
}

function namesOf(bytes: Buffer): { id: string; key: string } {
  const content: unknown = JSON.parse(bytes.toString('utf8'));
  if (typeof content !== 'object' || content === null || !('id' in content) || !('key' in content))
    throw otherHistory();
  return { id: String(content.id), key: String(content.key) };
}

async function writeTree(
  tx: Transaction,
  { size, root, note }: Checkpoint,
  completed: readonly TileHash[],
  policy: Policy,
  log: Log,
): Promise<void> {
  await tx.query(
    `insert into ledger_hash (level, idx, hash)
     select *
     from unnest($1::smallint[], $2::bigint[], $3::bytea[])`,
    [completed.map((row) => row.level), completed.map((row) => row.index), completed.map((row) => row.hash)],
  );
  const own = note.signatures.filter(({ name }) => name === log.origin).map(({ line }) => `${line}\n`);
  await tx.query('insert into ledger_checkpoint (size, root, note) values ($1, $2, $3)', [
    size,
    root,
    `${note.body}\n${own.join('')}`,
  ]);
  for (const { name, key } of policy.witnesses) {
    const [line] = verifiedSignatures(note, [key]);
    if (line) {
      await tx.query('insert into ledger_cosignature (size, witness, line) values ($1, $2, $3)', [
        size,
        name,
        `${line.line}\n`,
      ]);
    }
  }
}

/** Facts written since the restore under a key that has now been replayed: their leaf is the replayed one. */
async function supersedeWaiting(tx: Transaction): Promise<void> {
  await tx.query(
    `with doubled as (
       select p.entry_id
       from ledger_pending p
       join ledger_leaf l using (entry_id)
       join ledger_replayed r on r.business_key = l.business_key
     ), superseded as materialized (
       select entry_id
       from doubled
       where ledger_supersede(entry_id)
     )
     delete from ledger_pending
     where entry_id in (select entry_id from superseded)`,
  );
}

/** `npm run ledger:recover -- FOLDER|URL`, with DATABASE_URL as the owner, KEY_RING_FILE, LEDGER_ORIGIN and LEDGER_POLICY_FILE. */
async function main(): Promise<number> {
  const setting = (name: string): string => {
    const value = process.env[name];
    if (!value) throw new RecoveryRefused(`${name} 未设置 · ${name} is not set`);
    return value;
  };
  const [location] = process.argv.slice(2).filter((word) => word !== '--mirror');
  let pool: Pool | undefined;
  try {
    if (!location) throw new RecoveryRefused('用法 · usage: npm run ledger:recover -- <mirror folder or URL>');
    const log = openLog(readKeyRing(setting('KEY_RING_FILE')), setting('LEDGER_ORIGIN'));
    const policy = parsePolicy(readFileSync(setting('LEDGER_POLICY_FILE'), 'utf8'));
    pool = createPool({ connectionString: setting('DATABASE_URL'), applicationName: 'ledger-recovery', max: 1 });
    const isTyped = /^https?:/.test(location) || isAbsolute(location);
    const mirror = logAt(isTyped ? location : join(process.env.INIT_CWD ?? process.cwd(), location));
    let saidAt = Number.NEGATIVE_INFINITY;
    const { from, to, root } = await recoverFromMirror(pool, log, policy, mirror, (done, all) => {
      if (performance.now() - saidAt < 1_000 && done < all) return;
      saidAt = performance.now();
      console.error(`${done}/${all}`);
    });
    if (from === to) {
      console.log(`本库并无缺失，可继续签发 · nothing was missing: signing goes on from entry ${to}`);
      return 0;
    }
    console.log(`已补回第 ${from}–${to - 1} 条 · replayed entries ${from} to ${to - 1}, root ${root.toString('hex')}`);
    return 0;
  } catch (error) {
    const isForPeople = [RecoveryRefused, NoteError, LogUnreadable].some((kind) => error instanceof kind);
    if (!(isForPeople && error instanceof Error)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    await pool?.end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await main());
