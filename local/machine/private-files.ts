import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Mode 600, replaced in one step: a reader sees the old content or the new, never a part. Synchronous on purpose:
 * the list of running processes must be written before anything else can happen. */
export function writePrivateFile(file: string, content: string): void {
  const temporary = `${file}.${process.pid}.new`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, content, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, file);
}

export function writePrivateJson(file: string, value: unknown): void {
  writePrivateFile(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** `undefined` when there is no such file; throws SyntaxError when it is no JSON. */
export function readJson(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** The log of an earlier start becomes `<file>.1`; the new one is readable by its owner only. */
export function rotateLog(file: string): void {
  if (existsSync(file)) renameSync(file, `${file}.1`);
  closeSync(openSync(file, 'a', 0o600));
}
