import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readJson, writePrivateJson } from '../machine/private-files.js';
import { PlainError } from '../machine/say.mjs';

/** A file of secret keys, 32 bytes each in base64: sealing keys and blind-index keys by id, two that don't rotate, and the root of departments' tokens. */
export interface KeyRingFile {
  active: string;
  keys: Record<string, string>;
  activeIndex: string;
  indexKeys: Record<string, string>;
  fingerprintKey: string;
  cursorKey: string;
  /** Ed25519 seeds that sign the log, by id. */
  ledgerKeys: Record<string, string>;
  tokenRoot: string;
}

const key = (): string => randomBytes(32).toString('base64');

export function newKeyRing(): KeyRingFile {
  return {
    active: 'k1',
    keys: { k1: key() },
    activeIndex: 'i1',
    indexKeys: { i1: key() },
    fingerprintKey: key(),
    cursorKey: key(),
    ledgerKeys: { l1: key() },
    tokenRoot: key(),
  };
}

/**
 * Writes a new key ring (mode 600) at the first start; one of an older version gets the keys that it lacks. Throws PlainError when the database is there but its keys are
 * not: new ones could not read the names and numbers sealed in it.
 */
export function ensureKeyRing(file: string, databaseExists: boolean): void {
  if (existsSync(file)) {
    addMissingKeys(file);
    return;
  }
  if (databaseExists) {
    throw new PlainError(
      `${file} 不见了，而数据库仍在：没有它，库中加密的姓名与证件号码无法读取。请恢复该文件，或用 --data 另选目录。`,
      `${file} is missing while the database is there: without it the sealed names and numbers can't be read. Restore it, or choose another folder with --data.`,
    );
  }
  writePrivateJson(file, newKeyRing());
}

/** What later versions have come to need; what is there stays. */
function addMissingKeys(file: string): void {
  const ring = readJson(file);
  if (typeof ring !== 'object' || ring === null || ('ledgerKeys' in ring && 'tokenRoot' in ring)) return;
  writePrivateJson(file, { ledgerKeys: { l1: key() }, tokenRoot: key(), ...ring });
}
