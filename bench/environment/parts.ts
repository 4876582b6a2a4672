import { progress } from '../measure/figures.js';

/** A part of a benchmark: its name, and what measures it. */
export type Part = readonly [name: string, measure: () => Promise<void>];

/**
 * Measures part by part until told to stop, then closes what they were measured on. A part that fails is said, and the next goes on. Resolves
 * with 0 whatever was found, with 1 when something could not be measured.
 */
export async function measureParts(
  stopping: AbortSignal,
  environment: { close(): Promise<void> },
  partsOf: () => Promise<readonly Part[]>,
): Promise<number> {
  const stopped = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true }));
  let failed = 0;
  try {
    for (const [name, measure] of await partsOf()) {
      if (stopping.aborted) break;
      progress(`${name} …`);
      const began = Date.now();
      const measuring = measure().catch((error: unknown) => {
        if (!stopping.aborted) progress(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
        failed += 1;
      });
      await Promise.race([measuring, stopped]);
      progress(`${name}: ${((Date.now() - began) / 1_000).toFixed(0)} s`);
    }
  } finally {
    if (stopping.aborted) progress(`told to stop (${stopping.reason})`);
    await environment.close();
  }
  return failed === 0 && !stopping.aborted ? 0 : 1;
}
