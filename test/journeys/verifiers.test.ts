// Code of other authors reads what we serve: docs/verify.md §4. The modules are pinned in test/verifiers/ and fetched once, as Go is configured.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootFolder } from '../../local/machine/paths.mjs';
import { goEnvironment, goProgram } from '../../local/setup/go.mjs';
import { ledgerHealth } from '../../registry/ledger/log-status.js';
import { proofFile, receipt } from '../../registry/ledger/receipts.js';
import { logKeys } from '../../registry/ledger/signed-log.js';
import { eventually } from '../harness/eventually.js';
import { runLedger, type Served, served, useLedgerWorld, WitnessHost } from '../harness/ledger.js';
import { temporaryFolder } from '../harness/servers.js';
import { tableReader } from '../harness/table-reader.js';

const folder = temporaryFolder('verifiers');
const program = join(folder, 'verifiers');
const run = promisify(execFile);
/** Go as it is set up here; `-trimpath` as in the build of Temporal's CLI, so that what both compile is compiled once. */
const go = (...words: string[]) =>
  run(goProgram() ?? 'go', words, {
    cwd: join(rootFolder, 'test', 'verifiers'),
    timeout: 150_000,
    env: { ...goEnvironment(folder), GOFLAGS: `${goEnvironment(folder).GOFLAGS ?? ''} -mod=readonly -trimpath`.trim() },
  });

/** Why these tests cannot run here, if so: there is no Go, or its modules cannot be had. Modules that are not the pinned ones are no such reason. */
async function whyNot(): Promise<string | undefined> {
  if (goProgram() === undefined) return 'Go is not installed (1.21 or later; it fetches the toolchain it needs)';
  const needed = await go('list', '-deps', '.').then(
    () => undefined,
    (error: { stderr?: string }) => error.stderr ?? String(error),
  );
  if (needed === undefined || /checksum mismatch|go\.sum/.test(needed)) return undefined;
  return `their Go modules cannot be had: ${needed.trim().split('\n').at(-1)}`;
}
const missing = await whyNot();
if (missing !== undefined) console.warn(`verifiers that are not ours: skipped, ${missing}`);
const SIZE = 600;

describe.skipIf(missing !== undefined)('verifiers that are not ours', () => {
  const world = useLedgerWorld();
  let host: WitnessHost;
  let api: Served;
  let proof: string;
  const keys = join(folder, 'keys');
  beforeAll(async () => {
    await go('build', '-o', program, '.');
    host = await WitnessHost.open(world.log, ['court', 'TAX', 'AIC'], tableReader(world.application));
    const policy = host.policy(2);
    const ledger = runLedger(world, policy);
    const [first = ''] = await world.accept(SIZE);
    await eventually(async () => (await ledgerHealth(world.owner)).witnessed >= SIZE);
    await ledger.stop();
    const found = await receipt(world.application, first);
    proof = (found && (await proofFile(world.application, found))) ?? '';
    writeFileSync(
      keys,
      [...logKeys(world.log), ...policy.witnesses.map(({ key }) => key)].map(({ text }) => `${text}\n`).join(''),
    );
    api = await served(world);
  });
  afterAll(async () => {
    api.stop();
    await host.stop();
  });

  // The API answers in this process: the program must not block it.
  const verify = async (kind: 'proof' | 'log', what: string): Promise<[number | null, string]> => {
    const child = spawn(program, [kind, keys, what], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [code] = await once(child, 'close');
    return [code, output];
  };
  const verifyLog = () => verify('log', `${api.url}/`);
  const verifyProof = (text: string): Promise<[number | null, string]> => {
    const file = join(folder, 'proof');
    writeFileSync(file, text);
    return verify('proof', file);
  };

  it('find that the log and a receipt hold', async () => {
    expect(await verifyLog()).toEqual([0, expect.stringContaining(`${SIZE} entries, 3 witnesses\nHOLDS`)]);
    expect(await verifyProof(proof)).toEqual([0, expect.stringContaining(`of ${SIZE}, 3 witnesses\nHOLDS`)]);
  });

  it('find one byte that is another: leaf, path, root, log line, witness line', async () => {
    const at = (part: string): number => proof.indexOf(part) + part.length;
    const lines = proof.split('\n');
    const spoiled = {
      leaf: at('extra ') + 10,
      path: at(`${lines[2]}\n`) + 4,
      root: at(`\n${SIZE}\n`) + 4,
      'log line': at(`— ${world.log.origin} `) + 30,
      'witness line': at('— court.example/witness ') + 40,
    };
    for (const [part, offset] of Object.entries(spoiled)) {
      const other = proof[offset] === 'A' ? 'B' : 'A';
      const [code] = await verifyProof(`${proof.slice(0, offset)}${other}${proof.slice(offset + 1)}`);
      expect([part, code]).toEqual([part, 1]);
    }
  });

  it('find an entry and a tile that were changed', async () => {
    const edits = {
      ledger_leaf: `update ledger_leaf set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'clerk', 'judge'), 'UTF8')
                    where entry_id = (select entry_id from ledger_entry where seq = 300)`,
      ledger_hash: `update ledger_hash set hash = sha256('another') where level = 1 and idx = 1`,
    };
    await world.owner.query('alter table ledger_leaf drop constraint ledger_leaf_hash');
    for (const [table, edit] of Object.entries(edits)) {
      await world.owner.query(`create table kept as table ${table}`);
      await world.owner.query(`alter table ${table} disable trigger all`);
      await world.owner.query(edit);
      expect([table, ...(await verifyLog())]).toEqual([table, 1, expect.stringContaining('FAILS: fsck')]);
      const column = table === 'ledger_leaf' ? 'leaf' : 'hash';
      const key = table === 'ledger_leaf' ? 'k.entry_id = t.entry_id' : 'k.level = t.level and k.idx = t.idx';
      await world.owner.query(`update ${table} t set ${column} = k.${column} from kept k where ${key}`);
      await world.owner.query('drop table kept');
    }
    expect(await verifyLog()).toEqual([0, expect.stringContaining('HOLDS')]);
  });
});
