/**
 * What tells one process from a later one with the same number: its start time (and the boot it belongs to).
 * `undefined` when no such process runs.
 */
export function processIdentity(pid: number): string | undefined;
/** The command line of a process, its parts separated by spaces; empty when it is not there or not ours to see. */
export function processCommand(pid: number): string;
