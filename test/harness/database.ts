import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { withClient, withDatabase } from '../../local/servers/postgres-databases.js';

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
export const freshDatabase = (): Promise<FreshDatabase> => copyOf(inject('templateDatabase'));

/** A copy of the database as it stands, to be gone back to: nobody may be connected to it. */
export const backUp = ({ adminUrl }: FreshDatabase): Promise<FreshDatabase> =>
  copyOf(new URL(adminUrl).pathname.slice(1));

async function copyOf(template: string): Promise<FreshDatabase> {
  const serverUrl = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withClient(serverUrl, (client) => client.query(`create database ${name} template ${template}`));
  return {
    adminUrl: withDatabase(serverUrl, name),
    applicationUrl: withDatabase(inject('applicationUrl'), name),
    sequencerUrl: withDatabase(inject('sequencerUrl'), name),
    drop: async () => {
      await withClient(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}
