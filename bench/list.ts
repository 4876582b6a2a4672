import type pg from 'pg';
import { residentCheck } from '../domain/identity/check-digits.js';
import { blindIndex, type KeyRing, seal } from '../registry/key-ring.js';
import { judgeId } from '../registry/load.js';
import { copyInto } from './copy.js';

const COURT = '黔0112';
const DAYS = 14_000;
const SURNAMES = Array.from('赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨');
const GIVEN = Array.from('甲乙丙丁戊己庚辛壬癸');
/** Of the listed, those who are asked for have a case of their own; the others share, so that a list is filled within minutes. */
const ASKED_FOR = 20_000;
const SHARING = 1_000;

/** Days as they stand in a number, made once. */
const BORN = Array.from({ length: DAYS }, (_, day) =>
  new Date(Date.UTC(1960, 0, 1) + day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', ''),
);

/**
 * The nth made-up person: a resident number with a right check digit and the sequence 000, which is issued to no one. Those below a list's
 * length are on it.
 */
export function personAt(nth: number): { name: string; number: string } {
  const body = `${String(100_000 + Math.floor(nth / DAYS))}${BORN[nth % DAYS]}000`;
  const name = `${SURNAMES[nth % SURNAMES.length]}${GIVEN[Math.floor(nth / 16) % 10]}${GIVEN[Math.floor(nth / 160) % 10]}`;
  return { name, number: body + residentCheck(body) };
}

/** The nth of those who are on a list and are asked for. */
export const listedAt = (nth: number): { name: string; number: string } => personAt(nth % ASKED_FOR);

const hex = (bytes: Buffer): string => `\\\\x${bytes.toString('hex')}`;
/** An id that says what it is of and the how manieth. */
const idOf = (kind: number, nth: number): string =>
  `0000000${kind}-0000-7000-8000-${nth.toString(16).padStart(12, '0')}`;
const caseOf = (nth: number): number => (nth < ASKED_FOR ? nth : ASKED_FOR + Math.floor((nth - ASKED_FOR) / SHARING));

/**
 * Fills an empty database with a list: so many people, each with a number, a listing and a restriction of consumption in force, written by COPY.
 * `client`: the owner, who may leave foreign keys and indexes for later.
 */
export async function fillList(
  client: pg.Client | pg.PoolClient,
  ring: KeyRing,
  count: number,
  told: (line: string) => void,
): Promise<void> {
  const key = ring.indexKeys.get(ring.activeIndex);
  if (!key) throw new Error('no index key');
  // What nobody opens is sealed once: its length counts, not what it says.
  const filler = hex(seal(ring, { table: 'subject', column: 'canonical_sealed', row: 'filler' }, 'x'.repeat(120)));
  const short = hex(seal(ring, { table: 'identifier', column: 'number_sealed', row: 'filler' }, 'x'.repeat(18)));
  await client.query('set session_replication_role = replica');
  await client.query("set maintenance_work_mem = '512MB'");
  const later = await dropIndexes(client, ['subject', 'identifier', 'enforcement_case', 'defaulter', 'restriction']);
  const all = function* <T>(until: number, make: (nth: number) => T): Generator<T> {
    for (let nth = 0; nth < until; nth++) yield make(nth);
  };
  const write = async (table: string, columns: string, until: number, make: (nth: number) => string[]) => {
    await copyInto(client, table, columns.split(' '), all(until, make));
    told(`${table}: ${until}`);
  };
  await write('subject', 'id kind name_sealed canonical_sealed', count, (nth) => {
    const id = idOf(1, nth);
    const name =
      nth < ASKED_FOR
        ? hex(seal(ring, { table: 'subject', column: 'name_sealed', row: id }, personAt(nth).name))
        : short;
    return [id, 'person', name, filler];
  });
  await write('identifier', 'id subject type alias number_sealed index_key blind', count, (nth) => [
    idOf(2, nth),
    idOf(1, nth),
    'resident-id',
    'f',
    short,
    ring.activeIndex,
    hex(blindIndex(key, 'resident-id', '', personAt(nth).number)),
  ]);
  await write(
    'enforcement_case',
    'id case_number court judge filed_on basis_number basis_issuer obligation_fen content_sealed opened_at',
    caseOf(count - 1) + 1,
    (nth) => [
      idOf(3, nth),
      `（2026）黔0112执${nth + 1}号`,
      COURT,
      judgeId(COURT, 1),
      '2026-01-05',
      '（2025）黔0112民初1号',
      '贵阳市乌当区人民法院',
      '40000000',
      short,
      '2026-01-05T00:00:00Z',
    ],
  );
  await write(
    'defaulter',
    'id enforcement_case ordinal subject ground conduct_sealed decision_number decision_made_on published_at',
    count,
    (nth) => [
      idOf(4, nth),
      idOf(3, caseOf(nth)),
      String(nth < ASKED_FOR ? 1 : ((nth - ASKED_FOR) % SHARING) + 1),
      idOf(1, nth),
      '1',
      short,
      '（2026）黔0112执1号之一',
      '2026-01-05',
      '2026-01-06T00:00:00Z',
    ],
  );
  for (const [kind, measure] of ['LISTING', 'CONSUMPTION'].entries()) {
    await write(
      'restriction',
      'id enforcement_case defaulter subject measure decision_number decision_made_on decided_at in_force_at',
      count,
      (nth) => [
        idOf(5 + kind, nth),
        idOf(3, caseOf(nth)),
        idOf(4, nth),
        idOf(1, nth),
        measure,
        '（2026）黔0112执1号之一',
        '2026-01-05',
        '2026-01-05T00:00:00Z',
        '2026-01-06T00:00:00Z',
      ],
    );
  }
  for (const definition of later) await client.query(definition);
  told(`${later.length} indexes`);
  await client.query('vacuum analyze');
  await client.query('set session_replication_role = default');
}

/** Those that no constraint needs; returns how they are made again. */
async function dropIndexes(client: pg.Client | pg.PoolClient, tables: string[]): Promise<string[]> {
  const { rows } = await client.query<{ indexname: string; indexdef: string }>(
    `select indexname, indexdef from pg_indexes where tablename = any($1) and schemaname = 'public'
       and not exists (select from pg_constraint c where c.conname = indexname)`,
    [tables],
  );
  for (const { indexname } of rows) await client.query(`drop index ${indexname}`);
  return rows.map(({ indexdef }) => indexdef);
}
