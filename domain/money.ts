// Money is whole fen (1/100 yuan) in a bigint; at the edges it is a decimal string in yuan.

const YUAN = /^(0|[1-9]\d{0,12})(?:\.(\d{1,2}))?$/;
/** 10¹³ yuan, far above any judgment debt and safe in PostgreSQL's bigint. */
export const MAX_FEN = 10n ** 15n;

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

/** Gives the amount back when it lies in 0…10¹⁵ fen; throws RangeError otherwise. */
export function assertFen(fen: bigint): bigint {
  if (fen < 0n || fen > MAX_FEN) throw new RangeError('an amount must be between 0 and 10000000000000.00 yuan');
  return fen;
}
