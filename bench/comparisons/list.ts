import type pg from 'pg';
import { judgeId } from '../../registry/catalogue/load-reference-data.js';
import { encrypt, type KeyRing } from '../../registry/keys/key-ring.js';
import { blindsOf, canonicalSubject } from '../../registry/parties/subjects.js';
import { copyInto } from '../measure/copy.js';
import { ASKED_FOR, type Entry, entryAt, FORMER, formerNumber, partyOf } from './entries.js';

const COURT = '黔0112';
const DECISION = '（2026）黔0112执1号之一';
/** Defaulters of one case, beyond those who are asked for. */
const SHARING = 1_000;
/** Up to this length of a list everybody's name is really encrypted. */
const ALL_ASKED_FOR = 1_000_000;

const hex = (bytes: Buffer): string => `\\\\x${bytes.toString('hex')}`;
/** An id that says what it is of and the how manieth. */
const idOf = (kind: number, nth: number): string =>
  `0000000${kind}-0000-7000-8000-${nth.toString(16).padStart(12, '0')}`;
const caseOf = (nth: number): number => (nth < ASKED_FOR ? nth : ASKED_FOR + Math.floor((nth - ASKED_FOR) / SHARING));

/**
 * Fills an empty database with a list: so many entries, each with a number, a listing and a restriction of consumption in force, written by COPY.
 * `client`: the owner, who may leave foreign keys and indexes for later.
 */
export async function fillList(
  client: pg.Client,
  ring: KeyRing,
  count: number,
  report: (line: string) => void,
): Promise<void> {
  await client.query('set session_replication_role = replica');
  await client.query("set maintenance_work_mem = '512MB'");
  const tables = tablesOf(new Values(ring, count), count);
  const later = await dropIndexes(
    client,
    tables.map(({ table }) => table),
  );
  for (const { table, columns, rows, make } of tables) {
    const all = function* (): Generator<string[]> {
      for (let nth = 0; nth < rows; nth++) yield* make(nth);
    };
    await copyInto(client, table, columns.split(' '), all());
    report(`${table} ✓`);
  }
  for (const definition of later) await client.query(definition);
  await client.query('vacuum analyze');
  await client.query('set session_replication_role = default');
  report('indexes ✓');
}

/** A table of the list, in the order in which they are written. */
interface Table {
  table: string;
  columns: string;
  rows: number;
  /** The nth entry's rows. */
  make: (nth: number) => string[][];
}

function tablesOf(values: Values, count: number): Table[] {
  return [
    {
      table: 'subject',
      columns: 'id kind name_sealed canonical_sealed',
      rows: count,
      make: (nth) => [values.subject(nth)],
    },
    {
      table: 'identifier',
      columns: 'id subject type alias number_sealed index_key blind fifteen_digits valid_until',
      rows: count,
      make: (nth) => values.identifiers(nth),
    },
    {
      table: 'enforcement_case',
      columns: 'id case_number court judge filed_on basis_number basis_issuer obligation_fen content_sealed opened_at',
      rows: caseOf(count - 1) + 1,
      make: (nth) => [values.enforcementCase(nth)],
    },
    {
      table: 'defaulter',
      columns:
        'id enforcement_case ordinal subject ground conduct_sealed decision_number decision_made_on published_at',
      rows: count,
      make: (nth) => [values.defaulter(nth)],
    },
    {
      table: 'restriction',
      columns: 'id enforcement_case defaulter subject measure decision_number decision_made_on decided_at in_force_at',
      rows: count,
      make: restrictions,
    },
  ];
}

/** What the rows hold that is encrypted or hashed by the key ring. */
class Values {
  /** What nobody opens is encrypted once: its length counts, not what it says. */
  private readonly filler: string;
  private readonly short: string;
  private readonly asked: number;
  private written = 0;

  constructor(
    private readonly ring: KeyRing,
    count: number,
  ) {
    this.filler = this.encrypted('subject', 'canonical_sealed', 'filler', 'x'.repeat(120));
    this.short = this.encrypted('identifier', 'number_sealed', 'filler', 'x'.repeat(18));
    this.asked = count <= ALL_ASKED_FOR ? count : ASKED_FOR;
  }

  subject(nth: number): string[] {
    const id = idOf(1, nth);
    const entry = entryAt(nth);
    if (nth >= this.asked) return [id, entry.kind, this.short, this.filler];
    const canonical = canonicalSubject(partyOf(entry));
    return [
      id,
      entry.kind,
      this.encrypted('subject', 'name_sealed', id, entry.name),
      this.encrypted('subject', 'canonical_sealed', id, canonical),
    ];
  }

  /** The number in use, and of the first entries one that no longer is. */
  identifiers(nth: number): string[][] {
    const entry = entryAt(nth);
    const now = this.numbers(nth, entry, '\\N');
    if (nth >= FORMER) return now;
    const former: Entry = { ...entry, identifier: { type: 'resident-id', number: formerNumber(nth) } };
    return [...now, ...this.numbers(nth, former, '2020-01-01')];
  }

  enforcementCase(nth: number): string[] {
    const id = idOf(3, nth);
    return [
      id,
      `（2026）黔0112执${nth + 1}号`,
      COURT,
      judgeId(COURT, 1),
      '2026-01-05',
      '（2025）黔0112民初1号',
      '贵阳市乌当区人民法院',
      '40000000',
      this.encryptedFor(nth, 'enforcement_case', 'content_sealed', id, '偿还借款本金'),
      '2026-01-05T00:00:00Z',
    ];
  }

  defaulter(nth: number): string[] {
    const id = idOf(4, nth);
    return [
      id,
      idOf(3, caseOf(nth)),
      String(nth < ASKED_FOR ? 1 : ((nth - ASKED_FOR) % SHARING) + 1),
      idOf(1, nth),
      '1',
      this.encryptedFor(nth, 'defaulter', 'conduct_sealed', id, '有履行能力而拒不履行'),
      DECISION,
      '2026-01-05',
      '2026-01-06T00:00:00Z',
    ];
  }

  private numbers(nth: number, entry: Entry, until: string): string[][] {
    return blindsOf(this.ring, partyOf(entry).identifiers).map(({ identifier, alias, blind }) => [
      idOf(2, this.written++),
      idOf(1, nth),
      identifier.type,
      alias ? 't' : 'f',
      this.short,
      this.ring.activeIndex,
      hex(blind),
      'f',
      until,
    ]);
  }

  private encryptedFor(nth: number, table: string, column: string, row: string, text: string): string {
    return nth < this.asked ? this.encrypted(table, column, row, text) : this.short;
  }

  private encrypted(table: string, column: string, row: string, text: string): string {
    return hex(encrypt(this.ring, { table, column, row }, text));
  }
}

const restrictions = (nth: number): string[][] =>
  ['LISTING', 'CONSUMPTION'].map((measure, index) => [
    idOf(5 + index, nth),
    idOf(3, caseOf(nth)),
    idOf(4, nth),
    idOf(1, nth),
    measure,
    DECISION,
    '2026-01-05',
    '2026-01-05T00:00:00Z',
    '2026-01-06T00:00:00Z',
  ]);

/** Those that no constraint needs; returns how they are made again. */
async function dropIndexes(client: pg.Client, tables: string[]): Promise<string[]> {
  const { rows } = await client.query<{ indexname: string; indexdef: string }>(
    `select indexname, indexdef from pg_indexes where tablename = any($1) and schemaname = 'public'
       and not exists (select from pg_constraint c where c.conname = indexname)`,
    [tables],
  );
  for (const { indexname } of rows) await client.query(`drop index ${indexname}`);
  return rows.map(({ indexdef }) => indexdef);
}
