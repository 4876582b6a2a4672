const controller = new AbortController();

/** Aborted by the first SIGINT, SIGTERM or SIGHUP once `listenForSignals` was called; later signals change nothing. */
export const stopping = controller.signal;

/** Thrown out of whatever was under way when the person at the keyboard said stop. */
export class Stopped extends Error {
  constructor() {
    super('已停止 · stopped');
    this.name = 'Stopped';
    this.forPeople = true;
    this.exitCode = exitCodes[stopping.reason] ?? 130;
  }
}

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** From here on signals end the process in order and never in the middle of something. */
export function listenForSignals() {
  for (const signal of Object.keys(exitCodes)) process.on(signal, () => controller.abort(signal));
}

/** The same from within: something failed, and what runs beside it must not outlive it. */
export function stopEverything() {
  controller.abort('failed');
}
