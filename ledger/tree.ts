import { hash } from 'node:crypto';

// The tree of RFC 6962 §2.1: hashing, and which subtrees make up a root, an inclusion proof or a consistency proof. Sizes and indices are
// safe integers and are never touched by 32-bit operators.

/** Leaves [start, end) of the tree. */
export type Range = readonly [start: number, end: number];
/** A perfect subtree: 2^height leaves, the `index`-th of its height from the left. */
export interface Subtree {
  height: number;
  index: number;
}

/** The root of no leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Buffer = sha256(Buffer.alloc(0));

/** RFC 6962 §2.1: SHA-256(01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const node = Buffer.allocUnsafe(65);
  node[0] = 1;
  node.set(left, 1);
  node.set(right, 33);
  return sha256(node);
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** The perfect subtrees that a range consists of, from left to right; its start must be a multiple of the largest of them. */
export function subtreesOf([start, end]: Range): Subtree[] {
  const parts: Subtree[] = [];
  for (let at = start; at < end; ) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= end) height += 1;
    parts.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return parts;
}

/** The hash over neighbouring subtrees, largest first: what RFC 6962 calls MTH of their leaves. Throws RangeError on none. */
export function foldSubtrees(hashes: readonly Buffer[]): Buffer {
  const folded = hashes.reduceRight<Buffer | undefined>(
    (right, left) => (right ? nodeHash(left, right) : left),
    undefined,
  );
  if (!folded) throw new RangeError('a range without leaves has no hash');
  return folded;
}

/** The largest power of two below n (n > 1). */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** The subtrees of PATH(index, D[size]) (RFC 6962 §2.1.1), from the leaf's sibling upwards. Throws RangeError where there is no such leaf. */
export function inclusionPath(index: number, size: number): Range[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const path: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      path.unshift([middle, end]);
      end = middle;
    } else {
      path.unshift([start, middle]);
      start = middle;
    }
  }
  return path;
}

/** The subtrees of PROOF(older, D[newer]) (RFC 6962 §2.1.2). Throws RangeError where the older tree is the larger. */
export function consistencyPath(older: number, newer: number): Range[] {
  if (!(older >= 0 && older <= newer)) throw new RangeError(`a tree of ${older} is not part of one of ${newer}`);
  if (older === 0 || older === newer) return [];
  const path: Range[] = [];
  let [start, end] = [0, newer];
  while (older !== end) {
    const middle = start + splitOf(end - start);
    if (older <= middle) {
      path.unshift([middle, end]);
      end = middle;
    } else {
      path.unshift([start, middle]);
      start = middle;
    }
  }
  // Where the older tree is itself a subtree of the newer from the left, its verifier knows that hash.
  return start === 0 ? path : [[start, end], ...path];
}

const half = (n: number): number => Math.floor(n / 2);
const isOdd = (n: number): boolean => n % 2 === 1;

/** The root that a leaf hash and its inclusion proof give (RFC 9162 §2.1.3.2); undefined where the proof has not the right length. */
export function rootOfInclusion(
  leaf: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
): Buffer | undefined {
  if (!(index >= 0 && index < size)) return undefined;
  let [fn, sn, root] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (sn === 0) return undefined;
    if (isOdd(fn) || fn === sn) {
      root = nodeHash(sibling, root);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else root = nodeHash(root, sibling);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 ? root : undefined;
}

export interface Tree {
  size: number;
  root: Buffer;
}

/** Whether the newer tree begins with all of the older one (RFC 9162 §2.1.4.2). */
export function isConsistent(older: Tree, newer: Tree, proof: readonly Buffer[]): boolean {
  if (older.size > newer.size) return false;
  if (older.size === 0) return proof.length === 0 && older.root.equals(EMPTY_ROOT);
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  let [fn, sn] = [older.size - 1, newer.size - 1];
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  const [first, ...rest] = fn === 0 ? [older.root, ...proof] : proof;
  if (!first || proof.length === 0) return false;
  let [fr, sr] = [first, first];
  for (const sibling of rest) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      [fr, sr] = [nodeHash(sibling, fr), nodeHash(sibling, sr)];
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else sr = nodeHash(sr, sibling);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && fr.equals(older.root) && sr.equals(newer.root);
}
