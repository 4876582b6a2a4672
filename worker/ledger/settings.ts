import { readFileSync } from 'node:fs';
import { NoteError } from '../../ledger/note.js';
import { NO_POLICY, type Policy, parsePolicy } from '../../ledger/policy.js';
import type { KeyRing } from '../../registry/keys/key-ring.js';
import { type Log, openLog } from '../../registry/ledger/signed-log.js';
import { ALARM_MS } from './ledger-loops.js';
import { type AskedWitness, canBeAsked } from './witness-client.js';

export interface LedgerSettings {
  databaseUrl: string;
  log: Log;
  policy: Policy;
  further: AskedWitness[];
  alarmMs: number;
}

/**
 * SEQUENCER_DATABASE_URL, LEDGER_ORIGIN, LEDGER_POLICY_FILE, LEDGER_FURTHER_WITNESSES_FILE and LEDGER_ALARM_SECONDS; undefined where the first is
 * not set: another process is the sequencer. Throws an Error that says what is missing or wrong.
 */
export function ledgerSettings(environment: NodeJS.ProcessEnv, ring: KeyRing): LedgerSettings | undefined {
  const { SEQUENCER_DATABASE_URL: databaseUrl, LEDGER_ORIGIN: origin } = environment;
  if (!databaseUrl) return undefined;
  if (!origin)
    throw new Error('LEDGER_ORIGIN is not set: the address of the record, without https:// and a slash at its end');
  const policy = fileSetting(environment, 'LEDGER_POLICY_FILE', parsePolicy) ?? NO_POLICY;
  const further = fileSetting(environment, 'LEDGER_FURTHER_WITNESSES_FILE', (text) =>
    parsePolicy(`${text}\nquorum none\n`),
  );
  return {
    databaseUrl,
    log: openLog(ring, origin),
    policy,
    further: (further?.witnesses ?? []).filter(canBeAsked),
    alarmMs: alarmSetting(environment),
  };
}

/** LEDGER_ALARM_SECONDS: how long what was published may wait for its witnesses. Throws an Error for what is no number of seconds. */
function alarmSetting({ LEDGER_ALARM_SECONDS: text }: NodeJS.ProcessEnv): number {
  if (!text) return ALARM_MS;
  const seconds = Number(text);
  if (!Number.isSafeInteger(seconds) || seconds < 1)
    throw new Error('LEDGER_ALARM_SECONDS must be a whole number of seconds');
  return seconds * 1_000;
}

function fileSetting<T>(environment: NodeJS.ProcessEnv, name: string, parse: (text: string) => T): T | undefined {
  const file = environment[name];
  if (!file) return undefined;
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why =
      error instanceof NoteError
        ? error.message
        : error instanceof Error && 'code' in error
          ? String(error.code)
          : 'unknown';
    throw new Error(`${name} could not be read: ${why}`);
  }
}
