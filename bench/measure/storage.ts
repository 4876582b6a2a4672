import type { Pool } from '../../registry/database/pool.js';

/**
 * What the process of a life needs in PostgreSQL beyond the case's own facts. The case's own facts are what would have to be kept if nobody
 * were ever told: case, party, restrictions, repayments, decisions, comparisons, interceptions, answers, and the timeline with its leaves.
 * The rest is here: what the life has to receive (outbox), the log of notices, deliveries and acknowledgements with their leaves, clocks, inbox.
 * (The stored answers of POSTs, kept 30 days, are the API's and not a life's.)
 */
const PROCESS = ['outbox', 'notice', 'delivery', 'acknowledgement', 'deadline', 'inbox_item', 'judge_mail'];
const LEAVES = 'ledger_leaf';
/** Emptied by the ledger's sequencer. */
const PASSING = 'ledger_pending';

interface Sizes {
  bytes: Map<string, number>;
  lives: number;
  leaves: number;
  acknowledgements: number;
}

/** By how many bytes the tables grew while so many lives were opened. */
export interface Growth {
  lives: number;
  process: number;
  facts: number;
  /** Of the process's tables, indexes and dead rows included. */
  table: { readonly [name: string]: number };
}

/** What several stretches of the same kind come to. */
export const together = (growths: readonly Growth[]): Growth =>
  growths.reduce((sum, growth) => ({
    lives: sum.lives + growth.lives,
    process: sum.process + growth.process,
    facts: sum.facts + growth.facts,
    table: Object.fromEntries(
      Object.entries(growth.table).map(([name, bytes]) => [name, bytes + (sum.table[name] ?? 0)]),
    ),
  }));

/** Measures by how much the tables grow while lives are lived: heap, indexes and oversized values as they lie on the disk, dead rows included. */
export class Storage {
  private constructor(
    private readonly owner: Pool,
    private readonly start: Sizes,
  ) {}

  static async before(owner: Pool): Promise<Storage> {
    return new Storage(owner, await sizes(owner));
  }

  async after(): Promise<Growth> {
    const { start } = this;
    const end = await sizes(this.owner);
    const grown = (name: string): number => (end.bytes.get(name) ?? 0) - (start.bytes.get(name) ?? 0);
    const all = [...end.bytes.keys()].filter((name) => name !== PASSING).reduce((sum, name) => sum + grown(name), 0);
    // Leaves lie in one table: each side has its share by number.
    const ofAcknowledgements =
      (grown(LEAVES) * (end.acknowledgements - start.acknowledgements)) / Math.max(end.leaves - start.leaves, 1);
    const process = PROCESS.reduce((sum, name) => sum + grown(name), 0) + ofAcknowledgements;
    const table = Object.fromEntries(PROCESS.map((name) => [name, grown(name)]));
    return {
      lives: end.lives - start.lives,
      process,
      facts: all - process,
      table: { ...table, 'leaves of acknowledgements': ofAcknowledgements },
    };
  }
}

async function sizes(owner: Pool): Promise<Sizes> {
  const tables = await owner.query<{ name: string; bytes: string }>(
    `select relname as name, pg_total_relation_size(oid) as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  const { rows } = await owner.query<{ lives: number; leaves: number; acknowledgements: number }>(
    `select (select count(*)::int from defaulter) as lives, (select count(*)::int from ledger_leaf) as leaves,
            (select count(*)::int from acknowledgement) as acknowledgements`,
  );
  const counts = rows[0] ?? { lives: 0, leaves: 0, acknowledgements: 0 };
  return { ...counts, bytes: new Map(tables.rows.map((row) => [row.name, Number(row.bytes)])) };
}
