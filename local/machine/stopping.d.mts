export const stopping: AbortSignal;
export class Stopped extends Error {
  readonly forPeople: true;
  readonly exitCode: number;
}
export function listenForSignals(): void;
export function stopEverything(): void;
