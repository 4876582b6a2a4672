/** From `firstMs` doubling up to `longestMs`. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * How long to wait after so many failures in a row (at least 1), ms: the upper half of the doubling by `chance` (0 to 1), so that those
 * who failed together do not come back together.
 */
export function backoff({ firstMs, longestMs }: Backoff, failures: number, chance: number): number {
  const top = Math.min(firstMs * 2 ** Math.min(failures - 1, 40), longestMs);
  return Math.round(top / 2 + (top / 2) * chance);
}
