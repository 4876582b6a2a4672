import type { Pool } from '../../registry/database/pool.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { type Log, openLog } from '../../registry/ledger/signed-log.js';
import { BenchServers, type DatabaseUrls, type Running } from '../environment/servers.js';

const ORIGIN = 'bench.localhost/ledger';

/** One database of the benchmark, as the product has it. */
export interface BenchDatabase {
  application: Pool;
  sequencer: Pool;
  owner: Pool;
  urls: DatabaseUrls;
}

/** PostgreSQL, and beside it the sequencer and the api with a log of the benchmark's own. */
export class LedgerEnvironment {
  private constructor(private readonly servers: BenchServers) {}

  static async open(): Promise<LedgerEnvironment> {
    return new LedgerEnvironment(await BenchServers.open());
  }

  get ring(): KeyRing {
    return this.servers.ring;
  }
  get log(): Log {
    return openLog(this.ring, ORIGIN);
  }

  async database(name: string): Promise<BenchDatabase> {
    const urls = await this.servers.addDatabase(name);
    return {
      application: this.servers.openPool(urls.application, 24),
      sequencer: this.servers.openPool(urls.sequencer, 2),
      owner: this.servers.openPool(urls.owner, 2),
      urls,
    };
  }

  /** The product's own sequencer, in a process of its own as the worker is. */
  startSequencer({ urls }: BenchDatabase): Promise<Running> {
    return this.servers.startProgram('sequencer', 'bench/ledger/sequencer-process.js', {
      SEQUENCER_DATABASE_URL: urls.sequencer,
      LEDGER_ORIGIN: ORIGIN,
    });
  }

  /** The product's API, with its log. */
  startApi({ urls }: BenchDatabase): Promise<Running & { port: number }> {
    return this.servers.startApi(urls.application, { LEDGER_ORIGIN: ORIGIN });
  }

  close = (): Promise<void> => this.servers.close();
}
