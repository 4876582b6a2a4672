import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writePrivateJson } from './private-files.js';
import { PlainError } from './say.mjs';

/** A file of secret keys, 32 bytes each in base64: sealing keys and blind-index keys by id, two that don't rotate, and the root of departments' tokens. */
export interface KeyRingFile {
  active: string;
  keys: Record<string, string>;
  activeIndex: string;
  indexKeys: Record<string, string>;
  fingerprintKey: string;
  cursorKey: string;
  tokenRoot: string;
}

export function newKeyRing(): KeyRingFile {
  const key = (): string => randomBytes(32).toString('base64');
  return {
    active: 'k1',
    keys: { k1: key() },
    activeIndex: 'i1',
    indexKeys: { i1: key() },
    fingerprintKey: key(),
    cursorKey: key(),
    tokenRoot: key(),
  };
}

/**
 * Writes a new key ring (mode 600) at the first start. Throws PlainError when the database is there but its keys are
 * not: new ones could not read the names and numbers sealed in it.
 */
export function ensureKeyRing(file: string, databaseExists: boolean): void {
  if (existsSync(file)) return;
  if (databaseExists) {
    throw new PlainError(
      `${file} 不见了，而数据库仍在：没有它，库中加密的姓名与证件号码无法读取。请恢复该文件，或用 --data 另选目录。`,
      `${file} is missing while the database is there: without it the sealed names and numbers can't be read. Restore it, or choose another folder with --data.`,
    );
  }
  writePrivateJson(file, newKeyRing());
}
