import { mkdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { Mirror } from '../../audit/mirror.js';
import { Witness } from '../../audit/witness.js';
import { witnessSeed } from '../../audit/witness-key.js';
import { serveWitnesses } from '../../audit/witness-server.js';
import { WitnessStore } from '../../audit/witness-store.js';
import { httpLog, reasonOf } from '../../ledger/log-reader.js';
import { type Cosigner, cosigner, type VerifierKey } from '../../ledger/note.js';

/** The higher court among the witnesses: it also keeps a mirror. */
const COURT = 'court';
const DEPARTMENTS_NEEDED = 2;
/** Readers of a policy need not accept more witnesses. */
const IN_POLICY = 32;

/** Where the simulated witnesses keep what is theirs. */
export const witnessFolder = (folder: string, name: string): string => join(folder, name);

function keyOf(folder: string, name: string): Cosigner {
  const host = name === COURT ? 'court.localhost' : `${name.toLowerCase()}.departments.localhost`;
  return cosigner(`${host}/witness`, witnessSeed(witnessFolder(folder, name)));
}

export interface WitnessPlan {
  folder: string;
  departments: readonly string[];
  port: number;
  origin: string;
  logKeys: readonly VerifierKey[];
}

/**
 * Writes who is asked to witness and how many are enough: the court and two of the departments. Returns the files: the policy, and the
 * departments that no longer have room in it.
 */
export function writePolicy({ folder, departments, port, origin, logKeys }: WitnessPlan): {
  policy: string;
  further: string;
} {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const line = (name: string): string =>
    `witness ${name} ${keyOf(folder, name).verifier.text} http://127.0.0.1:${port}/${name}`;
  const counted = departments.slice(0, IN_POLICY - 1);
  const files = { policy: join(folder, 'policy'), further: join(folder, 'further') };
  const lines = [
    ...logKeys.map((key) => `log ${key.text} http://${origin}`),
    line(COURT),
    ...counted.map(line),
    `group departments ${DEPARTMENTS_NEEDED} ${counted.join(' ')}`,
    `group enough all ${COURT} departments`,
    'quorum enough',
  ];
  writeFileSync(files.policy, `${lines.join('\n')}\n`, { mode: 0o600 });
  writeFileSync(
    files.further,
    departments
      .slice(IN_POLICY - 1)
      .map((name) => `${line(name)}\n`)
      .join(''),
    { mode: 0o600 },
  );
  return files;
}

/** The departments' witnesses and the court's, at one port of loopback. */
export async function openWitnesses(
  plan: Omit<WitnessPlan, 'logKeys'> & { logKeys: readonly VerifierKey[]; apiUrl: string },
): Promise<Server> {
  const { folder, departments, port, origin, logKeys, apiUrl } = plan;
  const complain = (error: unknown): void => console.error(`witnesses: ${reasonOf(error)}`);
  const known = new Map([[origin, logKeys]]);
  const mirror = new Mirror(httpLog(`${apiUrl}/ledger`), join(witnessFolder(folder, COURT), 'mirror'), complain);
  const witnesses = [COURT, ...departments].map((name): [string, Witness] => {
    const store = new WitnessStore(witnessFolder(folder, name));
    const follow = name === COURT ? mirror.follow.bind(mirror) : undefined;
    return [`/${name}`, new Witness(known, keyOf(folder, name), store, follow)];
  });
  const server = serveWitnesses(new Map(witnesses), complain);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}
