/** A server that is there already, or the program that runs one. */
export type TemporalSource = { address: string; path?: never } | { path: string; address?: never };
/**
 * Where a Temporal server comes from: TEMPORAL_ADDRESS, `temporal` on PATH, an earlier build in the cache, the SDK's own
 * download, `go install`. `installed` is awaited before the SDK is needed. Throws PlainError with the ways out.
 */
export function ensureTemporalBinary(options?: { installed?: Promise<unknown> }): Promise<TemporalSource>;
