// Money is whole fen (1/100 yuan) in a bigint; at the edges it is a decimal string in yuan.

/** Below 10¹³ yuan: far above any judgment debt, and safe in PostgreSQL's bigint. */
const YUAN = /^(0|[1-9]\d{0,12})(?:\.(\d{1,2}))?$/;

/** Fen of a decimal string in yuan (`"400000"`, `"0.5"`, `"12.34"`); undefined for signs, blanks, leading zeros or over-precision. */
export function parseYuan(text: string): bigint | undefined {
  const match = YUAN.exec(text);
  if (match === null) return undefined;
  return BigInt(match[1] ?? '0') * 100n + BigInt((match[2] ?? '').padEnd(2, '0'));
}

/** Fen to a decimal string in yuan, always with two decimals. */
export function formatYuan(fen: bigint): string {
  const absolute = fen < 0n ? -fen : fen;
  return `${fen < 0n ? '-' : ''}${absolute / 100n}.${String(absolute % 100n).padStart(2, '0')}`;
}
