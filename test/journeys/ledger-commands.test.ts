// Courts and departments run the commands of the record: verify, witness, ledger:recover.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseCheckpoint } from '../../ledger/checkpoint.js';
import { parsePolicy } from '../../ledger/policy.js';
import { rootFolder } from '../../local/machine/paths.mjs';
import { freePort } from '../../local/machine/ports.js';
import { latestCheckpoint } from '../../registry/ledger/checkpoints.js';
import { ledgerHealth } from '../../registry/ledger/log-status.js';
import { proofFile, receipt } from '../../registry/ledger/receipts.js';
import { logKeys } from '../../registry/ledger/signed-log.js';
import type { Ledger } from '../../worker/ledger/ledger-loops.js';
import { backUp } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { type LedgerWorld, ledgerWorld, runLedger, type Served, served } from '../harness/ledger.js';
import { temporaryFolder } from '../harness/servers.js';

/** A command as its user runs it: what it printed, and its exit code. */
interface Command {
  process: ChildProcess;
  output(): string;
  ended: Promise<number | null>;
}

function run(script: string, words: string[], environment: NodeJS.ProcessEnv = {}): Command {
  const child = spawn(process.execPath, [join(rootFolder, 'dist', script), ...words], {
    cwd: rootFolder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { process: child, output: () => output, ended: once(child, 'close').then(([code]) => code) };
}

let world: LedgerWorld;
let api: Served;
let witness: Command;
let ledger: Ledger | undefined;
const folder = temporaryFolder('commands');
const data = join(folder, 'witness');
const policyFile = join(folder, 'policy');

async function startWitness(port: number): Promise<Command> {
  const vkey = logKeys(world.log)[0]?.text ?? '';
  const words = [
    'witness',
    '--log',
    api.url,
    '--vkey',
    vkey,
    '--name',
    'court.example/witness',
    '--data',
    data,
    '--port',
    String(port),
    '--mirror',
  ];
  const command = run('audit/main.js', words);
  await eventually(() => /^witness \S+ \S+ http\S+$/m.test(command.output()));
  return command;
}

beforeAll(async () => {
  world = await ledgerWorld();
  api = await served(world);
});
afterAll(async () => {
  await ledger?.stop();
  witness.process.kill('SIGTERM');
  expect(await witness.ended).toBe(0);
  api.stop();
  await world.end();
});

const witnessed = (size: number): Promise<boolean> =>
  eventually(async () => (await ledgerHealth(world.owner)).witnessed >= size);

describe('the commands of courts and departments', () => {
  it('witness: cosigns, mirrors, and forgets nothing when it is killed', async () => {
    const port = await freePort();
    witness = await startWitness(port);
    const line = /^witness .*$/m.exec(witness.output())?.[0] ?? '';
    const [, name] = line.split(' ');
    writeFileSync(policyFile, `log ${logKeys(world.log)[0]?.text}\n${line}\nquorum ${name}\n`);
    ledger = runLedger(world, parsePolicy(readFileSync(policyFile, 'utf8')));
    await world.accept(300);
    await witnessed(300);
    witness.process.kill('SIGKILL');
    await witness.ended;
    await world.accept(20);
    witness = await startWitness(port);
    await witnessed(320);
    const mirrored = join(data, 'mirror', 'checkpoint');
    await eventually(() => existsSync(mirrored) && parseCheckpoint(readFileSync(mirrored, 'utf8')).size === 320);
  });

  it('verify: a receipt, the log at its address, and the mirror', async () => {
    const [id = ''] = await world.accept(1);
    await witnessed(321);
    const found = await receipt(world.application, id);
    const file = join(folder, 'fact.tlog-proof');
    writeFileSync(file, (found && (await proofFile(world.application, found))) ?? '');
    for (const words of [[file], ['--log', api.url], ['--log', join(data, 'mirror')]]) {
      const verified = run('audit/main.js', ['verify', ...words, '--policy', policyFile]);
      expect([await verified.ended, verified.output()], words.join(' ')).toEqual([
        0,
        expect.stringContaining('✓ 见证 · witnessed by'),
      ]);
    }
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^index \d+$/m, 'index 7'));
    const failed = run('audit/main.js', ['verify', file, '--policy', policyFile]);
    expect([await failed.ended, failed.output()]).toEqual([
      1,
      expect.stringContaining('the leaf is not at this index'),
    ]);
    // Without a pinned key it asks the log, and says so.
    const unpinned = run('audit/main.js', ['verify', '--log', api.url]);
    expect([await unpinned.ended, unpinned.output()]).toEqual([0, expect.stringContaining('pin it with --vkey')]);
  });

  it('ledger:recover: replays what a restored database has lost', async () => {
    await ledger?.stop();
    ledger = undefined;
    await world.close();
    const backup = await backUp(world.database);
    const grown = await ledgerWorld(world.database);
    // The api of the test goes on with the connections it had: only the witness's mirror must see the new entries.
    api.serve(grown);
    ledger = runLedger(grown, parsePolicy(readFileSync(policyFile, 'utf8')));
    await grown.accept(400);
    await eventually(async () => (await ledgerHealth(grown.owner)).witnessed >= 721);
    const mirrored = join(data, 'mirror', 'checkpoint');
    await eventually(() => parseCheckpoint(readFileSync(mirrored, 'utf8')).size === 721);
    await ledger.stop();
    ledger = undefined;

    const restored = await ledgerWorld(backup);
    const environment = {
      DATABASE_URL: backup.adminUrl,
      KEY_RING_FILE: inject('keyRingFile'),
      LEDGER_ORIGIN: world.log.origin,
      LEDGER_POLICY_FILE: policyFile,
    };
    const recovered = run('registry/maintenance/ledger-recovery.js', [join(data, 'mirror')], environment);
    expect([await recovered.ended, recovered.output()]).toEqual([
      0,
      expect.stringContaining('replayed entries 321 to 720'),
    ]);
    expect(await latestCheckpoint(restored.owner)).toEqual(await latestCheckpoint(grown.owner));
    const again = run('registry/maintenance/ledger-recovery.js', [join(data, 'mirror')], environment);
    expect([await again.ended, again.output()]).toEqual([1, expect.stringContaining('nothing to replay')]);
    await restored.end();
    world = grown;
  });
});
