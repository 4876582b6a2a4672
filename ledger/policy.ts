import { LOG_KEY, NoteError, parseVerifierKey, type VerifierKey, WITNESS_KEY } from './note.js';

// C2SP tlog-policy: which logs and witnesses are known, and how many cosignatures are enough.

export interface Witness {
  /** Within the policy. */
  name: string;
  key: VerifierKey;
  /** Its submission prefix, where it is asked. */
  url?: string;
}

export interface Policy {
  logs: { key: VerifierKey; url?: string }[];
  witnesses: Witness[];
  /** Whether these witnesses (names of the policy) are enough together. */
  isQuorum(names: ReadonlySet<string>): boolean;
}

/** Nobody is asked, and nobody is needed. */
export const NO_POLICY: Policy = { logs: [], witnesses: [], isQuorum: () => true };

/** Readers of policies need not accept more. */
const WITNESSES_AT_MOST = 32;

type Rule = (names: ReadonlySet<string>) => boolean;

/** Throws NoteError that names the line. */
export function parsePolicy(text: string): Policy {
  const rules = new Map<string, Rule>();
  const grouped = new Set<string>();
  const logs: Policy['logs'] = [];
  const witnesses: Witness[] = [];
  let quorum: Rule | undefined;
  const define = (name: string | undefined, rule: Rule): void => {
    if (!name || name === 'none' || rules.has(name)) throw new NoteError('the name is missing or taken');
    rules.set(name, rule);
  };
  const key = (text: string | undefined, type: number, known: readonly { key: VerifierKey }[]): VerifierKey => {
    const parsed = parseVerifierKey(text ?? '');
    if (parsed.type !== type) throw new NoteError('the key is of another kind');
    if (known.some((other) => other.key.publicKey.equals(parsed.publicKey)))
      throw new NoteError('the key stands there twice');
    return parsed;
  };
  const statements: Record<string, (words: string[]) => void> = {
    log: ([vkey, url]) => {
      logs.push({ key: key(vkey, LOG_KEY, logs), ...(url === undefined ? {} : { url }) });
    },
    witness: ([name = '', vkey, url]) => {
      const witness = {
        name,
        key: key(vkey, WITNESS_KEY, witnesses),
        ...(url === undefined ? {} : { url: webUrl(url) }),
      };
      define(name, (names) => names.has(name));
      witnesses.push(witness);
      if (witnesses.length > WITNESSES_AT_MOST)
        throw new NoteError(`a policy has at most ${WITNESSES_AT_MOST} witnesses`);
    },
    group: ([name, threshold = '', ...members]) => {
      const parts = members.map((member) => {
        const rule = rules.get(member);
        if (!rule || grouped.has(member))
          throw new NoteError('a member is not defined before, or belongs to another group');
        grouped.add(member);
        return rule;
      });
      const needed = threshold === 'all' ? parts.length : threshold === 'any' ? 1 : Number(threshold);
      if (!/^(all|any|[1-9]\d*)$/.test(threshold) || needed < 1 || needed > parts.length) {
        throw new NoteError('the threshold is from 1 to the number of members, `any` or `all`');
      }
      define(name, (names) => parts.filter((rule) => rule(names)).length >= needed);
    },
    quorum: ([name = '', ...rest]) => {
      const rule = name === 'none' ? () => true : rules.get(name);
      if (quorum || !rule || rest.length > 0) throw new NoteError('there is one quorum, of a name defined before');
      quorum = rule;
    },
  };
  for (const [nth, line] of text.split('\n').entries()) {
    const [statement = '', ...words] = line.split(/[ \t]+/).filter((word) => word !== '');
    if (statement === '' || statement.startsWith('#')) continue;
    const read = Object.hasOwn(statements, statement) ? statements[statement] : undefined;
    try {
      if (!read) throw new NoteError('the statement is not known');
      read(words);
    } catch (error) {
      throw new NoteError(`line ${nth + 1} of the policy: ${error instanceof Error ? error.message : ''}`);
    }
  }
  if (!quorum) throw new NoteError('the policy has no quorum line');
  return { logs, witnesses, isQuorum: quorum };
}

function webUrl(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new NoteError('the address is no http(s) address');
  return url.replace(/\/+$/, '');
}
