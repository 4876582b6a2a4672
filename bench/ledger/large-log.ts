import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from 'uuidv7';
import { checkLog } from '../../audit/full-check.js';
import { leafHash, makeLeaf } from '../../ledger/leaf.js';
import { httpLog } from '../../ledger/log-reader.js';
import { RightEdge, TileTree } from '../../ledger/tile-tree.js';
import { inTransaction } from '../../registry/database/pool.js';
import { latestCheckpoint } from '../../registry/ledger/checkpoints.js';
import { sequenceRound } from '../../registry/ledger/sequencer.js';
import { logKeys } from '../../registry/ledger/signed-log.js';
import { readTilesOf } from '../../registry/ledger/tiles.js';
import { median, progress, quantile, spread, tell, tellAtMost } from '../measure/figures.js';
import type { BenchDatabase, LedgerEnvironment } from './environment.js';

const CHUNK = 10_000;
const PROOFS = 2_000;

/** Fills the record with leaves as a repayment's are, chained by case; told in progress. */
export async function fill(
  { application, sequencer }: BenchDatabase,
  environment: LedgerEnvironment,
  count: number,
): Promise<void> {
  const hex = (length: number): string => uuidv7().replaceAll('-', '').padEnd(length, '0').slice(0, length);
  let prev: Buffer | undefined;
  let sequencing: Promise<unknown> = Promise.resolve();
  for (let done = 0; done < count; done += CHUNK) {
    const leaves = Array.from({ length: Math.min(CHUNK, count - done) }, (_, nth) => {
      const id = uuidv7();
      const leaf = makeLeaf({
        id,
        key: `repayment:${id}`,
        type: 'repayment',
        at: new Date().toISOString(),
        case: id,
        actor: 'clerk:黔0112',
        doc: { sha256: hex(64) },
        ...(prev && nth > 0 ? { prev: prev.toString('hex') } : {}),
        trace: hex(32),
      });
      prev = leaf.hash;
      return { id, ...leaf };
    });
    await inTransaction(application, (tx) =>
      tx.query(
        `with leaf as (insert into ledger_leaf (entry_id, business_key, leaf, leaf_hash)
           select id, 'repayment:' || id, leaf, hash from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as l(id, leaf, hash) returning entry_id)
         insert into ledger_pending select entry_id from leaf`,
        [leaves.map(({ id }) => id), leaves.map(({ bytes }) => bytes), leaves.map(({ hash }) => hash)],
      ),
    );
    await sequencing;
    sequencing = sequenceRound(sequencer, environment.log, { leavesAtOnce: CHUNK });
    if (done % 100_000 === 0) progress(`${done} entries`);
  }
  await sequencing;
}

/** An inclusion proof from PostgreSQL, tiles not yet known, beside the least that an answer from there takes. */
export async function measureProofs({ application, owner }: BenchDatabase): Promise<void> {
  await owner.query('vacuum analyze ledger_entry, ledger_hash, ledger_leaf');
  const size = (await latestCheckpoint(application))?.size ?? 0;
  const tree = new TileTree(readTilesOf(application));
  const [proofs, floors]: [number[], number[]] = [[], []];
  for (let n = 0; n < PROOFS; n++) {
    const index = Math.floor(Math.random() * size);
    const began = performance.now();
    await tree.inclusion(index, size);
    const between = performance.now();
    await application.query('select leaf_hash from ledger_entry where seq = $1', [index]);
    proofs.push(between - began);
    floors.push(performance.now() - between);
  }
  const figure = { unit: 'ms', floor: median(floors), runs: PROOFS, spread: spread(proofs), entries: size };
  tellAtMost(1, { figure: 'ledger-proof', value: median(proofs), ...figure });
  tell({ figure: 'ledger-proof-p99', value: quantile(proofs, 0.99), ...figure });
}

/** The whole record read and recomputed over HTTP, beside the hashing alone. */
export async function measureFullCheck(environment: LedgerEnvironment, database: BenchDatabase): Promise<void> {
  const api = await environment.startApi(database);
  const began = performance.now();
  let saidAt = 0;
  const { problems, size } = await checkLog({
    log: httpLog(`http://127.0.0.1:${api.port}/ledger`),
    logKeys: logKeys(environment.log),
    progress: (done) => {
      if (done - saidAt < 250_000) return;
      saidAt = done;
      progress(`${done} entries checked`);
    },
  });
  const seconds = (performance.now() - began) / 1_000;
  if (problems.length > 0) throw new Error(problems[0]);
  const { rows } = await database.owner.query<{ leaf: Buffer }>('select leaf from ledger_leaf limit 1');
  const leaf = rows[0]?.leaf ?? Buffer.alloc(0);
  await sleep(100);
  const hashing = performance.now();
  const edge = new RightEdge(0, []);
  for (let n = 0; n < size; n++) edge.append(leafHash(leaf));
  edge.root();
  const floor = (performance.now() - hashing) / 1_000;
  tellAtMost(60, { figure: 'ledger-full-check', value: seconds, unit: 's', subject: seconds, floor, entries: size });
  await api.stop();
}

/** What an entry costs on the disk, indexes included. */
export async function measureBytes({ owner }: BenchDatabase): Promise<void> {
  const { rows } = await owner.query<{ leaf: string; record: string; bytes: string; entries: string }>(
    `select pg_total_relation_size('ledger_leaf') as leaf,
            pg_total_relation_size('ledger_entry') + pg_total_relation_size('ledger_hash') + pg_total_relation_size('ledger_checkpoint') as record,
            (select avg(octet_length(leaf))::int from (select leaf from ledger_leaf limit 10000) l) as bytes, (select count(*) from ledger_entry) as entries`,
  );
  const row = rows[0];
  const entries = Number(row?.entries);
  const [leaf, record] = [Number(row?.leaf) / entries, Number(row?.record) / entries];
  tell({
    figure: 'ledger-bytes-per-entry',
    value: leaf + record,
    unit: 'B',
    leaf,
    tree: record,
    leafBytes: Number(row?.bytes),
    entries,
  });
}
