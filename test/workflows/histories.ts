import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import proto from '@temporalio/proto';
import { rootFolder } from '../../local/machine/paths.mjs';

// The SDK's own historyToJSON wants one copy of protobufjs in the tree; the generated classes do not care.
const { History: HistoryMessage } = proto.temporal.api.history.v1;
export type History = proto.temporal.api.history.v1.IHistory;

/** One history per release and path, named by both; recorded once and never edited. */
const RELEASE = 'v3';
const folder = join(rootFolder, 'test', 'histories');

export interface RecordedHistory {
  name: string;
  text: string;
}

export function recordedHistories(): RecordedHistory[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ name: file.slice(0, -'.json'.length), text: readFileSync(join(folder, file), 'utf8') }));
}

/** Writes a history down; the machine and process that ran it are not told. */
export function recordHistory(path: string, history: History): void {
  mkdirSync(folder, { recursive: true });
  const identity = new RegExp(`[0-9]+@${hostname()}`, 'g');
  const plain = HistoryMessage.toObject(HistoryMessage.fromObject(history), {
    longs: String,
    enums: String,
    bytes: String,
  });
  const text = JSON.stringify(plain, undefined, 1).replace(identity, 'worker');
  writeFileSync(join(folder, `${path}.${RELEASE}.json`), `${text}\n`);
}

export const readHistory = (text: string): History => HistoryMessage.fromObject(JSON.parse(text));

/** Every text a history holds, payloads decoded. */
export function textsOf(history: string): string[] {
  const texts: string[] = [];
  const walk = (value: unknown, name: string): void => {
    if (typeof value === 'string') texts.push(name === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value);
    else if (Array.isArray(value)) for (const one of value) walk(one, name);
    else if (typeof value === 'object' && value !== null)
      for (const [member, one] of Object.entries(value)) walk(one, member);
  };
  walk(JSON.parse(history), '');
  return texts;
}
