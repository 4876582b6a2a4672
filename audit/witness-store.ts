import { existsSync, mkdirSync } from 'node:fs';
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { originHash } from '../ledger/log-reader.js';

const EVIDENCE_AT_MOST = 100;

/** What a witness must never forget: one file per log, the note it cosigned last. It is on the disk before anybody is answered. */
export class WitnessStore {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  read(origin: string): Promise<string | undefined> {
    return this.readByHash(originHash(origin));
  }

  async readByHash(hash: string): Promise<string | undefined> {
    const file = this.file(`${hash}.checkpoint`);
    return existsSync(file) ? readFile(file, 'utf8') : undefined;
  }

  replace(origin: string, note: string): Promise<void> {
    return writeDurably(this.file(`${originHash(origin)}.checkpoint`), note);
  }

  /** Notes that contradict each other, for whoever has to judge. */
  async keepEvidence(origin: string, why: string, notes: readonly string[]): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith('.refused'));
    if (names.length >= EVIDENCE_AT_MOST) return;
    const name = `${originHash(origin)}.${new Date().toISOString().replace(/\D/g, '')}.refused`;
    await writeDurably(this.file(name), [`${why}\n`, ...notes].join('\n'));
  }

  private readonly file = (name: string): string => join(this.folder, name);
}

/** Replaces a file by one that is wholly on the disk. */
export async function writeDurably(file: string, content: string | Buffer): Promise<void> {
  const fresh = `${file}.new`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
