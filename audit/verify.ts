import { readFileSync } from 'node:fs';
import { LogUnreadable, logAt, reasonOf } from '../ledger/log-reader.js';
import { NoteError, parseNote, parseVerifierKey, type VerifierKey, verifiedSignatures } from '../ledger/note.js';
import { type Policy, parsePolicy } from '../ledger/policy.js';
import { parseProof, verifyProof } from '../ledger/proof-file.js';
import { readArguments, typedPath, WrongUse } from './arguments.js';
import { type CaseCertificate, checkCertificate } from './certificate.js';
import { checkLog } from './full-check.js';
import { progressBar } from './progress-bar.js';

export const VERIFY_USAGE = `verify FILE      核验一份回执（.tlog-proof）或案件时间线证书（JSON） · one receipt, or the certificate of a case
verify --log URL 核验整本存证（地址或镜像目录） · a whole log: its address, or a mirror's folder

  --vkey KEY     存证的公钥；省略则取自存证自身的地址 · the log's key, or a file of them; without it, asked of the log's own address
  --policy FILE  见证规则（C2SP tlog-policy），须达法定人数 · witnesses and quorum that must have cosigned
  --leaf FILE    回执未附叶子时 · the leaf, where the receipt carries none
`;

/**
 * `npm run verify`: checks a receipt or a whole log without the platform. Resolves with 0 when all holds, 1 when something does not, 2 when
 * it was not told enough.
 */
export async function verify(words: readonly string[]): Promise<number> {
  try {
    const { options, rest } = readArguments(words, ['log', 'vkey', 'policy', 'leaf'], ['help']);
    const [file, ...more] = rest;
    if (options.help || more.length > 0 || (file === undefined) === (options.log === undefined)) {
      console.log(VERIFY_USAGE);
      return options.help ? 0 : 2;
    }
    const policy = options.policy === undefined ? undefined : parsePolicy(read(options.policy));
    const trust = { vkey: options.vkey, policy };
    return file === undefined ? await verifyLog(options.log ?? '', trust) : await verifyFile(file, trust, options.leaf);
  } catch (error) {
    if (error instanceof WrongUse) {
      console.error(`${error.message}\n\n${VERIFY_USAGE}`);
      return 2;
    }
    if (!(error instanceof NoteError || error instanceof LogUnreadable)) throw error;
    console.error(`✗ 核验未通过 · does not hold: ${error.message}`);
    return 1;
  }
}

interface Trust {
  vkey: string | undefined;
  policy: Policy | undefined;
}

async function verifyLog(location: string, trust: Trust): Promise<number> {
  const log = logAt(/^https?:\/\//.test(location) ? ledgerPrefix(location) : typedPath(location));
  const logKeys = await keysOf(trust, log.location);
  const began = Date.now();
  const bar = progressBar();
  const found = await checkLog({
    log,
    logKeys,
    ...(trust.policy ? { policy: trust.policy } : {}),
    progress: bar.show,
  }).finally(bar.end);
  for (const problem of found.problems) console.error(`✗ ${problem}`);
  if (found.problems.length > 0) {
    console.error(`✗ 存证与其签名不符 · the log is not what it has signed (${found.size} entries)`);
    return 1;
  }
  const seconds = ((Date.now() - began) / 1_000).toFixed(1);
  console.log(
    `✓ ${found.size} 条全部相符 · all ${found.size} entries hold (${seconds} s), root ${found.root.toString('hex')}`,
  );
  return sayWitnesses(found.witnesses, found.isQuorum, trust.policy);
}

/** An address of the platform is as good as that of its log. */
const ledgerPrefix = (url: string): string => {
  const { pathname } = new URL(url);
  return pathname === '/' ? `${url.replace(/\/+$/, '')}/ledger` : url;
};

async function verifyFile(file: string, trust: Trust, leafFile: string | undefined): Promise<number> {
  const text = read(file);
  if (text.startsWith('{')) return verifyCertificate(text, trust);
  const proof = parseProof(text);
  const logKeys = await keysOf(trust, proof.checkpoint.origin);
  const leaf = verifyProof(proof, logKeys, leafFile === undefined ? proof.extra : readFileSync(typedPath(leafFile)));
  const { index, checkpoint } = proof;
  console.log(
    `✓ 第 ${index} 条，存证共 ${checkpoint.size} 条 · entry ${index} of ${checkpoint.size}, ${checkpoint.origin}`,
  );
  console.log(`  ${leaf.toString('utf8')}`);
  return judgeWitnesses(checkpoint.text, trust.policy);
}

async function verifyCertificate(text: string, trust: Trust): Promise<number> {
  const certificate: CaseCertificate = readCertificate(text);
  const origin = (certificate.checkpoint ?? '').split('\n')[0] ?? '';
  const checked = checkCertificate(certificate, await keysOf(trust, origin));
  const { facts, proven, size } = checked;
  console.log(
    `✓ ${certificate.case.caseNumber}: ${facts} 项事实前后相接，${proven} 项在 ${size} 条存证之内 · ${facts} facts in an unbroken chain, ${proven} of them in the log of ${size}`,
  );
  if (proven < facts) {
    console.error('✗ 尚有事实未公布 · facts that are not published yet are not proven');
    return 1;
  }
  return judgeWitnesses(certificate.checkpoint ?? '', trust.policy);
}

function readCertificate(text: string): CaseCertificate {
  const content: unknown = parsed(text);
  const isCertificate = (value: unknown): value is CaseCertificate =>
    typeof value === 'object' && value !== null && 'case' in value && 'facts' in value && Array.isArray(value.facts);
  if (!isCertificate(content)) throw new NoteError('the file is neither a proof file nor the certificate of a case');
  return content;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NoteError('the file is no JSON');
  }
}

function judgeWitnesses(checkpoint: string, policy: Policy | undefined): number {
  const note = parseNote(checkpoint);
  const names = (policy?.witnesses ?? []).filter(({ key }) => verifiedSignatures(note, [key]).length > 0);
  return sayWitnesses(
    names.map(({ name }) => name),
    policy?.isQuorum(new Set(names.map(({ name }) => name))) ?? true,
    policy,
  );
}

function sayWitnesses(names: readonly string[], isQuorum: boolean, policy: Policy | undefined): number {
  if (!policy) {
    console.log('  未给出见证规则（--policy），未核对见证 · no policy given: cosignatures were not checked');
    return 0;
  }
  const who = names.length === 0 ? '—' : names.join(', ');
  if (isQuorum) console.log(`✓ 见证 · witnessed by ${who}`);
  else console.error(`✗ 见证未达法定人数 · too few witnesses: ${who}`);
  return isQuorum ? 0 : 1;
}

/** Pinned keys where they are given; else those that the log's address names, and that is said. */
async function keysOf({ vkey, policy }: Trust, location: string): Promise<VerifierKey[]> {
  if (vkey !== undefined) return parseKeys(vkey.includes('+') ? vkey : read(vkey));
  if (policy && policy.logs.length > 0) return policy.logs.map(({ key }) => key);
  for (const address of addressesOf(location)) {
    const answer = await fetch(`${address}/vkey`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    if (!answer?.ok) continue;
    const text = await answer.text();
    console.error(
      `! 公钥取自 ${address}/vkey；请事先另行取得并以 --vkey 固定 · the key was asked of the log itself: get it another way and pin it with --vkey\n  ${text.trim()}`,
    );
    return parseKeys(text);
  }
  throw new WrongUse('请以 --vkey 给出存证的公钥 · give the log’s key with --vkey');
}

/** An origin is an address without its scheme. */
function addressesOf(location: string): string[] {
  if (/^https?:\/\//.test(location)) return [location];
  const isAddress = /^[^/\s]+\.[^/\s]+|^localhost/.test(location) && !location.startsWith('/');
  const isLocal = /^(localhost|127\.)/.test(location);
  return isAddress ? [`${isLocal ? 'http' : 'https'}://${location}`] : [];
}

const parseKeys = (text: string): VerifierKey[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseVerifierKey);

function read(file: string): string {
  try {
    return readFileSync(typedPath(file), 'utf8');
  } catch (error) {
    throw new WrongUse(`${file}: ${reasonOf(error)}`);
  }
}

/** For `npm run verify`. */
export const main = (): Promise<number> => verify(process.argv.slice(3));
