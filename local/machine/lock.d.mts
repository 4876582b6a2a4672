/**
 * Runs `work` while holding a lock file. The lock of a process that was killed is taken over.
 * `onWait` is called once if somebody else holds it.
 */
export function withLock<T>(file: string, work: () => Promise<T>, onWait?: () => void): Promise<T>;
/** Replaces a file in one step: a reader sees the old content or the new, never a part. */
export function replaceFile(file: string, content: string, mode?: number): Promise<void>;
