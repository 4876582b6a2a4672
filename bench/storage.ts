import type { Pool } from '../registry/pool.js';

/**
 * What the process of a life needs in PostgreSQL beyond the case's own facts. The case's own facts are what would have to be kept if nobody
 * were ever told: case, party, restrictions, repayments, decisions, comparisons, interceptions, answers, and the timeline with its leaves.
 * The rest is here: what the life has to hear (outbox), the log of notices, deliveries and acknowledgements with their leaves, clocks, inbox.
 * (The stored answers of POSTs, kept 30 days, are the API's and not a life's.)
 */
const PROCESS = [
  'outbox',
  'notice',
  'notice_restriction',
  'notice_interception',
  'delivery',
  'acknowledgement',
  'deadline',
  'inbox_item',
  'judge_mail',
];
const LEAVES = 'ledger_leaf';
/** Emptied by the ledger's sequencer. */
const PASSING = 'ledger_pending';

interface Sizes {
  bytes: Map<string, number>;
  lives: number;
  leaves: number;
  acknowledgements: number;
}

export interface Growth {
  lives: number;
  perLife: { process: number; facts: number };
  /** Bytes per life of each of the process's tables, indexes and dead rows included. */
  table: { [name: string]: number };
}

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
    const lives = Math.max(end.lives - start.lives, 1);
    const grown = (name: string): number => (end.bytes.get(name) ?? 0) - (start.bytes.get(name) ?? 0);
    const all = [...end.bytes.keys()].filter((name) => name !== PASSING).reduce((sum, name) => sum + grown(name), 0);
    // Leaves lie in one table: each side has its share by number.
    const ofAcknowledgements =
      (grown(LEAVES) * (end.acknowledgements - start.acknowledgements)) / Math.max(end.leaves - start.leaves, 1);
    const process = PROCESS.reduce((sum, name) => sum + grown(name), 0) + ofAcknowledgements;
    const table = Object.fromEntries(PROCESS.map((name) => [name, grown(name) / lives]));
    return {
      lives,
      perLife: { process: process / lives, facts: (all - process) / lives },
      table: { ...table, 'leaves of acknowledgements': ofAcknowledgements / lives },
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
