import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKeyRing } from '../../registry/keys/key-ring.js';
import { logKeys, openLog } from '../../registry/ledger/signed-log.js';
import { writePolicy } from '../city/witnesses.js';
import { writePrivateFile } from '../machine/private-files.js';
import type { DataDirectory } from './data-directory.js';

/** What the processes are told of the record, by their environment. */
export interface LocalRecord {
  forPlatform: Record<string, string>;
  forWitnesses: Record<string, string>;
}

/** The record's name, key and witnesses. Its name is the address it had at the first start, and stays. */
export function prepareRecord(options: {
  directory: DataDirectory;
  port: number;
  witnessPort: number;
  departments: readonly string[];
}): LocalRecord {
  const { directory, port, witnessPort, departments } = options;
  const origin = process.env.LEDGER_ORIGIN ?? keptOrigin(join(directory.path, 'ledger.origin'), port);
  const keys = logKeys(openLog(readKeyRing(directory.keyRing), origin));
  const { policy, further } = writePolicy({
    folder: directory.witnesses,
    departments,
    port: witnessPort,
    origin,
    logKeys: keys,
  });
  return {
    forPlatform: { LEDGER_ORIGIN: origin, LEDGER_POLICY_FILE: policy, LEDGER_FURTHER_WITNESSES_FILE: further },
    forWitnesses: { LEDGER_ORIGIN: origin, LEDGER_VKEYS: keys.map((key) => key.text).join('\n') },
  };
}

function keptOrigin(file: string, port: number): string {
  if (!existsSync(file)) writePrivateFile(file, `127.0.0.1:${port}/ledger`);
  return readFileSync(file, 'utf8').trim();
}
