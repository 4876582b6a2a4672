/** What the leaves say of each other, over a whole log: no business key twice, and no predecessor that is not there. */
export class LeafBook {
  private readonly keys = new Set<string>();
  private readonly seen = new Set<string>();
  /** Predecessors named before they were seen: leaves written side by side may stand in either order. */
  private readonly awaited = new Map<string, number>();

  constructor(private readonly report: (problem: string) => void) {}

  add(index: number, bytes: Buffer, hash: Buffer): void {
    const hex = hash.toString('hex');
    this.seen.add(hex);
    this.awaited.delete(hex);
    const leaf = parseLeaf(bytes);
    if (!leaf) {
      this.report(`entry ${index}: this is no leaf of the record (canonical JSON with v, id, key, type)`);
      return;
    }
    if (this.keys.has(leaf.key)) this.report(`entry ${index}: its key stands there twice`);
    this.keys.add(leaf.key);
    if (leaf.standsFor !== undefined) {
      this.seen.add(leaf.standsFor);
      this.awaited.delete(leaf.standsFor);
    }
    if (leaf.prev !== undefined && !this.seen.has(leaf.prev)) this.awaited.set(leaf.prev, index);
  }

  /** After the last entry. */
  close(): void {
    for (const index of this.awaited.values()) this.report(`entry ${index}: the leaf before it is not in the log`);
  }
}

interface ReadLeaf {
  key: string;
  prev: string | undefined;
  /** The hash of a leaf that was written again after a restore and is not in the log: this one says whose place it took. */
  standsFor: string | undefined;
}

/** Leaves are read, never written again: their bytes are the record. */
function parseLeaf(bytes: Buffer): ReadLeaf | undefined {
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof content !== 'object' || content === null) return undefined;
  const { v, id, key, type, prev, doc }: { [member: string]: unknown } = { ...content };
  const isLeaf = v === 1 && typeof id === 'string' && typeof key === 'string' && typeof type === 'string';
  if (!isLeaf) return undefined;
  const digest = typeof doc === 'object' && doc !== null && 'sha256' in doc ? doc.sha256 : undefined;
  return {
    key,
    prev: typeof prev === 'string' ? prev : undefined,
    standsFor: type === 'superseded' && typeof digest === 'string' ? digest : undefined,
  };
}
