import type pg from 'pg';
import { creditCodeCheck, organisationCheck, residentCheck } from '../../domain/identity/check-digits.js';
import type { RawIdentifier } from '../../domain/identity/identifier.js';
import { parseIdentifier } from '../../domain/identity/identifier.js';
import { judgeId } from '../../registry/catalogue/load-reference-data.js';
import type { Party } from '../../registry/inputs.js';
import { encrypt, type KeyRing } from '../../registry/keys/key-ring.js';
import { blindsOf, canonicalSubject } from '../../registry/parties/subjects.js';
import { copyInto } from '../measure/copy.js';

const COURT = '黔0112';
const DECISION = '（2026）黔0112执1号之一';
const TODAY = '2026-01-01';
const DAYS = 14_000;
const REGIONS = 3_000;
/** Takes the nth to a region and a day, no two to the same (it has no factor in common with both): a list's people are spread over all there are. */
const STRIDE = 25_214_911;
const SURNAMES = Array.from('赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨');
const GIVEN = Array.from('甲乙丙丁戊己庚辛壬癸');
const LETTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY';
/** Of the listed, those who are asked for have a case of their own; the others share, so that a list is filled within minutes. */
const ASKED_FOR = 20_000;
const SHARING = 1_000;
/** Up to this length of a list everybody's name is really encrypted. */
const ALL_ASKED_FOR = 1_000_000;

/** Days as they stand in a number, made once. */
const BIRTH_DATES = Array.from({ length: DAYS }, (_, day) =>
  new Date(Date.UTC(1960, 0, 1) + day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', ''),
);

export interface Entry {
  kind: 'person' | 'organisation';
  name: string;
  identifier: RawIdentifier;
}

/** The nth made-up person's number: a right check digit and the sequence 000, which is issued to no one. */
export function residentNumber(nth: number): string {
  const spot = (nth * STRIDE) % (DAYS * REGIONS);
  const body = `${100_000 + Math.floor(spot / DAYS)}${BIRTH_DATES[spot % DAYS]}000`;
  return body + residentCheck(body);
}

const nameOf = (nth: number): string => {
  const [surname, first, second] = [
    SURNAMES[nth % 16],
    GIVEN[Math.floor(nth / 16) % 10],
    GIVEN[Math.floor(nth / 160) % 10],
  ];
  // Every fifth has a name with a dot.
  return nth % 5 === 4 ? `${surname}${first}·${second}` : `${surname}${first}${second}`;
};

/** The organisation code of the nth made-up organisation: PDY… is kept for private use. */
function organisationCode(nth: number): string {
  let body = '';
  for (let rest = nth, index = 0; index < 5; index++, rest = Math.floor(rest / 31))
    body = LETTERS.charAt(rest % 31) + body;
  return `PDY${body}${organisationCheck(`PDY${body}`)}`;
}

/** The unified social credit code that contains an organisation code. */
export function creditCode(organisation: string): string {
  const body = `91520112${organisation}`;
  return body + creditCodeCheck(body);
}

/** The nth entry of every list that is long enough; whoever comes after the last is nobody's. */
export function entryAt(nth: number): Entry {
  const name = nameOf(nth);
  const person = (identifier: RawIdentifier): Entry => ({ kind: 'person', name, identifier });
  if (nth < ASKED_FOR) {
    const code = organisationCode(nth);
    const organisation = { kind: 'organisation', name: `${name}公司` } as const;
    switch (nth % 20) {
      case 17:
        return person({ type: 'hk-macau-permit', number: `H${String(nth).padStart(8, '0')}` });
      case 18:
        return { ...organisation, identifier: { type: 'organisation-code', number: code } };
      case 19:
        return { ...organisation, identifier: { type: 'uscc', number: creditCode(code) } };
    }
  }
  return person({ type: 'resident-id', number: residentNumber(nth) });
}

/** Names come again after so many entries. */
export const NAMES = 1_600;
/** So many of the listed had another number before; it is no longer theirs. */
export const FORMER = 2_000;
export const formerNumber = (nth: number): string => residentNumber(40_000_000 + nth);

/** One of those who are on a list and asked for. */
export const listedAt = (nth: number): Entry => entryAt(nth % ASKED_FOR);

/** As the api reads it. Throws on what it would refuse. */
export function partyOf({ kind, name, identifier }: Entry): Party {
  const parsed = parseIdentifier(identifier, TODAY);
  if (!parsed.ok) throw new Error(parsed.code);
  return { kind, name, identifiers: [parsed.identifier] };
}

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
