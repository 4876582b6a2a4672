import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { withClient, withDatabase } from '../../local/postgres-databases.js';

export interface FreshDatabase {
  /** The owner's. */
  adminUrl: string;
  /** The application login's: what api and worker get. */
  applicationUrl: string;
  /** The sequencer login's. */
  sequencerUrl: string;
  drop(): Promise<void>;
}

/** A database of its own for one test (about 0.1 s): migrated, with reference data and the harness's credentials. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const serverUrl = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withClient(serverUrl, (client) =>
    client.query(`create database ${name} template ${inject('templateDatabase')}`),
  );
  return {
    adminUrl: withDatabase(serverUrl, name),
    applicationUrl: withDatabase(inject('applicationUrl'), name),
    sequencerUrl: withDatabase(inject('sequencerUrl'), name),
    drop: async () => {
      await withClient(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}
