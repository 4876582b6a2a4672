/** The folder of the product: the nearest one above that has a package.json (from source and from dist alike). */
export const rootFolder: string;
/** Whether this account may create files in the folder. */
export function writable(folder: string): boolean;
/** Where cached things may already lie, in the order of preference. */
export function cacheCandidates(): string[];
/** A folder for caches that this account can write, made if needed. */
export function cacheFolder(): string;
/** Every executable of that name on PATH, in order, and then in `elsewhere`. */
export function executables(name: string, elsewhere?: string[]): string[];
