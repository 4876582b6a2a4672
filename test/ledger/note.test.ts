// Signed notes, proofs and policies, as anybody can check them.

import { describe, expect, it } from 'vitest';
import { openCheckpoint, parseCheckpoint, signCheckpoint } from '../../ledger/checkpoint.js';
import { leafHash } from '../../ledger/leaf.js';
import { cosigner, logSigner, NoteError, parseNote, parseVerifierKey, verifiedSignatures } from '../../ledger/note.js';
import { NO_POLICY, parsePolicy } from '../../ledger/policy.js';
import { formatProof, parseProof, verifyProof } from '../../ledger/proof-file.js';
import { nodeHash } from '../../ledger/tree.js';

const ORIGIN = 'court.example/jec/ledger';
const log = logSigner(ORIGIN, Buffer.alloc(32, 1));
const bureau = cosigner('taxbureau.example/witness', Buffer.alloc(32, 2));
const root = Buffer.from('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328', 'hex');
const text = signCheckpoint(ORIGIN, { size: 8, root }, [log]);
const { body } = parseNote(text);
const flipped = (value: string, at: number): string => {
  const end = value[at] === 'A' ? 'B' : 'A';
  return `${value.slice(0, at)}${end}${value.slice(at + 1)}`;
};

describe('signed notes', () => {
  it('have the known keys and lines', () => {
    expect(log.verifier.text).toBe('court.example/jec/ledger+58f1130c+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c');
    expect(text).toBe(
      `${ORIGIN}\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n— court.example/jec/ledger WPETDHv4clK8RbJ0JLNGoxSdgMVEOqrj+AxwFx9izjIfqocPI+TZREsNtwhdVLOdKMPkRTRNMj0uw1IjA47KCaQGmgE=\n`,
    );
    expect(bureau.verifier.text).toBe(
      'taxbureau.example/witness+617ac116+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU',
    );
    expect(bureau.cosign(body, 1_700_000_000)).toBe(
      '— taxbureau.example/witness YXrBFgAAAABlU/EANTu4/tw69tfKiK/luL69ZKMAO4C6IKj+s42JClL0xzwsAZUTFtoactQnUmEczp22pu6wiTjkox/K5mzN0NQBDw==\n',
    );
  });

  const cosigned = text + bureau.cosign(body, 1_700_000_000);
  const keys = [log.verifier, bureau.verifier];

  it('verify with the keys that are known, and pass over others', () => {
    expect(verifiedSignatures(parseNote(cosigned), keys).map(({ name, time }) => [name, time])).toEqual([
      [ORIGIN, undefined],
      ['taxbureau.example/witness', 1_700_000_000],
    ]);
    const stranger = cosigner('stranger.example', Buffer.alloc(32, 3));
    expect(verifiedSignatures(parseNote(cosigned + stranger.cosign(body, 1)), keys)).toHaveLength(2);
  });

  it('are bad as a whole where one byte of body, log line or witness line is another', () => {
    for (const at of [0, ORIGIN.length + 1, body.length - 3, text.length - 20, cosigned.length - 20]) {
      expect(
        () =>
          openCheckpoint(flipped(cosigned, at), [log.verifier]) &&
          verifiedSignatures(parseNote(flipped(cosigned, at)), keys),
        `byte ${at}`,
      ).toThrow(NoteError);
    }
    expect(() => verifiedSignatures(parseNote(text + bureau.cosign(body, 0)), keys)).toThrow(NoteError);
  });

  it('of another log, without our signature or malformed are refused', () => {
    const other = logSigner('other.example', Buffer.alloc(32, 9));
    expect(() => openCheckpoint(signCheckpoint('other.example', { size: 8, root }, [other]), [log.verifier])).toThrow(
      /another log/,
    );
    expect(() => openCheckpoint(signCheckpoint(ORIGIN, { size: 8, root }, [other]), [log.verifier])).toThrow(/no key/);
    for (const bad of [
      '',
      'x\n',
      'x\n\n',
      `${body}\n— x\n`,
      text.slice(0, -1),
      text.replace('\n8\n', '\n08\n'),
      text.replace('\n8\n', '\n-8\n'),
    ])
      expect(() => parseCheckpoint(bad), bad).toThrow(NoteError);
  });

  it('while a key replaces another, carry both signatures, and who knows either is content', () => {
    const next = logSigner(ORIGIN, Buffer.alloc(32, 4));
    const both = signCheckpoint(ORIGIN, { size: 8, root }, [log, next]);
    for (const key of [log.verifier, next.verifier]) expect(openCheckpoint(both, [key]).size).toBe(8);
  });

  it('keys that are not what they say are refused', () => {
    for (const bad of [
      '',
      'name',
      'a b+58f1130c+AYqI',
      log.verifier.text.replace('58f1130c', '58f1130d'),
      log.verifier.text.replace('+AY', '+Bo'),
      flipped(log.verifier.text, 60),
    ])
      expect(() => parseVerifierKey(bad), bad).toThrow(NoteError);
  });
});

describe('a proof file', () => {
  const [leaf, sibling] = [Buffer.from('{"v":1}'), leafHash(Buffer.from('other'))];
  const two = signCheckpoint(ORIGIN, { size: 2, root: nodeHash(sibling, leafHash(leaf)) }, [log]);
  const file = formatProof(1, [sibling], two, leaf);

  it('stands alone: it carries leaf, place, path and checkpoint', () => {
    expect(file).toBe(
      `c2sp.org/tlog-proof@v1\nextra ${leaf.toString('base64')}\nindex 1\n${sibling.toString('base64')}\n\n${two}`,
    );
    expect(verifyProof(parseProof(file), [log.verifier])).toEqual(leaf);
    expect(verifyProof(parseProof(file.replace(/extra .*\n/, '')), [log.verifier], leaf)).toEqual(leaf);
  });

  it('fails with another leaf, index, hash, root or signature', () => {
    const fails = (changed: string): void => {
      expect(() => verifyProof(parseProof(changed), [log.verifier]), changed).toThrow(NoteError);
    };
    fails(file.replace('index 1', 'index 0'));
    fails(file.replace(leaf.toString('base64'), Buffer.from('{"v":2}').toString('base64')));
    fails(file.replace(/extra .*\n/, ''));
    for (const at of [file.indexOf('index') + 10, file.indexOf('\n2\n') + 5, file.length - 10])
      fails(flipped(file, at));
    fails(file.replace('@v1', '@v2'));
  });
});

describe('a policy', () => {
  const keyOf = (n: number): string => cosigner(`w${n}.example`, Buffer.alloc(32, n)).verifier.text;
  const text = `# one higher court and two of three
log ${log.verifier.text} https://court.example/jec/ledger
witness court ${keyOf(10)} https://court.example/witness/
witness TAX ${keyOf(11)}
witness AIC ${keyOf(12)}
\twitness PLN  ${keyOf(13)}
group departments 2 TAX AIC PLN
group enough all court departments
quorum enough
`;

  it('says who is enough', () => {
    const policy = parsePolicy(text);
    const enough = (...names: string[]): boolean => policy.isQuorum(new Set(names));
    expect([enough('court', 'TAX', 'PLN'), enough('TAX', 'AIC', 'PLN'), enough('court', 'TAX')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(policy.witnesses[0]?.url).toBe('https://court.example/witness');
    expect(parsePolicy('quorum none\n').isQuorum(new Set())).toBe(true);
    expect(NO_POLICY.isQuorum(new Set())).toBe(true);
  });

  it('that is not understood is refused, with its line', () => {
    const bad = [
      text.replace('quorum enough', ''),
      text.replace('quorum enough', 'quorum nobody'),
      text.replace('2 TAX', '4 TAX'),
      text.replace('AIC PLN', 'AIC XXX'),
      text.replace('all court departments', 'all court TAX'),
      text.replace(keyOf(12), keyOf(11)),
      text.replace(keyOf(12), log.verifier.text),
      text.replace('https://court.example/witness/', 'file:///etc/passwd'),
      `${text}hello\n`,
    ];
    for (const policy of bad) expect(() => parsePolicy(policy), policy).toThrow(NoteError);
    expect(() => parsePolicy(`${text}hello\n`)).toThrow(/line 10 /);
  });
});
