import { type Credential, ensureCredentials } from '../../registry/access/credentials.js';
import { readJson, writePrivateJson } from '../machine/private-files.js';
import { PlainError } from '../machine/say.mjs';

/** DIR/credentials.json: every sign-in of the local product; made at the first start, completed at later ones. */
export async function keepCredentials(adminUrl: string, file: string): Promise<Credential[]> {
  const credentials = await ensureCredentials(adminUrl, readCredentials(file));
  writePrivateJson(file, credentials);
  return credentials;
}

function readCredentials(file: string): Credential[] {
  const content = readOrExplain(file);
  if (content === undefined) return [];
  if (isCredentials(content)) return content;
  throw unreadable(file);
}

function readOrExplain(file: string): unknown {
  try {
    return readJson(file);
  } catch (error) {
    throw error instanceof SyntaxError ? unreadable(file) : error;
  }
}

function isCredentials(content: unknown): content is Credential[] {
  return (
    Array.isArray(content) &&
    content.every((one) => typeof one === 'object' && one !== null && 'role' in one && 'token' in one)
  );
}

function unreadable(file: string): PlainError {
  return new PlainError(
    `${file} 已损坏。删除它后重新启动，将签发新的凭据。`,
    `${file} is damaged. Remove it and start again: new credentials are then issued.`,
  );
}
